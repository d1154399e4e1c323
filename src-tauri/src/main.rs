//! motcua-desktop.
fn main() {}
