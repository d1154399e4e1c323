//! The demo profile: test authority, token, rendered papers, warehouse content.
pub mod pages;
pub mod authority;
pub mod softtoken;
