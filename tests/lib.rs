//! Shared helpers of the workspace's outer tests.

pub mod sweep;
