//! The sealed package (`.mcgoi`): unsent work on its way by hand instead of by the network
//! (`PACKAGE_V1.md`). Sealed to the agency's recovery key; read and written a piece at a time.

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use motcua_dossier::{AgencyCode, BlobId, DeviceId, DossierId, OpId, OutboxKind, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use uuid::Uuid;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// Version of the package format (`PACKAGE_V1.md`).
pub const PACKAGE_VERSION: u8 = 1;
/// Largest part, and largest manifest: what is held in memory at once.
pub const MAX_PACKAGE_PART: u64 = 64 << 20;

const MAGIC: [u8; 8] = *b"MCGOI\0\0\0";
const XCHACHA_STREAM: u8 = 1;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const SAID: usize = 160;
const HEADER: usize = SAID + TAG;
const PREFIX: usize = 19;

/// Why a package is not read or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Does not begin like a package.
    #[error("file is no package")]
    NotPackage,
    /// Written by a newer program.
    #[error("package has version {0}, which is newer")]
    Newer(u8),
    /// Sealed to another agency's recovery key.
    #[error("package is sealed to another key")]
    WrongKey,
    /// A recovery key everybody could agree with.
    #[error("recovery key is not usable")]
    KeyUnusable,
    /// The clear header was changed.
    #[error("package header was changed")]
    Header,
    /// Ends before its last piece.
    #[error("package is cut off")]
    Truncated,
    /// Goes on after its last piece.
    #[error("package goes on after its end")]
    Excess,
    /// Pieces of this package stand in another order.
    #[error("pieces of the package are out of order at {0}")]
    Reordered(u32),
    /// A piece was changed, or is another package's.
    #[error("piece {0} of the package is damaged")]
    Damaged(u32),
    /// What is inside is not what its manifest says.
    #[error("content of the package is not what its manifest says")]
    Content,
    /// Reading or writing failed.
    #[error("package cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// What a package says about itself without a key: counts, machine, time. Nobody's name or number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PackageHeader {
    /// Machine that wrote it.
    pub device: DeviceId,
    /// When, by that machine's clock.
    pub made_at: Timestamp,
    /// Operations inside.
    pub operations: u32,
    /// Dossiers inside.
    pub dossiers: u32,
    /// Files inside.
    pub files: u32,
    /// Bytes inside.
    pub length: u64,
    /// X25519 public key it is sealed to.
    #[serde(serialize_with = "as_hex")]
    pub recovery_key: [u8; 32],
    #[serde(skip)]
    ephemeral: [u8; 32],
    #[serde(skip)]
    prefix: [u8; PREFIX],
}

fn as_hex<S: serde::Serializer>(key: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(key))
}

/// What is inside, first of all; parts follow in the order of `files`, `dossiers`, `lines`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageManifest {
    /// Machine that wrote it.
    pub device: DeviceId,
    /// Its agency.
    pub agency: AgencyCode,
    /// Who made the package.
    pub officer: String,
    /// When, by that machine's clock.
    pub made_at: Timestamp,
    /// Files the operations need.
    pub files: Vec<PackageFile>,
    /// The dossiers as that machine has them.
    pub dossiers: Vec<PackageDossier>,
    /// Operations, in the order of their sequence.
    pub lines: Vec<PackageLine>,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// SHA-256.
    pub id: BlobId,
    /// Bytes.
    pub size: u64,
}

/// One dossier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageDossier {
    /// Which.
    pub id: DossierId,
    /// Bytes of its JSON.
    pub size: u64,
    /// SHA-256 of its JSON.
    pub sha256: BlobId,
}

/// One line of the outbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageLine {
    /// The operation.
    pub op: OpId,
    /// Its dossier.
    pub dossier: DossierId,
    /// Order on that machine.
    pub sequence: u64,
    /// What it does.
    pub kind: OutboxKind,
    /// Files it needs.
    pub files: Vec<BlobId>,
    /// Those of them that machine did not have any more, or not whole.
    pub missing: Vec<BlobId>,
    /// Bytes of its JSON.
    pub size: u64,
    /// SHA-256 of its JSON.
    pub sha256: BlobId,
}

/// One part that was read and fits the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PackagePart {
    /// A file.
    File {
        /// Its identity.
        id: BlobId,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A dossier.
    Dossier {
        /// Which.
        id: DossierId,
        /// As that machine has it.
        json: Vec<u8>,
    },
    /// An operation.
    Operation {
        /// Its line.
        line: PackageLine,
        /// Exactly as it would be sent.
        json: Vec<u8>,
    },
}

/// Random bytes of one package, never used for another.
pub struct PackageSecrets {
    /// Private half of the package's own key.
    pub ephemeral: Zeroizing<[u8; 32]>,
    /// Beginning of every nonce.
    pub prefix: [u8; PREFIX],
}

impl PackageManifest {
    /// Identity and size of every part, in their order.
    fn parts(&self) -> VecDeque<(u64, BlobId)> {
        let files = self.files.iter().map(|f| (f.size, f.id));
        let dossiers = self.dossiers.iter().map(|d| (d.size, d.sha256));
        files.chain(dossiers).chain(self.lines.iter().map(|l| (l.size, l.sha256))).collect()
    }

    /// Every file a line names is there or said to be missing, and no part is too large to be held.
    fn is_sound(&self) -> bool {
        let there: std::collections::BTreeSet<BlobId> = self.files.iter().map(|f| f.id).collect();
        let mut lines = self.lines.iter();
        self.parts().iter().all(|(size, _)| *size <= MAX_PACKAGE_PART)
            && lines.all(|l| l.files.iter().all(|f| there.contains(f) != l.missing.contains(f)))
    }
}

impl PackageHeader {
    /// Reads the clear header.
    ///
    /// # Errors
    /// `NotPackage`, `Newer`, `Truncated`, `Header`, `Io`.
    pub fn read(source: &mut impl Read) -> Result<Self, PackageError> {
        Self::parse(&read_header(source)?)
    }

    /// Bytes of the whole file.
    #[must_use]
    pub fn sealed_length(&self) -> u64 {
        let tags = self.length.div_ceil(CHUNK as u64).max(1).saturating_mul(TAG as u64);
        self.length.saturating_add(tags).saturating_add(HEADER as u64)
    }

    fn chunks(&self) -> Result<u32, PackageError> {
        u32::try_from(self.length.div_ceil(CHUNK as u64).max(1)).map_err(|_| PackageError::Header)
    }

    fn said(&self) -> [u8; SAID] {
        let mut said = [0u8; SAID];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            said[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&MAGIC);
        put(&[PACKAGE_VERSION, XCHACHA_STREAM, 0, 0]);
        put(&[0, 0, 1, 0]); // 65,536, little endian
        put(&self.length.to_le_bytes());
        put(self.device.0.as_bytes());
        put(&self.made_at.0.to_le_bytes());
        put(&self.operations.to_le_bytes());
        put(&self.dossiers.to_le_bytes());
        put(&self.files.to_le_bytes());
        put(&[0; 4]);
        put(&self.recovery_key);
        put(&self.ephemeral);
        put(&self.prefix);
        said
    }

    fn parse(bytes: &[u8; HEADER]) -> Result<Self, PackageError> {
        let mut rest = &bytes[16..];
        let header = Self {
            length: u64::from_le_bytes(take(&mut rest)?),
            device: DeviceId(Uuid::from_bytes(take(&mut rest)?)),
            made_at: Timestamp(i64::from_le_bytes(take(&mut rest)?)),
            operations: u32::from_le_bytes(take(&mut rest)?),
            dossiers: u32::from_le_bytes(take(&mut rest)?),
            files: u32::from_le_bytes(take(&mut rest)?),
            recovery_key: {
                take::<4>(&mut rest)?;
                take(&mut rest)?
            },
            ephemeral: take(&mut rest)?,
            prefix: take(&mut rest)?,
        };
        if header.said() != bytes[..SAID] {
            return Err(PackageError::Header); // a reserved byte is set
        }
        Ok(header)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], PackageError> {
    let (first, after) = rest.split_first_chunk::<N>().ok_or(PackageError::Truncated)?;
    *rest = after;
    Ok(*first)
}

fn read_header(source: &mut impl Read) -> Result<[u8; HEADER], PackageError> {
    let mut bytes = [0u8; HEADER];
    let got = read_up_to(source, &mut bytes)?;
    if got < MAGIC.len() || bytes[..MAGIC.len()] != MAGIC {
        return Err(PackageError::NotPackage);
    }
    if got > MAGIC.len() && bytes[8] > PACKAGE_VERSION {
        return Err(PackageError::Newer(bytes[8]));
    }
    if got < HEADER {
        return Err(PackageError::Truncated);
    }
    Ok(bytes)
}

/// The two keys of a package and its header, whoever of both ends makes them.
struct Sealing {
    body: XChaCha20Poly1305,
    header: [u8; HEADER],
    prefix: [u8; PREFIX],
    chunks: u32,
}

impl Sealing {
    fn new(header: &PackageHeader, own: &StaticSecret, other: [u8; 32]) -> Result<Self, PackageError> {
        let shared = own.diffie_hellman(&PublicKey::from(other));
        if !shared.was_contributory() {
            return Err(PackageError::KeyUnusable);
        }
        let salt = [header.ephemeral, header.recovery_key].concat();
        let hkdf = Hkdf::<Sha256>::new(Some(&salt), shared.as_bytes());
        let cipher = |purpose: &str| {
            let mut key = Zeroizing::new([0u8; 32]);
            hkdf.expand(purpose.as_bytes(), &mut *key).expect("32 bytes are within what HKDF-SHA-256 gives");
            XChaCha20Poly1305::new((&*key).into())
        };
        let said = header.said();
        let tag = cipher("motcua package v1 header")
            .encrypt_in_place_detached(&XNonce::default(), &said, &mut [])
            .map_err(|_| PackageError::Header)?;
        let mut sealed = [0u8; HEADER];
        sealed[..SAID].copy_from_slice(&said);
        sealed[SAID..].copy_from_slice(&tag);
        Ok(Self {
            body: cipher("motcua package v1 body"),
            header: sealed,
            prefix: header.prefix,
            chunks: header.chunks()?,
        })
    }

    fn nonce(&self, index: u32) -> XNonce {
        let mut nonce = [0u8; 24];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..PREFIX + 4].copy_from_slice(&index.to_be_bytes());
        nonce[23] = u8::from(index + 1 == self.chunks);
        nonce.into()
    }

    fn open(&self, index: u32, sealed: &[u8]) -> Option<Vec<u8>> {
        let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        let mut plain = body.to_vec();
        let opened = self.body.decrypt_in_place_detached(
            &self.nonce(index),
            &self.header,
            &mut plain,
            Tag::from_slice(tag),
        );
        opened.is_ok().then_some(plain)
    }

    /// What is wrong with a piece that does not open at its place.
    fn fault(&self, index: u32, sealed: &[u8]) -> PackageError {
        let elsewhere = (0..self.chunks).any(|other| other != index && self.open(other, sealed).is_some());
        if elsewhere { PackageError::Reordered(index) } else { PackageError::Damaged(index) }
    }
}

/// Seals a package piece by piece.
pub struct PackageWriter<W> {
    sink: W,
    sealing: Sealing,
    waiting: Vec<u8>,
    index: u32,
    expected: VecDeque<(u64, BlobId)>,
}

impl<W: Write> PackageWriter<W> {
    /// Writes header and manifest; its parts follow, each once and in its order.
    ///
    /// # Errors
    /// `KeyUnusable`, `Content` (a manifest that contradicts itself), `Io`.
    pub fn begin(
        mut sink: W,
        manifest: &PackageManifest,
        recovery_key: [u8; 32],
        secrets: &PackageSecrets,
    ) -> Result<Self, PackageError> {
        let json = serde_json::to_vec(manifest).map_err(|_| PackageError::Content)?;
        let said_length = u32::try_from(json.len()).map_err(|_| PackageError::Content)?;
        if !manifest.is_sound() || u64::from(said_length) > MAX_PACKAGE_PART {
            return Err(PackageError::Content);
        }
        let expected = manifest.parts();
        let count = |n: usize| u32::try_from(n).map_err(|_| PackageError::Content);
        let own = StaticSecret::from(*secrets.ephemeral);
        let header = PackageHeader {
            device: manifest.device,
            made_at: manifest.made_at,
            operations: count(manifest.lines.len())?,
            dossiers: count(manifest.dossiers.len())?,
            files: count(manifest.files.len())?,
            length: 4 + u64::from(said_length) + expected.iter().map(|(size, _)| size).sum::<u64>(),
            recovery_key,
            ephemeral: PublicKey::from(&own).to_bytes(),
            prefix: secrets.prefix,
        };
        let sealing = Sealing::new(&header, &own, recovery_key)?;
        sink.write_all(&sealing.header)?;
        let mut writer = Self { sink, sealing, waiting: Vec::with_capacity(CHUNK + TAG), index: 0, expected };
        writer.push(&said_length.to_le_bytes())?;
        writer.push(&json)?;
        Ok(writer)
    }

    /// The next part of the manifest.
    ///
    /// # Errors
    /// `Content` when it is not that part, `Io`.
    pub fn part(&mut self, bytes: &[u8]) -> Result<(), PackageError> {
        if self.expected.pop_front() != Some((bytes.len() as u64, identity(bytes))) {
            return Err(PackageError::Content);
        }
        self.push(bytes)
    }

    /// The last piece.
    ///
    /// # Errors
    /// `Content` when a part is not there yet, `Io`.
    pub fn finish(mut self) -> Result<W, PackageError> {
        if !self.expected.is_empty() {
            return Err(PackageError::Content);
        }
        self.seal()?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<(), PackageError> {
        while !bytes.is_empty() {
            if self.waiting.len() == CHUNK {
                self.seal()?; // more follows, so this is not the last
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<(), PackageError> {
        let nonce = self.sealing.nonce(self.index);
        let tag = self
            .sealing
            .body
            .encrypt_in_place_detached(&nonce, &self.sealing.header, &mut self.waiting)
            .map_err(|_| PackageError::Content)?;
        self.waiting.extend_from_slice(&tag);
        self.sink.write_all(&self.waiting)?;
        self.waiting.clear();
        self.index += 1;
        Ok(())
    }
}

/// Opens a package piece by piece; gives out nothing that was not checked.
pub struct PackageReader<R> {
    pieces: Pieces<R>,
    header: PackageHeader,
    manifest: PackageManifest,
    next: usize,
}

/// The sealed stream behind the header.
struct Pieces<R> {
    source: R,
    sealing: Sealing,
    length: u64,
    opened: Vec<u8>,
    used: usize,
    index: u32,
}

impl<R: Read> PackageReader<R> {
    /// Reads header and manifest with the private half of the recovery key.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn open(mut source: R, private: &Zeroizing<[u8; 32]>) -> Result<Self, PackageError> {
        let bytes = read_header(&mut source)?;
        let header = PackageHeader::parse(&bytes)?;
        let own = StaticSecret::from(**private);
        if PublicKey::from(&own).to_bytes() != header.recovery_key {
            return Err(PackageError::WrongKey);
        }
        let sealing = Sealing::new(&header, &own, header.ephemeral).map_err(|_| PackageError::Header)?;
        if sealing.header != bytes {
            return Err(PackageError::Header);
        }
        let length = header.length;
        let mut pieces = Pieces { source, sealing, length, opened: Vec::new(), used: 0, index: 0 };
        let manifest = pieces.manifest(&header)?;
        Ok(Self { pieces, header, manifest, next: 0 })
    }

    /// What the package says without a key; it fits what is inside.
    pub fn header(&self) -> &PackageHeader {
        &self.header
    }

    /// What is inside.
    pub fn manifest(&self) -> &PackageManifest {
        &self.manifest
    }

    /// The next part; none after the last one, when the package ends where it should.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn next_part(&mut self) -> Result<Option<PackagePart>, PackageError> {
        let at = self.next;
        self.next += 1;
        let PackageManifest { files, dossiers, lines, .. } = &self.manifest;
        if let Some(file) = files.get(at) {
            let bytes = self.pieces.part(file.size, file.id)?;
            return Ok(Some(PackagePart::File { id: file.id, bytes }));
        }
        let at = at - files.len();
        if let Some(dossier) = dossiers.get(at) {
            let json = self.pieces.part(dossier.size, dossier.sha256)?;
            return Ok(Some(PackagePart::Dossier { id: dossier.id, json }));
        }
        if let Some(line) = lines.get(at - dossiers.len()) {
            let json = self.pieces.part(line.size, line.sha256)?;
            return Ok(Some(PackagePart::Operation { line: line.clone(), json }));
        }
        if read_up_to(&mut self.pieces.source, &mut [0])? > 0 {
            return Err(PackageError::Excess);
        }
        Ok(None)
    }
}

impl<R: Read> Pieces<R> {
    fn manifest(&mut self, header: &PackageHeader) -> Result<PackageManifest, PackageError> {
        let length = self.bytes(4)?;
        let length = u32::from_le_bytes(length.try_into().map_err(|_| PackageError::Content)?);
        let json = self.bytes(u64::from(length))?;
        let manifest: PackageManifest = serde_json::from_slice(&json).map_err(|_| PackageError::Content)?;
        let mut whole = 4 + u64::from(length);
        for (size, _) in manifest.parts() {
            whole = whole.checked_add(size).ok_or(PackageError::Content)?;
        }
        let fits = manifest.device == header.device
            && manifest.made_at == header.made_at
            && manifest.lines.len() as u64 == u64::from(header.operations)
            && manifest.dossiers.len() as u64 == u64::from(header.dossiers)
            && manifest.files.len() as u64 == u64::from(header.files)
            && whole == header.length;
        if fits && manifest.is_sound() { Ok(manifest) } else { Err(PackageError::Content) }
    }

    fn part(&mut self, size: u64, sha256: BlobId) -> Result<Vec<u8>, PackageError> {
        let bytes = self.bytes(size)?;
        if identity(&bytes) == sha256 { Ok(bytes) } else { Err(PackageError::Content) }
    }

    fn bytes(&mut self, size: u64) -> Result<Vec<u8>, PackageError> {
        if size > MAX_PACKAGE_PART {
            return Err(PackageError::Content);
        }
        let size = usize::try_from(size).map_err(|_| PackageError::Content)?;
        let mut out = Vec::new();
        while out.len() < size {
            if self.used == self.opened.len() {
                self.next_chunk()?;
            }
            let now = (size - out.len()).min(self.opened.len() - self.used);
            out.extend_from_slice(&self.opened[self.used..self.used + now]);
            self.used += now;
        }
        Ok(out)
    }

    fn next_chunk(&mut self) -> Result<(), PackageError> {
        if self.index >= self.sealing.chunks {
            return Err(PackageError::Content);
        }
        let left = self.length - u64::from(self.index) * CHUNK as u64;
        let plain = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let mut sealed = vec![0u8; plain + TAG];
        if read_up_to(&mut self.source, &mut sealed)? < sealed.len() {
            return Err(PackageError::Truncated);
        }
        let opened = self.sealing.open(self.index, &sealed);
        self.opened = opened.ok_or_else(|| self.sealing.fault(self.index, &sealed))?;
        self.used = 0;
        self.index += 1;
        Ok(())
    }
}

fn identity(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

/// Fills the buffer as far as there is something.
fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match source.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRIVATE: [u8; 32] = [7; 32];

    fn private() -> Zeroizing<[u8; 32]> {
        Zeroizing::new(PRIVATE)
    }

    fn public() -> [u8; 32] {
        PublicKey::from(&StaticSecret::from(PRIVATE)).to_bytes()
    }

    fn secrets(byte: u8) -> PackageSecrets {
        PackageSecrets { ephemeral: Zeroizing::new([byte; 32]), prefix: [byte; PREFIX] }
    }

    fn pattern(size: usize) -> Vec<u8> {
        (0..size).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect()
    }

    /// A manifest of these parts, with one file the machine did not have any more.
    fn manifest(file: &[u8], dossier: &[u8], operation: &[u8]) -> PackageManifest {
        let at = Timestamp(1_795_143_600_000);
        let of = |n: u8| (1_795_143_600_000, [n; 10]);
        let dossier_id = DossierId::derive(of(1).0, &of(1).1);
        let absent = BlobId([9; 32]);
        PackageManifest {
            device: DeviceId::derive(of(2).0, &of(2).1),
            agency: AgencyCode::parse("000.01.20.H08").unwrap(),
            officer: "canbo.mau".into(),
            made_at: at,
            files: vec![PackageFile { id: identity(file), size: file.len() as u64 }],
            dossiers: vec![PackageDossier {
                id: dossier_id,
                size: dossier.len() as u64,
                sha256: identity(dossier),
            }],
            lines: vec![PackageLine {
                op: OpId::derive(of(3).0, &of(3).1),
                dossier: dossier_id,
                sequence: 4,
                kind: OutboxKind::Document,
                files: vec![identity(file), absent],
                missing: vec![absent],
                size: operation.len() as u64,
                sha256: identity(operation),
            }],
        }
    }

    fn sealed(file: &[u8], dossier: &[u8], operation: &[u8], byte: u8) -> Vec<u8> {
        let manifest = manifest(file, dossier, operation);
        let mut writer = PackageWriter::begin(Vec::new(), &manifest, public(), &secrets(byte)).unwrap();
        for part in [file, dossier, operation] {
            writer.part(part).unwrap();
        }
        writer.finish().unwrap()
    }

    /// Three whole pieces and a short one.
    fn sample() -> Vec<u8> {
        sealed(&pattern(3 * CHUNK), br#"{"dossier":1}"#, br#"{"op":1}"#, 5)
    }

    fn read(bytes: &[u8]) -> Result<Vec<PackagePart>, PackageError> {
        let mut reader = PackageReader::open(bytes, &private())?;
        let mut parts = Vec::new();
        while let Some(part) = reader.next_part()? {
            parts.push(part);
        }
        Ok(parts)
    }

    fn piece(index: usize) -> std::ops::Range<usize> {
        HEADER + index * (CHUNK + TAG)..HEADER + (index + 1) * (CHUNK + TAG)
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let (file, dossier, operation) = (pattern(100_000), br#"{"dossier":1}"#, br#"{"op":1}"#);
        let bytes = sealed(&file, dossier, operation, 5);
        let parts = read(&bytes).unwrap();
        let wanted = manifest(&file, dossier, operation);
        assert_eq!(
            parts,
            [
                PackagePart::File { id: identity(&file), bytes: file },
                PackagePart::Dossier { id: wanted.dossiers[0].id, json: dossier.to_vec() },
                PackagePart::Operation { line: wanted.lines[0].clone(), json: operation.to_vec() },
            ]
        );
        let header = PackageHeader::read(&mut bytes.as_slice()).unwrap();
        assert_eq!((header.operations, header.dossiers, header.files), (1, 1, 1));
        assert_eq!((header.device, header.made_at), (wanted.device, wanted.made_at));
        assert_eq!(header.sealed_length(), bytes.len() as u64);
    }

    #[test]
    fn vectors_of_version_1_open_and_are_made_the_same() {
        let wanted = include_bytes!("../../../../../tests/fixtures/package_v1/short.mcgoi");
        assert_eq!(sealed(b"%PDF-1.7 (DEMO)", br#"{"dossier":1}"#, br#"{"op":1}"#, 5), wanted);
        assert_eq!(read(wanted).unwrap().len(), 3);
        let wanted = include_str!("../../../../../tests/fixtures/package_v1/pieces.mcgoi.sha256");
        let long = sealed(&pattern(2 * CHUNK + 5), b"", br#"{"op":1}"#, 6);
        assert_eq!(identity(&long).to_string(), wanted.trim());
    }

    #[test]
    fn the_clear_header_holds_nobody() {
        let (with, other) = (sealed(b"a", b"Nguyen Van A", b"x", 5), sealed(b"b", b"Tran Thi B..", b"y", 5));
        assert_eq!(with[..SAID], other[..SAID], "the same counts and moment, the same header");
    }

    #[test]
    fn another_agency_s_key_is_told_apart() {
        let other = Zeroizing::new([8; 32]);
        assert!(matches!(PackageReader::open(sample().as_slice(), &other), Err(PackageError::WrongKey)));
    }

    #[test]
    fn a_key_everybody_agrees_with_is_refused() {
        let begun = PackageWriter::begin(Vec::new(), &manifest(b"", b"", b""), [0; 32], &secrets(1));
        assert!(matches!(begun, Err(PackageError::KeyUnusable)));
    }

    #[test]
    fn a_newer_version_is_told_apart_from_damage() {
        let mut bytes = sample();
        bytes[8] = 2;
        assert!(matches!(read(&bytes), Err(PackageError::Newer(2))));
        assert!(matches!(PackageHeader::read(&mut bytes.as_slice()), Err(PackageError::Newer(2))));
    }

    #[test]
    fn another_file_is_no_package() {
        for bytes in [&b""[..], b"%PDF-1.7", b"MCGOI", &[0; 400]] {
            assert!(matches!(read(bytes), Err(PackageError::NotPackage)));
        }
    }

    #[test]
    fn a_changed_header_is_found_before_anything_is_opened() {
        for at in [12, 16, 30, 41, 48, 52, 56, 60, 100, 130, 150, SAID, HEADER - 1] {
            let mut bytes = sample();
            bytes[at] ^= 1;
            assert!(matches!(read(&bytes), Err(PackageError::Header)), "byte {at}");
        }
    }

    #[test]
    fn a_cut_anywhere_is_a_cut() {
        let bytes = sample();
        for end in [9, HEADER - 1, HEADER, HEADER + 1, piece(0).end, piece(2).end, bytes.len() - 1] {
            assert!(matches!(read(&bytes[..end]), Err(PackageError::Truncated)), "cut at {end}");
        }
        assert!(matches!(read(&[&bytes[..], &[0]].concat()), Err(PackageError::Excess)));
    }

    #[test]
    fn a_shorter_length_in_the_header_hides_no_cut() {
        let mut bytes = sample()[..piece(1).end].to_vec();
        bytes[16..24].copy_from_slice(&(2 * CHUNK as u64).to_le_bytes());
        assert!(matches!(read(&bytes), Err(PackageError::Header)));
    }

    #[test]
    fn pieces_in_another_order_are_told_apart_from_damage() {
        let bytes = sample();
        let mut swapped = bytes.clone();
        swapped[piece(1)].copy_from_slice(&bytes[piece(2)]);
        swapped[piece(2)].copy_from_slice(&bytes[piece(1)]);
        assert!(matches!(read(&swapped), Err(PackageError::Reordered(1))));
        let mut repeated = bytes.clone();
        repeated[piece(2)].copy_from_slice(&bytes[piece(1)]);
        assert!(matches!(read(&repeated), Err(PackageError::Reordered(2))));
    }

    #[test]
    fn a_changed_piece_is_damage() {
        for at in [HEADER, piece(1).start + 77, piece(2).end - 1, sample().len() - 1] {
            let mut bytes = sample();
            bytes[at] ^= 1;
            assert!(matches!(read(&bytes), Err(PackageError::Damaged(_))), "byte {at}");
        }
    }

    #[test]
    fn a_piece_of_another_package_is_damage() {
        let (mut bytes, other) =
            (sample(), sealed(&pattern(3 * CHUNK), b"{\"dossier\":1}", b"{\"op\":1}", 6));
        bytes[piece(1)].copy_from_slice(&other[piece(1)]);
        assert!(matches!(read(&bytes), Err(PackageError::Damaged(1))));
        let mut bytes = sample();
        bytes[..HEADER].copy_from_slice(&other[..HEADER]);
        assert!(matches!(read(&bytes), Err(PackageError::Damaged(0))), "the header of another package");
    }

    #[test]
    fn what_does_not_fit_the_manifest_is_neither_written_nor_read() {
        let made = manifest(b"file", b"dossier", b"op");
        let mut writer = PackageWriter::begin(Vec::new(), &made, public(), &secrets(1)).unwrap();
        assert!(matches!(writer.part(b"another file"), Err(PackageError::Content)));
        let writer = PackageWriter::begin(Vec::new(), &made, public(), &secrets(1)).unwrap();
        assert!(matches!(writer.finish(), Err(PackageError::Content)), "parts are not there");
        let mut silent = manifest(b"file", b"dossier", b"op");
        silent.lines[0].missing.clear();
        let begun = PackageWriter::begin(Vec::new(), &silent, public(), &secrets(1));
        assert!(matches!(begun, Err(PackageError::Content)), "a file is missing and nobody says so");
        // A writer that lies: its pieces are whole, its part is another than the manifest's.
        let mut liar = PackageWriter::begin(Vec::new(), &made, public(), &secrets(1)).unwrap();
        for part in [&b"evil"[..], b"dossier", b"op"] {
            liar.push(part).unwrap();
        }
        liar.expected.clear();
        assert!(matches!(read(&liar.finish().unwrap()), Err(PackageError::Content)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn parts_of_any_size_come_out_whole(file in 0usize..140_000, other in 0usize..70_000) {
            let (file, other) = (pattern(file), pattern(other));
            let parts = read(&sealed(&file, &other, &other, 3)).unwrap();
            prop_assert_eq!(parts.len(), 3);
        }

        #[test]
        fn any_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&bytes).is_err());
            let begun = [&MAGIC[..], &[1, 1, 0, 0, 0, 0, 1, 0], &bytes].concat();
            prop_assert!(read(&begun).is_err());
        }
    }
}
