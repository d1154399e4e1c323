//! What a worker is started with.

use motcua_desk::ports::Signer;
use motcua_token::{Pkcs11Signer, WorkerCommand};
use std::process::Command;

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
    let outcome = Pkcs11Signer::new(command, "module.so".into()).tokens().await;
    assert!(outcome.is_err(), "a shell is no worker");
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.contains("MOTCUA_TOLD=yes"), "the rest is inherited: {told}");
    assert!(!told.contains("MOTCUA_PIN") && !told.contains("MOTCUA_SECRET"), "{told}");
}
