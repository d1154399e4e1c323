//! Papers for the tests: small, strictly correct PDFs and the records that describe them.

use motcua_dossier::{
    BlobId, CopyForm, DocumentId, DocumentRecord, IdNumber, Metadata, ResultCode, StoreKind,
};
use sha2::{Digest, Sha256};

/// A PDF with that many empty pages; `mark` makes its bytes its own.
pub fn pdf(pages: u32, mark: &str) -> Vec<u8> {
    let kids: Vec<String> = (0..pages).map(|n| format!("{} 0 R", n + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {pages} >>", kids.join(" ")),
    ];
    for _ in 0..pages {
        objects.push("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>".to_owned());
    }
    let mut out = format!("%PDF-1.7\n%\u{e2}\u{e3}\n% {mark}\n").into_bytes();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).into_bytes());
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").into_bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n").into_bytes());
    out
}

pub fn blob(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

pub fn record(owner: &str, bytes: &[u8], pages: u32) -> DocumentRecord {
    DocumentRecord {
        id: DocumentId(crate::world::fresh_uuid()),
        owner: vec![IdNumber::parse(owner).unwrap()],
        metadata: Metadata {
            kind: "Kết quả giải quyết".into(),
            category: "Giấy khai sinh".into(),
            result_code: Some(ResultCode::parse("KQ.G15.000031").unwrap()),
            name: format!("{owner}.KQ.G15.000031.Giấy khai sinh"),
            decision_number: "12/2026".into(),
            summary: "Giấy khai sinh thử nghiệm".into(),
            issuer: "UBND xã Thử Nghiệm".into(),
            issued_on: None,
            valid_until: None,
            form: CopyForm::TrueCopy,
            store: StoreKind::Personal,
            shown: true,
            shared: false,
        },
        blob: blob(bytes),
        size: bytes.len() as u64,
        pages,
        supersedes: None,
    }
}
