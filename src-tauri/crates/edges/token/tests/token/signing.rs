//! What works.

use crate::bench::{Bench, EC, NAMELESS, PIN, RSA, certificate, messages, public_key, request};
use motcua_desk::ports::{PinState, Signer, TokenCertificate, TokenError};
use motcua_token::{Pkcs11Signer, WorkerCommand};
use p256::pkcs8::DecodePublicKey;
use rsa::sha2::Sha256;
use rsa::{RsaPublicKey, pkcs1v15};
use serde_json::json;
use signature::Verifier;
use tokio_util::sync::CancellationToken;

fn assert_rsa(certificate: &TokenCertificate, signatures: &[Vec<u8>]) {
    let key = RsaPublicKey::from_public_key_der(&public_key(certificate)).unwrap();
    let key = pkcs1v15::VerifyingKey::<Sha256>::new(key);
    for (message, signature) in messages(signatures.len()).iter().zip(signatures) {
        key.verify(message, &signature.as_slice().try_into().unwrap())
            .expect("a judge of another make agrees");
    }
}

#[tokio::test]
async fn a_batch_is_signed_with_an_rsa_key_of_the_token() {
    let Some(bench) = Bench::plain() else { return };
    let signer = bench.signer();
    let tokens = signer.tokens().await.unwrap();
    assert_eq!(tokens.len(), 1, "the blank slot of SoftHSM is no token");
    assert_eq!((tokens[0].label.as_str(), tokens[0].pin), ("MOTCUA TEST", PinState::Normal));
    let rsa = certificate(&signer, RSA).await;
    for _ in 0..2 {
        let signatures =
            signer.sign(request(&rsa, PIN, 3), &|_| {}, &CancellationToken::new()).await.unwrap();
        assert_eq!(signatures.len(), 3);
        assert_rsa(&rsa, &signatures);
    }
}

#[tokio::test]
async fn an_elliptic_key_gives_a_der_signature() {
    let Some(bench) = Bench::plain() else { return };
    let signer = bench.signer();
    let ec = certificate(&signer, EC).await;
    let signatures = signer.sign(request(&ec, PIN, 8), &|_| {}, &CancellationToken::new()).await.unwrap();
    let key = p256::ecdsa::VerifyingKey::from_public_key_der(&public_key(&ec)).unwrap();
    for (message, signature) in messages(8).iter().zip(&signatures) {
        key.verify(message, &p256::ecdsa::Signature::from_der(signature).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn a_certificate_without_id_finds_its_key_by_the_modulus() {
    let Some(bench) = Bench::plain() else { return };
    let signer = bench.signer();
    let nameless = certificate(&signer, NAMELESS).await;
    let signatures =
        signer.sign(request(&nameless, PIN, 1), &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_rsa(&nameless, &signatures);
}

#[tokio::test]
async fn a_token_that_cannot_hash_gets_the_digest_ready_made() {
    const SHA256_RSA_PKCS: u64 = 0x40;
    let Some(bench) = Bench::faulty(&json!({ "hide_mechanisms": [SHA256_RSA_PKCS] })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let signatures = signer.sign(request(&rsa, PIN, 2), &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_rsa(&rsa, &signatures);
}

#[tokio::test]
async fn one_login_serves_the_whole_batch_and_ends_with_it() {
    let Some(bench) = Bench::faulty(&json!({})) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    signer.sign(request(&rsa, PIN, 5), &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!((bench.calls("C_Login"), bench.calls("C_Logout")), (1, 1));
    assert_eq!(bench.calls("C_Sign"), 5, "no size is asked: some modules spend the login on it");
}

#[tokio::test]
async fn a_key_that_wants_the_pin_each_time_gets_it_each_time() {
    let Some(bench) = Bench::faulty(&json!({ "always_authenticate": true })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let signatures = signer.sign(request(&rsa, PIN, 3), &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_rsa(&rsa, &signatures);
    assert_eq!(bench.calls("context logins"), 3);
}

#[tokio::test]
async fn a_reader_with_a_pin_pad_is_never_sent_a_pin() {
    let Some(bench) = Bench::faulty(&json!({ "pin_pad": PIN })) else { return };
    let signer = bench.signer();
    assert!(signer.tokens().await.unwrap()[0].pin_pad);
    let rsa = certificate(&signer, RSA).await;
    let mut typed_at_the_pad = request(&rsa, "", 1);
    typed_at_the_pad.pin = None;
    for request in [typed_at_the_pad, request(&rsa, "not the pin", 1)] {
        let signatures = signer.sign(request, &|_| {}, &CancellationToken::new()).await.unwrap();
        assert_rsa(&rsa, &signatures);
    }
}

#[tokio::test]
async fn insertion_and_removal_are_seen_by_polling() {
    let Some(bench) = Bench::faulty(&json!({ "present": false })) else { return };
    let signer = bench.signer();
    assert_eq!(signer.tokens().await, Ok(vec![]));
    assert_eq!(signer.certificates().await, Ok(vec![]));
    bench.script(&json!({}));
    assert_eq!(signer.tokens().await.unwrap().len(), 1);
    bench.script(&json!({ "present": false }));
    assert_eq!(signer.tokens().await, Ok(vec![]));
    assert_eq!(bench.calls("C_Initialize"), 1, "polling does not start the module again and again");
}

#[tokio::test]
async fn a_cancelled_batch_stops_between_two_documents_and_logs_out() {
    let Some(bench) = Bench::faulty(&json!({ "sign_delay_ms": 150 })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let cancel = CancellationToken::new();
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_millis(350)).await;
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(signer.sign(request(&rsa, PIN, 50), &|_| {}, &cancel), stop);
    let done = outcome.expect("what was signed before is not lost").len();
    assert!((1..10).contains(&done), "the rest was not signed: {done}");
    assert_eq!(bench.calls("C_Sign"), done as u64);
    assert_eq!(bench.calls("C_Logout"), 1);
}

#[tokio::test]
async fn a_module_that_is_none_is_told_as_such() {
    let command = WorkerCommand {
        program: env!("CARGO_BIN_EXE_motcua-token-worker").into(),
        args: vec![],
        env: vec![],
    };
    let signer = Pkcs11Signer::new(command, "/nowhere/libtoken.so".into());
    assert_eq!(signer.tokens().await, Err(TokenError::NoModule));
    let nothing = WorkerCommand { program: "/nowhere/worker".into(), args: vec![], env: vec![] };
    let signer = Pkcs11Signer::new(nothing, "/nowhere/libtoken.so".into());
    assert_eq!(signer.tokens().await, Err(TokenError::NoModule));
}
