//! The provincial warehouse: HTTP API, records, blobs, intake checks.
