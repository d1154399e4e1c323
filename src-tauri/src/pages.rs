//! The `page:` protocol: page images and PDFs as bytes, by content id, from the open vault, and printed forms of a dossier
//! the book of a span of days and guides for people, set when they are asked for. Nothing of it goes through IPC, and only the main window is answered.

use motcua_desk::{Desk, PrintedForm};
use motcua_dossier::{BlobId, Day, DossierId, OpId};
use std::sync::Arc;
use tauri::http::{Method, Request, Response, StatusCode, header};

/// Name of the scheme; `http://page.localhost/…` on Windows.
pub const SCHEME: &str = "page";

/// What the address names.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Named {
    Blob(BlobId),
    Form(DossierId, PrintedForm),
    /// From the first day to the last, both counted.
    Book(Day, Day),
    /// By its key.
    Guide(String),
}

/// What it says that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Jpeg,
    Pdf,
}

impl Kind {
    fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
        }
    }

    /// The bytes begin as that kind of file does; a stored file never poses as another type.
    fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Jpeg => bytes.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Pdf => is_pdf(bytes),
        }
    }
}

/// The bytes begin as a PDF does.
pub(crate) fn is_pdf(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(1024)].windows(5).any(|w| w == b"%PDF-")
}

/// Answers one request of the window `label`. 403 while the vault is locked, 404 for what is not on
/// this machine, 410 for what is in the warehouse and not kept here any more, 423 for papers of others
/// after long without contact, 415 when the content is not
/// what the address says.
pub async fn answer(desk: Option<Arc<Desk>>, label: &str, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let result = if label == "main" { find(desk, request).await } else { Err(StatusCode::FORBIDDEN) };
    let (status, media_type, body) = match result {
        Ok((kind, bytes)) => (StatusCode::OK, kind.media_type(), bytes),
        Err(status) => (status, "text/plain", Vec::new()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

async fn find(desk: Option<Arc<Desk>>, request: &Request<Vec<u8>>) -> Result<(Kind, Vec<u8>), StatusCode> {
    if request.method() != Method::GET {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let (named, kind) = parse(request.uri().path(), request.uri().query()).ok_or(StatusCode::BAD_REQUEST)?;
    let desk = desk.ok_or(StatusCode::FORBIDDEN)?;
    let found = match named {
        Named::Blob(blob) => desk.content(&blob).await,
        Named::Form(dossier, form) => desk.printed_form(dossier, form).await,
        Named::Book(from, to) => match desk.book(from, to).await {
            Ok(book) => desk.printed_book(&book).await,
            Err(error) => Err(error),
        },
        Named::Guide(key) => desk.printed_guide(&key).await,
    };
    let bytes = found.map_err(|error| match error.code() {
        "vaultLocked" | "vaultAbsent" => StatusCode::FORBIDDEN,
        "fileMissing" | "documentFileGone" | "dossierUnknown" | "stepNoForm" | "dossierNotAccepted"
        | "guideUnknown" => StatusCode::NOT_FOUND,
        "bookReversed" | "bookTooLong" => StatusCode::BAD_REQUEST,
        "fileOnlyThere" => StatusCode::GONE,
        "offlineGraceOver" => StatusCode::LOCKED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    })?;
    if kind.fits(&bytes) { Ok((kind, bytes)) } else { Err(StatusCode::UNSUPPORTED_MEDIA_TYPE) }
}

fn parse(path: &str, query: Option<&str>) -> Option<(Named, Kind)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let named = match path.split_once('/') {
        None => Named::Blob(BlobId::parse(path).ok()?),
        Some(("form", form)) => {
            let (dossier, form) = form.split_once('/')?;
            let form = match form {
                "control" => PrintedForm::Control,
                "slip" => PrintedForm::Slip,
                "decline" => PrintedForm::Decline,
                step => PrintedForm::Step(OpId::parse(step).ok()?),
            };
            Named::Form(DossierId::parse(dossier).ok()?, form)
        }
        Some(("book", days)) => {
            let (from, to) = days.split_once('/')?;
            Named::Book(Day::parse(from).ok()?, Day::parse(to).ok()?)
        }
        Some(("guide", key)) if is_guide_key(key) => Named::Guide(key.to_owned()),
        Some(_) => return None,
    };
    let kind = match query.and_then(|q| q.strip_prefix("type=")) {
        Some("jpeg") => Kind::Jpeg,
        Some("pdf") => Kind::Pdf,
        _ => return None,
    };
    Some((named, kind))
}

/// Keys of guides are plain words; nothing else gets into an address.
fn is_guide_key(key: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !key.is_empty() && key.len() <= 64 && key.bytes().all(plain)
}

/// Origin of our own page, the only one that may read the bytes.
fn origin() -> &'static str {
    if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_content_and_a_type_and_nothing_else() {
        let hex = "ab".repeat(32);
        assert_eq!(parse(&format!("/{hex}"), Some("type=pdf")).map(|(_, k)| k), Some(Kind::Pdf));
        for (path, query) in [
            (format!("/{hex}"), None),
            (format!("/{hex}"), Some("type=html")),
            (format!("/{hex}/../x"), Some("type=pdf")),
            ("/etc/passwd".to_owned(), Some("type=pdf")),
            ("/form/x/control".to_owned(), Some("type=pdf")),
            ("/form/01a1fd07-c562-7069-b328-0c13631b4c9b/../slip".to_owned(), Some("type=pdf")),
            ("/book/2026-11-20".to_owned(), Some("type=pdf")),
            ("/book/2026-11-20/2026-02-30".to_owned(), Some("type=pdf")),
            ("/paper/2026-11-20/2026-11-20".to_owned(), Some("type=pdf")),
            ("/guide/".to_owned(), Some("type=pdf")),
            ("/guide/../online".to_owned(), Some("type=pdf")),
        ] {
            assert_eq!(parse(&path, query), None, "{path}");
        }
        let id = "01a1fd07-c562-7069-b328-0c13631b4c9b";
        let slip = parse(&format!("/form/{id}/slip"), Some("type=pdf"));
        assert_eq!(slip, Some((Named::Form(DossierId::parse(id).unwrap(), PrintedForm::Slip), Kind::Pdf)));
        let day = |text| Day::parse(text).unwrap();
        let book = parse("/book/2026-11-01/2026-11-30", Some("type=pdf"));
        assert_eq!(book, Some((Named::Book(day("2026-11-01"), day("2026-11-30")), Kind::Pdf)));
        let guide = parse("/guide/online", Some("type=pdf"));
        assert_eq!(guide, Some((Named::Guide("online".to_owned()), Kind::Pdf)));
        let step = parse(&format!("/form/{id}/{id}"), Some("type=pdf")).map(|(named, _)| named);
        assert!(matches!(step, Some(Named::Form(_, PrintedForm::Step(_)))));
    }

    #[test]
    fn a_file_never_poses_as_another_type() {
        assert!(Kind::Jpeg.fits(&[0xff, 0xd8, 0xff, 0xe0]));
        assert!(!Kind::Jpeg.fits(b"<html>"));
        assert!(Kind::Pdf.fits(b"%PDF-1.7\n"));
        assert!(!Kind::Pdf.fits(b"<html>%PD"));
    }

    #[tokio::test]
    async fn another_window_is_refused_before_anything_is_read() {
        let request = Request::builder().uri(format!("page://localhost/{}?type=pdf", "00".repeat(32)));
        let request = request.body(Vec::new()).unwrap_or_default();
        let response = answer(None, "pin", &request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(response.body().is_empty());
    }
}
