//! What a worker is started with.

use crate::request;
use motcua_desk::ports::Scanner;
use motcua_scanner::{SaneScanner, WorkerCommand};
use std::process::Command;
use tokio_util::sync::CancellationToken;

/// The program has secrets in its environment: this test starts itself again with them.
#[tokio::test]
async fn no_secret_of_the_environment_reaches_the_worker() {
    if std::env::var_os("MOTCUA_PIN").is_none() {
        let again = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "environment::no_secret_of_the_environment_reaches_the_worker"])
            .envs([("MOTCUA_PIN", "1234"), ("MOTCUA_SECRET", "mật khẩu"), ("MOTCUA_TOLD", "yes")])
            .output()
            .unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("environment");
    let command = WorkerCommand {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), "env > \"$OUT\"".into()],
        env: vec![
            ("OUT".into(), told.to_str().unwrap().into()),
            ("MOTCUA_SECRET".into(), "not even when it is asked for".into()),
        ],
    };
    let (sender, _pages) = tokio::sync::mpsc::channel(1);
    let scan = SaneScanner::new(command);
    let outcome = scan.scan(&request("test:0", &[]), sender, &CancellationToken::new()).await;
    assert!(outcome.is_err(), "a shell is no worker");
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.contains("MOTCUA_TOLD=yes"), "the rest is inherited: {told}");
    assert!(!told.contains("MOTCUA_PIN") && !told.contains("MOTCUA_SECRET"), "{told}");
}
