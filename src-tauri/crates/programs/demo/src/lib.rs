//! The demo profile: test authority, token, rendered papers, warehouse content.
