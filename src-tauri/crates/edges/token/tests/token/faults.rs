//! What goes wrong, and what the officer is told then.

use crate::bench::{Bench, PIN, RSA, certificate, request};
use motcua_desk::ports::{PinState, Signer, TokenError};
use motcua_token::TimeLimits;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

fn never() -> CancellationToken {
    CancellationToken::new()
}

#[tokio::test]
async fn a_wrong_pin_is_tried_once_and_told_with_the_flags_of_the_token() {
    let Some(bench) = Bench::plain() else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let outcome = signer.sign(request(&rsa, "Wrong@2026", 2), &|_| {}, &never()).await;
    assert_eq!(outcome, Err(TokenError::PinWrong(PinState::Low)), "SoftHSM raises the flag, never locks");
    assert_eq!(signer.tokens().await.unwrap()[0].pin, PinState::Low);
    signer.sign(request(&rsa, PIN, 1), &|_| {}, &never()).await.expect("the right PIN still works");
    assert_eq!(signer.tokens().await.unwrap()[0].pin, PinState::Normal);
}

#[tokio::test]
async fn wrong_pins_are_low_then_last_then_locked_and_a_locked_token_is_not_tried() {
    let Some(bench) = Bench::faulty(&json!({ "pin_tries": 3 })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(signer.sign(request(&rsa, "Wrong@2026", 1), &|_| {}, &never()).await.unwrap_err());
    }
    let wrong = TokenError::PinWrong;
    assert_eq!(told, [wrong(PinState::Low), wrong(PinState::LastTry), TokenError::PinLocked]);
    assert_eq!(bench.calls("C_Login"), 3, "one try each");
    let outcome = signer.sign(request(&rsa, PIN, 1), &|_| {}, &never()).await;
    assert_eq!(outcome, Err(TokenError::PinLocked));
    assert_eq!(bench.calls("C_Login"), 3, "the flag says locked: nothing is sent");
    drop(signer);
    let other = bench.signer();
    assert_eq!(other.tokens().await.unwrap()[0].pin, PinState::Locked, "a restart changes nothing");
}

#[tokio::test]
async fn only_an_incorrect_pin_is_a_pin_error() {
    let Some(bench) = Bench::faulty(&json!({})) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let device = |name: &str| TokenError::Device(name.into());
    for (function, answer, told) in [
        ("C_Login", "CKR_FUNCTION_FAILED", device("CKR_FUNCTION_FAILED")),
        ("C_Login", "CKR_DEVICE_ERROR", device("CKR_DEVICE_ERROR")),
        ("C_Login", "CKR_PIN_EXPIRED", device("CKR_PIN_EXPIRED")),
        ("C_Login", "CKR_PIN_LOCKED", TokenError::PinLocked),
        ("C_Login", "CKR_PIN_LEN_RANGE", TokenError::PinInvalid),
        ("C_Login", "CKR_PIN_INVALID", TokenError::PinInvalid),
        ("C_Sign", "CKR_FUNCTION_FAILED", device("CKR_FUNCTION_FAILED")),
        ("C_Sign", "0x80000042", device("CKR_0x80000042")),
        ("C_OpenSession", "CKR_TOKEN_NOT_PRESENT", TokenError::NoToken),
        ("C_Sign", "CKR_SESSION_HANDLE_INVALID", TokenError::Removed { done: 0 }),
    ] {
        bench.script(&json!({ "fail": { function: answer } }));
        let outcome = signer.sign(request(&rsa, PIN, 1), &|_| {}, &never()).await;
        assert_eq!(outcome, Err(told), "{function} answers {answer}");
    }
    bench.script(&json!({}));
    signer.sign(request(&rsa, PIN, 1), &|_| {}, &never()).await.expect("and all is well again");
}

#[tokio::test]
async fn an_empty_pin_is_not_sent() {
    let Some(bench) = Bench::faulty(&json!({})) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    assert_eq!(signer.sign(request(&rsa, "", 1), &|_| {}, &never()).await, Err(TokenError::PinInvalid));
    assert_eq!(bench.calls("C_Login"), 0);
}

#[tokio::test]
async fn the_pin_never_reaches_a_token_without_the_certificate() {
    let Some(bench) = Bench::faulty(&json!({})) else { return };
    let signer = bench.signer();
    let mut foreign = certificate(&signer, RSA).await;
    *foreign.der.last_mut().unwrap() ^= 1;
    assert_eq!(signer.sign(request(&foreign, PIN, 1), &|_| {}, &never()).await, Err(TokenError::KeyMissing));
    assert_eq!(bench.calls("C_Login"), 0);
}

#[tokio::test]
async fn a_token_pulled_out_mid_batch_tells_how_many_were_done() {
    let Some(bench) = Bench::faulty(&json!({ "remove_after_signs": 2 })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let outcome = signer.sign(request(&rsa, PIN, 5), &|_| {}, &never()).await;
    assert_eq!(outcome, Err(TokenError::Removed { done: 2 }));
    assert_eq!(signer.tokens().await, Ok(vec![]));
    assert_eq!(signer.sign(request(&rsa, PIN, 5), &|_| {}, &never()).await, Err(TokenError::NoToken));
    bench.script(&json!({}));
    let signatures =
        signer.sign(request(&rsa, PIN, 5), &|_| {}, &never()).await.expect("put back, it works on");
    assert_eq!(signatures.len(), 5);
    assert_eq!(bench.calls("C_Login"), 2, "one for each batch that had a token");
}

#[tokio::test]
async fn a_slow_token_is_waited_for() {
    let Some(bench) = Bench::faulty(&json!({ "sign_delay_ms": 800 })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let begun = Instant::now();
    signer.sign(request(&rsa, PIN, 2), &|_| {}, &never()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(1600));
}

#[tokio::test]
async fn a_hanging_module_is_stopped_in_time_and_the_next_call_works() {
    for function in ["C_Sign", "C_Login", "C_GetSlotList"] {
        let Some(bench) = Bench::faulty(&json!({})) else { return };
        let limits = TimeLimits { sign: Duration::from_millis(700), other: Duration::from_millis(700) };
        let signer = bench.signer().with_limits(limits);
        let rsa = certificate(&signer, RSA).await;
        bench.script(&json!({ "hang": function }));
        let begun = Instant::now();
        let outcome = signer.sign(request(&rsa, PIN, 2), &|_| {}, &never()).await;
        assert_eq!(outcome, Err(TokenError::Hung), "{function} hangs");
        assert!(begun.elapsed() < Duration::from_secs(4), "{function} was not waited for");
        bench.script(&json!({}));
        signer.sign(request(&rsa, PIN, 2), &|_| {}, &never()).await.expect("a fresh worker signs");
    }
}

#[tokio::test]
async fn a_crashing_module_does_not_take_the_program_down() {
    for function in ["C_Sign", "C_Login", "C_GetSlotList"] {
        let Some(bench) = Bench::faulty(&json!({})) else { return };
        let signer = bench.signer();
        let rsa = certificate(&signer, RSA).await;
        bench.script(&json!({ "crash": function }));
        let outcome = signer.sign(request(&rsa, PIN, 2), &|_| {}, &never()).await;
        assert_eq!(outcome, Err(TokenError::Crashed), "{function} crashes");
        bench.script(&json!({}));
        signer.sign(request(&rsa, PIN, 2), &|_| {}, &never()).await.expect("a fresh worker signs");
    }
}

#[tokio::test]
async fn a_module_that_lost_its_initialisation_is_started_again() {
    let Some(bench) = Bench::faulty(&json!({})) else { return };
    let signer = bench.signer();
    assert_eq!(signer.tokens().await.unwrap().len(), 1);
    bench.script(&json!({ "fail": { "C_GetSlotList": "CKR_CRYPTOKI_NOT_INITIALIZED" } }));
    assert!(signer.tokens().await.is_err());
    bench.script(&json!({}));
    assert_eq!(signer.tokens().await.unwrap().len(), 1);
    assert!(bench.calls("C_Initialize") > 1);
}

#[tokio::test]
async fn an_abandoned_batch_leaves_no_login_behind() {
    let Some(bench) = Bench::faulty(&json!({ "sign_delay_ms": 3000 })) else { return };
    let signer = bench.signer();
    let rsa = certificate(&signer, RSA).await;
    let given_up = tokio::time::timeout(
        Duration::from_millis(500),
        signer.sign(request(&rsa, PIN, 2), &|_| {}, &never()),
    )
    .await;
    assert!(given_up.is_err());
    bench.script(&json!({}));
    let signed = signer.sign(request(&rsa, PIN, 1), &|_| {}, &never()).await;
    assert_eq!(signed.map(|all| all.len()), Ok(1), "a fresh worker, a fresh login");
}
