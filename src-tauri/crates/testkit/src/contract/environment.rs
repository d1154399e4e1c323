//! What every worker's environment promises: the program's secrets are not in it.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

const SECRETS: [(&str, &str); 2] = [("MOTCUA_PIN", "1234"), ("MOTCUA_SECRET", "mật khẩu")];

/// A shell in the worker's place: it writes its environment down and ends.
pub struct ShellWorker {
    /// The shell.
    pub program: PathBuf,
    /// What it does.
    pub args: Vec<OsString>,
    /// What is added to its environment on purpose, a secret among it.
    pub env: Vec<(String, String)>,
}

/// Runs the suite in the test of that name: the test is started again with secrets in its environment,
/// and there `ask` sends the edge to the shell.
pub async fn environment_contract(test: &str, ask: impl AsyncFnOnce(ShellWorker)) {
    if std::env::var_os("MOTCUA_TOLD").is_none() {
        let again = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .envs(SECRETS)
            .env("MOTCUA_TOLD", "yes")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("environment");
    ask(ShellWorker {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), "env > \"$OUT\"".into()],
        env: vec![
            ("OUT".into(), told.to_str().unwrap().into()),
            ("MOTCUA_SECRET".into(), "not even when it is asked for".into()),
        ],
    })
    .await;
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.contains("MOTCUA_TOLD=yes"), "the rest is inherited: {told}");
    assert!(!told.contains("MOTCUA_PIN") && !told.contains("MOTCUA_SECRET"), "{told}");
}
