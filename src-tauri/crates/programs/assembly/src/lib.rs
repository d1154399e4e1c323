//! Settings to Desk: the only crate that names edges.
