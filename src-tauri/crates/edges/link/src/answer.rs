//! What an answer, or the lack of one, means to the desk.

use motcua_desk::ports::LinkError;
use motcua_wire::Problem;
use reqwest::{Response, StatusCode, header};
use serde::de::DeserializeOwned;
use std::error::Error;
use std::io;

/// Reads a JSON answer of a request that succeeded.
pub(crate) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, LinkError> {
    let bytes = response.bytes().await.map_err(|e| failure(&e))?;
    serde_json::from_slice(&bytes).map_err(|_| LinkError::Malformed)
}

/// Lets a successful answer through; makes the error of any other.
pub(crate) async fn success(response: Response) -> Result<Response, LinkError> {
    let status = response.status();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        // A page somebody put in the way is no answer, also where nobody reads the body.
        let kind = response.headers().get(header::CONTENT_TYPE);
        let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        return if is_page { Err(LinkError::Malformed) } else { Ok(response) };
    }
    let header = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.trim().parse::<u32>().ok());
    // A refusal that was cut on its way is not one yet.
    let bytes = response.bytes().await.map_err(|e| failure(&e))?;
    let problem = serde_json::from_slice::<Problem>(&bytes).ok();
    Err(refusal(status, problem, header))
}

fn refusal(status: StatusCode, problem: Option<Problem>, header: Option<u32>) -> LinkError {
    let retry_after = problem.as_ref().and_then(|p| p.retry_after).or(header);
    if status == StatusCode::UNAUTHORIZED {
        if problem.is_some_and(|p| p.code == "deviceRevoked") {
            return LinkError::Revoked;
        }
        return LinkError::Unauthorized;
    }
    match problem {
        Some(p) if p.code == "identityServiceDown" => LinkError::IdentityDown,
        Some(p) if !p.retryable && status.is_client_error() => LinkError::Refused(p.code),
        None if status.is_client_error() && !worth_another_try(status) => LinkError::Malformed,
        None if status.is_redirection() => LinkError::Malformed,
        Some(_) | None => LinkError::Trouble { retry_after },
    }
}

fn worth_another_try(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 409 | 423 | 425 | 429)
}

/// What a failed exchange means. A TLS failure is an interception: the other side is not the
/// province's warehouse; everything else is no contact.
pub(crate) fn failure(error: &reqwest::Error) -> LinkError {
    if is_about(error, blames_us) {
        return LinkError::Unauthorized;
    }
    if is_about(error, blames_the_other_side) {
        return LinkError::Intercepted;
    }
    // A body that ends too early is a line that broke: bodies are read as they are, nothing is decoded.
    if error.is_redirect() || error.is_builder() {
        return LinkError::Malformed;
    }
    LinkError::Offline
}

fn is_about(error: &(dyn Error + 'static), kind: fn(&rustls::Error) -> bool) -> bool {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return kind(tls);
    }
    // `io::Error::source` skips the error it wraps.
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
        && is_about(inner, kind)
    {
        return true;
    }
    error.source().is_some_and(|inner| is_about(inner, kind))
}

/// What the warehouse's end says of a certificate that is not of its authority.
fn blames_us(error: &rustls::Error) -> bool {
    use rustls::AlertDescription as A;
    matches!(
        error,
        rustls::Error::AlertReceived(
            A::UnknownCA
                | A::BadCertificate
                | A::CertificateUnknown
                | A::CertificateExpired
                | A::CertificateRevoked
        )
    )
}

/// A certificate that does not end at the province's CA, an answer that is no TLS at all, or a
/// handshake that somebody tampers with. An alert alone may be the server's own trouble.
fn blames_the_other_side(error: &rustls::Error) -> bool {
    use rustls::Error as E;
    matches!(
        error,
        E::InvalidCertificate(_)
            | E::InvalidMessage(_)
            | E::InappropriateMessage { .. }
            | E::InappropriateHandshakeMessage { .. }
            | E::NoCertificatesPresented
            | E::PeerMisbehaved(_)
            | E::PeerIncompatible(_)
            | E::DecryptError
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn problem(status: u16, code: &str, retry_after: Option<u32>) -> Option<Problem> {
        Some(Problem {
            kind: "about:blank".into(),
            title: String::new(),
            status,
            code: code.into(),
            retryable: retry_after.is_some(),
            retry_after,
            held_by: None,
        })
    }

    #[test]
    fn each_refusal_means_one_thing_to_the_desk() {
        let of = |status: u16, problem| refusal(StatusCode::from_u16(status).unwrap(), problem, None);
        assert_eq!(of(401, None), LinkError::Unauthorized);
        assert_eq!(of(503, problem(503, "identityServiceDown", Some(30))), LinkError::IdentityDown);
        assert_eq!(of(404, problem(404, "blobUnknown", None)), LinkError::Refused("blobUnknown".into()));
        assert_eq!(of(409, problem(409, "numbersUsedUp", None)), LinkError::Refused("numbersUsedUp".into()));
        assert_eq!(
            of(503, problem(503, "storageTrouble", Some(15))),
            LinkError::Trouble { retry_after: Some(15) }
        );
        assert_eq!(of(429, None), LinkError::Trouble { retry_after: None });
        assert_eq!(of(502, None), LinkError::Trouble { retry_after: None });
        assert_eq!(of(302, None), LinkError::Malformed, "a login page of somebody else is no answer");
        assert_eq!(of(404, None), LinkError::Malformed);
    }

    #[test]
    fn a_tls_error_is_found_under_its_wrappers() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        assert!(is_about(&wrapped, blames_the_other_side) && !is_about(&wrapped, blames_us));
        assert!(!is_about(&io::Error::from(io::ErrorKind::ConnectionRefused), blames_the_other_side));
        let alert = io::Error::other(rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA));
        assert!(is_about(&alert, blames_us) && !is_about(&alert, blames_the_other_side));
    }
}
