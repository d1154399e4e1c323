//! What every signing token promises, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use crate::{FRIDAY_MORNING, unsigned_pdf};
use motcua_desk::ports::{PinState, SignRequest, Signer, TokenCertificate, TokenError};
use motcua_pdf::{PreparedPdf, SignatureRequest};
use motcua_signature::{Certificate, Integrity, SignedAttributes, TrustList, assemble_cms, verify_pdf};
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// A token that locks after three wrong PINs, as each make sets it up; in its slot at first.
pub trait SignerBench {
    /// The signer.
    fn signer(&self) -> &dyn Signer;
    /// The PIN that opens the token.
    fn pin(&self) -> &str;
    /// Puts the token in or takes it out.
    fn plug(&self, present: bool);
    /// The token is pulled out after so many further signatures.
    fn pull_out_after(&self, signatures: u32);
}

/// Runs the whole suite; `make` gives a fresh token each time.
pub async fn signer_contract(make: impl Fn() -> Box<dyn SignerBench>) {
    certificates_are_listed_with_what_an_officer_is_shown(make().as_ref()).await;
    one_pin_signs_the_whole_batch_and_every_signature_holds(make().as_ref()).await;
    a_wrong_pin_is_told_by_the_flags_and_the_third_locks(make().as_ref()).await;
    the_right_pin_clears_the_warning(make().as_ref()).await;
    what_cannot_succeed_costs_no_try(make().as_ref()).await;
    a_token_that_is_out_is_no_token_until_it_is_back(make().as_ref()).await;
    a_token_pulled_out_tells_how_many_were_done(make().as_ref()).await;
    a_cancel_between_two_keeps_what_was_signed(make().as_ref()).await;
}

async fn certificates_are_listed_with_what_an_officer_is_shown(bench: &dyn SignerBench) {
    let tokens = bench.signer().tokens().await.unwrap();
    assert_eq!(tokens.len(), 1);
    assert!(!tokens[0].label.is_empty() && !tokens[0].serial.is_empty());
    assert_eq!((tokens[0].pin, tokens[0].pin_pad), (PinState::Normal, false));
    let listed = bench.signer().certificates().await.unwrap();
    assert!(!listed.is_empty());
    for held in &listed {
        assert_eq!(held.slot, tokens[0].slot, "it names the token it is on");
        let card = Certificate::from_der(&held.der).unwrap().card();
        assert!(!card.organization.is_empty() && !card.authority.is_empty());
        assert!(card.valid_from < card.valid_until);
    }
    assert_eq!(bench.signer().certificates().await.unwrap(), listed, "without logging in, again the same");
    assert_eq!(state(bench).await, PinState::Normal);
}

async fn one_pin_signs_the_whole_batch_and_every_signature_holds(bench: &dyn SignerBench) {
    for held in bench.signer().certificates().await.unwrap() {
        let certificate = Certificate::from_der(&held.der).unwrap();
        let papers: Vec<_> = (1..=3).map(|n| prepare(&certificate, n)).collect();
        let messages = papers.iter().map(|(_, attributes)| attributes.to_be_signed().to_vec()).collect();
        let signatures = sign(bench, &held, bench.pin(), messages).await.unwrap();
        assert_eq!(signatures.len(), papers.len(), "one for each, in order");
        for ((paper, attributes), signature) in papers.into_iter().zip(&signatures) {
            let cms = assemble_cms(&attributes, &certificate, &[], signature).unwrap();
            let signed = paper.embed(&cms).unwrap();
            let nobody = TrustList::from_pem(&[]).unwrap();
            let report = verify_pdf(&signed, &nobody, FRIDAY_MORNING).unwrap();
            assert_eq!(report.signatures[0].integrity, Integrity::Intact, "it fits the certificate");
        }
    }
    assert_eq!(state(bench).await, PinState::Normal);
}

async fn a_wrong_pin_is_told_by_the_flags_and_the_third_locks(bench: &dyn SignerBench) {
    let held = first(bench).await;
    let wrong = TokenError::PinWrong;
    for told in [wrong(PinState::Low), wrong(PinState::LastTry), TokenError::PinLocked] {
        assert_eq!(sign(bench, &held, "Wrong@2026", messages(2)).await, Err(told), "one try each");
    }
    assert_eq!(state(bench).await, PinState::Locked);
    let late = sign(bench, &held, bench.pin(), messages(1)).await;
    assert_eq!(late, Err(TokenError::PinLocked), "the right PIN comes too late");
}

async fn the_right_pin_clears_the_warning(bench: &dyn SignerBench) {
    let held = first(bench).await;
    let once = sign(bench, &held, "Wrong@2026", messages(1)).await;
    assert_eq!(once, Err(TokenError::PinWrong(PinState::Low)));
    assert_eq!(state(bench).await, PinState::Low, "whoever opens the window next is warned");
    assert_eq!(sign(bench, &held, bench.pin(), messages(1)).await.unwrap().len(), 1);
    assert_eq!(state(bench).await, PinState::Normal);
}

async fn what_cannot_succeed_costs_no_try(bench: &dyn SignerBench) {
    let held = first(bench).await;
    assert_eq!(sign(bench, &held, "Wrong@2026", vec![]).await, Ok(vec![]), "nothing to sign");
    assert_eq!(sign(bench, &held, "", messages(1)).await, Err(TokenError::PinInvalid));
    let mut foreign = held.clone();
    *foreign.der.last_mut().unwrap() ^= 1;
    assert_eq!(sign(bench, &foreign, "Wrong@2026", messages(1)).await, Err(TokenError::KeyMissing));
    let cancel = CancellationToken::new();
    cancel.cancel();
    let request = request(&held, "Wrong@2026", messages(1));
    assert_eq!(bench.signer().sign(request, &|_| {}, &cancel).await, Err(TokenError::Cancelled));
    assert_eq!(state(bench).await, PinState::Normal, "no PIN reached the token");
}

async fn a_token_that_is_out_is_no_token_until_it_is_back(bench: &dyn SignerBench) {
    let held = first(bench).await;
    bench.plug(false);
    assert_eq!(bench.signer().tokens().await, Ok(vec![]));
    assert_eq!(bench.signer().certificates().await, Ok(vec![]));
    assert_eq!(sign(bench, &held, bench.pin(), messages(1)).await, Err(TokenError::NoToken));
    bench.plug(true);
    assert_eq!(sign(bench, &held, bench.pin(), messages(1)).await.unwrap().len(), 1);
}

async fn a_token_pulled_out_tells_how_many_were_done(bench: &dyn SignerBench) {
    let held = first(bench).await;
    bench.pull_out_after(2);
    let outcome = sign(bench, &held, bench.pin(), messages(5)).await;
    assert_eq!(outcome, Err(TokenError::Removed { done: 2 }), "told apart from a token that never was");
    assert_eq!(bench.signer().tokens().await, Ok(vec![]));
}

async fn a_cancel_between_two_keeps_what_was_signed(bench: &dyn SignerBench) {
    let held = first(bench).await;
    let cancel_at = async |at: usize| {
        let (cancel, told) = (CancellationToken::new(), Mutex::new(vec![]));
        let on_done = |done| {
            told.lock().unwrap().push(done);
            if done == at {
                cancel.cancel();
            }
        };
        let signed = bench.signer().sign(request(&held, bench.pin(), messages(5)), &on_done, &cancel).await;
        (signed.map(|s| s.len()), told.into_inner().unwrap())
    };
    assert_eq!(cancel_at(2).await, (Ok(2), vec![0, 1, 2]), "told as they come, and no further one begins");
    assert_eq!(
        cancel_at(0).await,
        (Err(TokenError::Cancelled), vec![0]),
        "the token was open, nothing signed"
    );
    assert_eq!(cancel_at(5).await, (Ok(5), vec![0, 1, 2, 3, 4, 5]), "too late");
    assert_eq!(sign(bench, &held, bench.pin(), messages(1)).await.unwrap().len(), 1, "and it works on");
}

async fn first(bench: &dyn SignerBench) -> TokenCertificate {
    bench.signer().certificates().await.unwrap().remove(0)
}

async fn state(bench: &dyn SignerBench) -> PinState {
    bench.signer().tokens().await.unwrap()[0].pin
}

fn messages(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|n| vec![n; 40]).collect()
}

fn request(certificate: &TokenCertificate, pin: &str, messages: Vec<Vec<u8>>) -> SignRequest {
    SignRequest { certificate: certificate.clone(), pin: Some(pin.to_owned().into()), messages }
}

async fn sign(
    bench: &dyn SignerBench,
    certificate: &TokenCertificate,
    pin: &str,
    messages: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, TokenError> {
    bench.signer().sign(request(certificate, pin, messages), &|_| {}, &CancellationToken::new()).await
}

/// A paper waiting for its signature, and what the token signs of it.
fn prepare(certificate: &Certificate, number: u8) -> (PreparedPdf, SignedAttributes) {
    let request = SignatureRequest {
        field: "Contract".into(),
        name: certificate.subject_common_name(),
        reason: String::new(),
        location: String::new(),
        at: FRIDAY_MORNING.in_vietnam(),
        reserve: 12_000,
    };
    let prepared = motcua_pdf::prepare(&unsigned_pdf(number), &request).unwrap();
    let attributes = SignedAttributes::for_document(&prepared.digest(), certificate).unwrap();
    (prepared, attributes)
}
