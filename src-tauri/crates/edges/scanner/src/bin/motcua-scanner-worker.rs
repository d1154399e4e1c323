//! The scanner worker alone, as this crate's tests start it; programs carry it as a subcommand.

fn main() -> std::process::ExitCode {
    motcua_scanner::worker_main()
}
