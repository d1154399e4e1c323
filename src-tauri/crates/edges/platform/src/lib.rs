//! Clock, randomness and paths of this machine.
