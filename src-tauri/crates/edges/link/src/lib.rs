//! HTTPS to the provincial warehouse.
