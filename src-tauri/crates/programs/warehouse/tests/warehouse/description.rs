//! An outside judge (schemathesis, PyPI) asks every route what its description allows, and what it does not,
//! and follows answers to further questions: every answer is one that is described, and none is our trouble.
#![allow(clippy::print_stdout, reason = "what was asked, and with which seed, is told")]

use crate::world::{World, pem};
use std::path::Path;

/// Questions for each route and kind of question, in one run and in `make soak`.
const QUESTIONS: (u32, u32) = (6, 500);
/// What an answer is held to; what a route refuses is its own matter.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_judge_finds_no_answer_that_is_not_described() {
    let world = World::new().await;
    let judge = std::env::var("MOTCUA_PYHANKO").map_or_else(
        |_| Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/motcua/judges/bin/schemathesis"),
        |pyhanko| Path::new(&pyhanko).with_file_name("schemathesis"),
    );
    let uploads =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../tests/uploads").canonicalize().unwrap();
    let ca = world.dir.path().join("ca.pem");
    std::fs::write(&ca, &world.ca_pem).unwrap();
    let machine = world.dir.path().join("machine.pem");
    std::fs::write(&machine, pem(&world.identity(0))).unwrap();
    let soak = std::env::var_os("MOTCUA_SOAK").is_some();
    let seed = std::env::var("SEED").unwrap_or_else(|_| "20261121".into());
    let asked = tokio::process::Command::new(judge)
        .arg("run")
        .arg(format!("{}/v1/openapi.json", world.url()))
        .args(["--checks", CHECKS, "--seed", &seed, "--no-color", "--continue-on-failure"])
        .args(["--max-examples", &(if soak { QUESTIONS.1 } else { QUESTIONS.0 }).to_string()])
        .args(["--phases", "coverage,fuzzing,stateful", "--mode", "all"])
        .args(["-H", "Tus-Resumable: 1.0.0"])
        .arg("--request-cert")
        .arg(&machine)
        .arg("--tls-verify")
        .arg(&ca)
        .current_dir(world.dir.path())
        .env("NO_PROXY", "127.0.0.1")
        .env("SCHEMATHESIS_HOOKS", uploads.join("schemathesis_hooks.py"))
        .output()
        .await;
    let said = match asked {
        Ok(said) => said,
        Err(error) => {
            println!("SKIPPED LOUDLY: schemathesis cannot be asked: {error}");
            return;
        }
    };
    let text = String::from_utf8_lossy(&said.stdout);
    let cases = text.lines().skip_while(|line| !line.starts_with("Test cases:")).nth(1).unwrap_or("none");
    println!("schemathesis: {}; SEED={seed}", cases.trim());
    assert!(said.status.success(), "SEED={seed}\n{text}{}", String::from_utf8_lossy(&said.stderr));
    assert!(motcua_warehouse::check(&world.config).unwrap().is_clean(), "whatever was asked, all is whole");
}
