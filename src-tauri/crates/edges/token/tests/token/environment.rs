//! What a worker is started with.

use motcua_desk::ports::Signer;
use motcua_testkit::contract::environment::{ShellWorker, environment_contract};
use motcua_token::{Pkcs11Signer, WorkerCommand};

#[tokio::test]
async fn no_secret_of_the_environment_reaches_the_worker() {
    let test = "environment::no_secret_of_the_environment_reaches_the_worker";
    environment_contract(test, async |ShellWorker { program, args, env }| {
        let signer = Pkcs11Signer::new(WorkerCommand { program, args, env }, "module.so".into());
        assert!(signer.tokens().await.is_err(), "a shell is no worker");
    })
    .await;
}
