//! The token worker alone, for the tests of this crate; products dispatch to `worker_main` themselves.

fn main() -> std::process::ExitCode {
    motcua_token::worker_main()
}
