//! What a worker is started with.

use crate::request;
use motcua_desk::ports::Scanner;
use motcua_scanner::{SaneScanner, WorkerCommand};
use motcua_testkit::contract::environment::{ShellWorker, environment_contract};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn no_secret_of_the_environment_reaches_the_worker() {
    let test = "environment::no_secret_of_the_environment_reaches_the_worker";
    environment_contract(test, async |ShellWorker { program, args, env }| {
        let scanner = SaneScanner::new(WorkerCommand { program, args, env });
        let (sender, _pages) = tokio::sync::mpsc::channel(1);
        let scanned = scanner.scan(&request("test:0", &[]), sender, &CancellationToken::new()).await;
        assert!(scanned.is_err(), "a shell is no worker");
    })
    .await;
}
