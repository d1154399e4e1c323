//! motcua-desktop. A worker process is this same program with other first words.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = motcua_assembly::dispatch_worker() {
        return code;
    }
    let started = motcua_desktop::Arguments::parse(std::env::args_os().skip(1)).and_then(motcua_desktop::run);
    match started {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Before the window there is only this place to say it.
            #[allow(clippy::print_stderr)]
            {
                eprintln!("motcua-desktop: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
