//! Wrong secrets on the command line: a new process for each of them is no way around the wait.

use crate::counter::{Counter, text};

#[test]
fn after_five_wrong_secrets_the_right_one_waits_in_a_new_process_too() {
    let Some(counter) = Counter::prepare() else { return };
    counter.data(&["outbox"]);
    let code = |secret: &str| {
        let done = counter.command(&["outbox"]).env("MOTCUA_SECRET", secret).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(1), "{answer}");
        (answer["error"]["code"].as_str().unwrap().to_owned(), text(&done.stderr))
    };
    for _ in 0..4 {
        assert_eq!(code("Sai-2026-mot-cua").0, "vaultWrongSecret");
    }
    assert_eq!(code("Sai-2026-mot-cua").0, "vaultTooManyTries");
    let (refused, said) = code("Demo-2026-mot-cua");
    assert_eq!(refused, "vaultTooManyTries", "the right one waits as well");
    assert!(said.contains("Đợi 0:"), "says how long: {said}");
}
