//! Signing tokens through PKCS#11, in a child process.
