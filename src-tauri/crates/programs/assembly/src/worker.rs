//! Worker processes: the same executable, started with `worker <name>`, holds one driver.

use std::process::ExitCode;

/// Sets the allocator for this process and its workers, then runs a worker when this process was started as one; to be called before anything else in `main`.
/// `None` when it was not.
#[must_use]
pub fn dispatch_worker() -> Option<ExitCode> {
    motcua_platform::give_back_large_buffers();
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != "worker" {
        return None;
    }
    let name = arguments.next().unwrap_or_default();
    Some(match name.to_str() {
        Some("scanner") => motcua_scanner::worker_main(),
        Some("token") => motcua_token::worker_main(),
        _ => ExitCode::from(64),
    })
}
