//! A PKCS#11 module that forwards to another one and injects faults.
