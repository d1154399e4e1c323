//! motcua-warehouse.
fn main() {}
