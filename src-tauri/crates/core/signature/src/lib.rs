//! CMS and PAdES: build and verify signatures and certificate paths; never sees a private key.
