//! Papers of any size: a scanned page as the counter makes it, signed by the agency.

use motcua_dossier::{
    BlobId, CopyForm, DocumentId, DocumentRecord, IdNumber, Metadata, ResultCode, StoreKind,
};
use motcua_testkit::{FRIDAY_MORNING, pki};
use sha2::{Digest, Sha256};

/// A sequence that looks random and is the same each time (`SplitMix64`).
pub(crate) struct Sequence(pub(crate) u64);

impl Sequence {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// Bytes nothing can make smaller.
pub(crate) fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut random = Sequence(seed);
    let mut bytes: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()).collect();
    bytes.truncate(size);
    bytes
}

/// A page of so many bytes; every seed gives others.
pub(crate) fn page(size: usize, seed: u64) -> Vec<u8> {
    let (width, height) = (120u32, 170u32);
    let samples = vec![240u8; (width * height * 3) as usize];
    let plain = motcua_imaging::encode_jpeg(&samples, width, height, false, 85, 200).unwrap();
    // Comments make it as large as a scan is, and as hard to compress.
    let mut jpeg = plain[..2].to_vec();
    for part in noise(size.saturating_sub(20_000).max(8), seed).chunks(65_000) {
        jpeg.extend([0xff, 0xfe]);
        jpeg.extend(u16::try_from(part.len() + 2).unwrap().to_be_bytes());
        jpeg.extend(part);
    }
    jpeg.extend(&plain[2..]);
    let page = motcua_pdf::PageImage { jpeg, width, height, gray: false, dpi: 200 };
    let mut mark = [0u8; 16];
    mark[..8].copy_from_slice(&seed.to_le_bytes());
    let info =
        motcua_pdf::AssembleInfo {
            title: "Giấy mẫu".into(), at: FRIDAY_MORNING.in_vietnam(), seed: mark
        };
    motcua_pdf::assemble(&[page], &info).unwrap()
}

/// The same, signed by the agency.
pub(crate) fn signed(size: usize, seed: u64) -> Vec<u8> {
    pki().sign(&page(size, seed), &pki().agency, FRIDAY_MORNING)
}

pub(crate) fn blob(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

/// What is told of a paper.
pub(crate) fn record(id: DocumentId, owner: &str, bytes: &[u8]) -> DocumentRecord {
    let code = ResultCode::parse("KQ.G15.000031").unwrap();
    DocumentRecord {
        id,
        owner: vec![IdNumber::parse(owner).unwrap()],
        metadata: Metadata {
            kind: "Kết quả giải quyết".into(),
            category: "Giấy khai sinh".into(),
            name: format!("{owner}.{code}.Giấy khai sinh"),
            result_code: Some(code),
            decision_number: "12/2026".into(),
            summary: "Giấy khai sinh của người mẫu".into(),
            issuer: "UBND xã An Hòa".into(),
            issued_on: None,
            valid_until: None,
            form: CopyForm::Original,
            store: StoreKind::Personal,
            shown: true,
            shared: true,
        },
        blob: blob(bytes),
        size: bytes.len() as u64,
        pages: 1,
        supersedes: None,
    }
}
