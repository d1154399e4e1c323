//! Logs: daily JSON lines, fourteen days, no personal data (CONTRIBUTING.md, the logging law).

use std::path::Path;
use tracing_appender::rolling::{Builder, RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Starts logging into `<profile>/logs`. A second call changes nothing. Level by `MOTCUA_LOG`, default `info`.
/// A disk that takes no log, because it is full, keeps nobody from their work: then nothing is logged.
pub fn init_logging(profile: &Path, program: &str) {
    let Ok(file) = daily(&profile.join("logs"), program) else { return };
    let level = EnvFilter::try_from_env("MOTCUA_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let already = tracing_subscriber::fmt().json().with_writer(file).with_env_filter(level).try_init();
    drop(already);
}

fn daily(dir: &Path, program: &str) -> std::io::Result<RollingFileAppender> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix(program)
        .filename_suffix("jsonl")
        .max_log_files(14)
        .build(dir)
        .map_err(std::io::Error::other)
}
