//! Scanners through SANE, in a child process.
