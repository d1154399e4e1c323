//! "Ký số": one list, one PIN entry, one commit. Whatever goes wrong, the dossier is as before; what was
//! signed before the officer stopped stays signed.

use crate::desk::{Change, Desk};
use crate::error::{DeskError, SignError};
use crate::papers::{is_agency, marks, trust_list};
use crate::ports::{PinState, SignRequest, TokenCertificate, TokenError};
use motcua_dossier::{
    Attachment, BlobId, Dossier, DossierError, DossierId, DossierState, ReferenceData, SignatureMark,
    SignerRole,
};
use motcua_pdf::{PreparedPdf, SignatureRequest};
use motcua_signature::{
    Certificate, CertificateCard, CertificateProblem, Integrity, SignedAttributes, assemble_cms,
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Room for the CMS besides the certificates it carries.
const CMS_ROOM: usize = 6 * 1024;

/// A certificate the officer may choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateChoice {
    /// SHA-256 of the certificate, hex; names it in [`Desk::sign`].
    pub fingerprint: String,
    /// Slot of its token.
    pub slot: u64,
    /// `CKA_ID` in hex.
    pub key_id: String,
    /// Label of its token.
    pub token_label: String,
    /// What it says.
    pub card: CertificateCard,
    /// Officer's or agency's.
    pub role: SignerRole,
    /// Why it cannot sign now, as a stable code.
    pub problem: Option<&'static str>,
    /// A trust list is held and no chain leads to it: it may sign, the warehouse will refuse the file.
    pub untrusted: bool,
    /// PIN state of its token.
    pub pin: PinState,
    /// The reader has its own PIN pad.
    pub pin_pad: bool,
}

/// Is there a token, and can it be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenState {
    /// No token in any slot, or no module.
    None,
    /// There is one.
    Present {
        /// Its label.
        label: String,
        /// PIN state by its flags.
        pin: PinState,
    },
    /// The only token is locked.
    Locked {
        /// Its label.
        label: String,
    },
}

/// How far an act over several papers is; safe to lose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowProgress {
    /// Row of the paper that is worked on now; 0 is the result.
    pub component: u32,
    /// Papers that are through.
    pub done: u32,
    /// Papers in all.
    pub total: u32,
    /// Bytes of this paper that came over the line.
    pub received: u64,
    /// Bytes of it in all; 0 where nothing comes over the line.
    pub size: u64,
}

/// What became of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedRows {
    /// Rows whose files are signed now, in the order of signing.
    pub signed: Vec<u32>,
    /// Rows that were not reached before the officer stopped.
    pub left: Vec<u32>,
    /// The dossier afterwards.
    pub dossier: Dossier,
}

/// One file of a batch, ready for the token.
struct Prepared {
    component: u32,
    before: BlobId,
    pdf: PreparedPdf,
    attributes: SignedAttributes,
}

impl Desk {
    /// Certificates on the tokens now present: usable and trusted ones first.
    ///
    /// # Errors
    /// The token module; the vault is closed.
    pub async fn certificates(&self) -> Result<Vec<CertificateChoice>, DeskError> {
        let tokens = self.signer.tokens().await?;
        let reference = self.vault.reference()?;
        let trust = trust_list(&reference);
        let now = self.clock.now();
        let mut choices = vec![];
        for held in self.signer.certificates().await? {
            let Ok(certificate) = Certificate::from_der(&held.der) else { continue };
            let token = tokens.iter().find(|t| t.slot == held.slot);
            choices.push(CertificateChoice {
                fingerprint: hex::encode(certificate.fingerprint()),
                slot: held.slot,
                key_id: held.key_id,
                token_label: token.map(|t| t.label.clone()).unwrap_or_default(),
                role: role_of(&certificate, &reference),
                problem: certificate.may_sign(now).err().map(|p| DeskError::from(sign_error(p)).code()),
                untrusted: !trust.is_empty() && !trust.knows(&certificate, now),
                card: certificate.card(),
                pin: token.map_or(PinState::Normal, |t| t.pin),
                pin_pad: token.is_some_and(|t| t.pin_pad),
            });
        }
        choices.sort_by_key(|c| (c.problem.is_some(), c.untrusted));
        Ok(choices)
    }

    /// The token as the status line shows it; cheap enough to be polled.
    ///
    /// # Errors
    /// The module hangs or crashed; no module and no token are states.
    pub async fn token_state(&self) -> Result<TokenState, DeskError> {
        let tokens = match self.signer.tokens().await {
            Ok(tokens) => tokens,
            Err(TokenError::NoModule | TokenError::NoToken) => vec![],
            Err(error) => return Err(error.into()),
        };
        let usable = tokens.iter().find(|t| t.pin != PinState::Locked);
        Ok(match (usable, tokens.first()) {
            (Some(token), _) => TokenState::Present { label: token.label.clone(), pin: token.pin },
            (None, Some(token)) => TokenState::Locked { label: token.label.clone() },
            (None, None) => TokenState::None,
        })
    }

    /// Signs the files of the rows (0 is the result) with one PIN entry. Every signed file is verified
    /// before it replaces the one before. `on_progress` hears first when the PIN was taken, then after
    /// each signature. A cancel stops before the next file; what was signed until then stays.
    ///
    /// # Errors
    /// Certificate missing or unfit (no PIN is used then), the token's refusal, a file that was replaced
    /// meanwhile, cancelled before the first signature. The dossier is as before.
    pub async fn sign(
        &self,
        id: DossierId,
        components: &[u32],
        fingerprint: &str,
        pin: Option<Zeroizing<String>>,
        cancel: &CancellationToken,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
    ) -> Result<SignedRows, DeskError> {
        let dossier = self.stored(id)?;
        if components.is_empty() {
            return Err(SignError::Nothing.into());
        }
        let (held, certificate) = self.chosen(fingerprint).await?;
        let chain = chain_of(&certificate, &*self.vault.reference()?);
        let mut wanted = components.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut batch = Vec::with_capacity(wanted.len());
        for component in &wanted {
            batch.push(self.prepare(&dossier, *component, &certificate, &chain)?);
        }
        let total = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let on_done = |done: usize| {
            let component = wanted.get(done).or(wanted.last()).copied().unwrap_or_default();
            let done = u32::try_from(done).unwrap_or(u32::MAX);
            on_progress(RowProgress { component, done, total, received: 0, size: 0 });
        };
        let messages = batch.iter().map(|p| p.attributes.to_be_signed().to_vec()).collect();
        let request = SignRequest { certificate: held, pin, messages };
        let signatures = self.signer.sign(request, &on_done, cancel).await?;
        let left = wanted.split_off(signatures.len().min(wanted.len()));
        let mut files = Vec::with_capacity(wanted.len());
        for (prepared, signature) in batch.into_iter().zip(signatures) {
            files.push(self.embed(prepared, &certificate, &chain, &signature)?);
        }
        let dossier = self.change(id, |change| {
            for file in files {
                let attachment = attachment_mut(change, file.component)?;
                if attachment.blob != file.before || attachment.digitized.is_some() {
                    return Err(SignError::FileReplaced.into());
                }
                attachment.blob = file.blob;
                attachment.size = file.size;
                attachment.signatures = file.marks;
            }
            Ok(())
        })?;
        Ok(SignedRows { signed: wanted, left, dossier })
    }

    pub(crate) async fn chosen(
        &self,
        fingerprint: &str,
    ) -> Result<(TokenCertificate, Certificate), DeskError> {
        let wanted = fingerprint.to_ascii_lowercase();
        let found = self.signer.certificates().await?.into_iter().find_map(|held| {
            let certificate = Certificate::from_der(&held.der).ok()?;
            (hex::encode(certificate.fingerprint()) == wanted).then_some((held, certificate))
        });
        let (held, certificate) = found.ok_or(SignError::CertificateMissing)?;
        certificate.may_sign(self.clock.now()).map_err(sign_error)?;
        Ok((held, certificate))
    }

    fn prepare(
        &self,
        dossier: &Dossier,
        component: u32,
        certificate: &Certificate,
        chain: &[Certificate],
    ) -> Result<Prepared, DeskError> {
        self.may_capture(dossier, component)?;
        let attachment = match component {
            0 => dossier.result.as_ref().map(|r| &r.attachment),
            _ => dossier.component(component)?.attachment.as_ref(),
        };
        let attachment = attachment.ok_or(DossierError::NothingAttached(component))?;
        if attachment.digitized.is_some() {
            return Err(DossierError::AlreadyDigitized(component).into());
        }
        if attachment.is_reused() {
            return Err(SignError::ReusedPaper.into());
        }
        if !attachment.is_pdf() {
            return Err(crate::FileError::NotPdf.into());
        }
        let (pdf, attributes) = self.prepare_bytes(&self.held(&attachment.blob)?, certificate, chain)?;
        Ok(Prepared { component, before: attachment.blob, pdf, attributes })
    }

    fn embed(
        &self,
        prepared: Prepared,
        certificate: &Certificate,
        chain: &[Certificate],
        signature: &[u8],
    ) -> Result<Signed, DeskError> {
        let (bytes, report) =
            self.embed_bytes(prepared.pdf, &prepared.attributes, certificate, chain, signature)?;
        Ok(Signed {
            component: prepared.component,
            before: prepared.before,
            blob: self.vault.put_blob(&bytes)?,
            size: bytes.len() as u64,
            marks: self.own_marks(&report, certificate)?,
        })
    }

    /// A PDF with room for one signature of this certificate, and what the token signs for it.
    pub(crate) fn prepare_bytes(
        &self,
        bytes: &[u8],
        certificate: &Certificate,
        chain: &[Certificate],
    ) -> Result<(PreparedPdf, SignedAttributes), DeskError> {
        let certificates: usize = chain.iter().chain([certificate]).map(|c| c.der().len()).sum();
        let request = SignatureRequest {
            field: "MotCua".to_owned(),
            name: certificate.subject_common_name(),
            reason: String::new(),
            location: self.office.place.clone(),
            at: self.clock.now().in_vietnam(),
            reserve: CMS_ROOM + certificates,
        };
        let pdf = motcua_pdf::prepare(bytes, &request).map_err(|_| SignError::CannotPrepare)?;
        let attributes = SignedAttributes::for_document(&pdf.digest(), certificate)
            .map_err(|_| SignError::CertificateNotForSigning)?;
        Ok((pdf, attributes))
    }

    /// The signed file, after its every signature was checked again.
    pub(crate) fn embed_bytes(
        &self,
        pdf: PreparedPdf,
        attributes: &SignedAttributes,
        certificate: &Certificate,
        chain: &[Certificate],
        signature: &[u8],
    ) -> Result<(Vec<u8>, motcua_signature::Report), DeskError> {
        let cms =
            assemble_cms(attributes, certificate, chain, signature).map_err(|_| SignError::OutputInvalid)?;
        let bytes = pdf.embed(&cms).map_err(|_| SignError::OutputInvalid)?;
        let report = self.check_signatures(&bytes)?;
        let ours = report.signatures.last().is_some_and(|s| {
            s.integrity == Integrity::Intact
                && s.covers_whole_file
                && s.certificate.as_ref() == Some(certificate)
        });
        if !ours || report.signatures.iter().any(|s| s.integrity != Integrity::Intact) {
            return Err(SignError::OutputInvalid.into());
        }
        Ok((bytes, report))
    }

    fn own_marks(
        &self,
        report: &motcua_signature::Report,
        certificate: &Certificate,
    ) -> Result<Vec<SignatureMark>, DeskError> {
        Ok(marks(report, &*self.vault.reference()?, Some(certificate), self.clock.now()))
    }
}

/// A signed file, stored, before it replaces the one it was made of.
struct Signed {
    component: u32,
    before: BlobId,
    blob: BlobId,
    size: u64,
    marks: Vec<SignatureMark>,
}

fn attachment_mut<'a>(change: &'a mut Change<'_>, component: u32) -> Result<&'a mut Attachment, DeskError> {
    if component == 0 {
        if !matches!(change.dossier.state, DossierState::Accepted { .. }) {
            return Err(DossierError::NotAccepted.into());
        }
        return change
            .dossier
            .result
            .as_mut()
            .map(|r| &mut r.attachment)
            .ok_or(SignError::FileReplaced.into());
    }
    change.row_mut(component)?.attachment.as_mut().ok_or(SignError::FileReplaced.into())
}

fn role_of(certificate: &Certificate, reference: &ReferenceData) -> SignerRole {
    if is_agency(&certificate.subject_common_name(), reference) {
        SignerRole::Agency
    } else {
        SignerRole::Officer
    }
}

fn sign_error(problem: CertificateProblem) -> SignError {
    match problem {
        CertificateProblem::Expired => SignError::CertificateExpired,
        CertificateProblem::NotYetValid => SignError::CertificateNotYetValid,
        _ => SignError::CertificateNotForSigning,
    }
}

/// Intermediates of the trust list from the signer's issuer up, without the anchor.
pub(crate) fn chain_of(certificate: &Certificate, reference: &ReferenceData) -> Vec<Certificate> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let known: Vec<Certificate> = reference
        .trust_pem
        .iter()
        .flat_map(|text| text.split(BEGIN).skip(1))
        .filter_map(|block| Certificate::from_pem(&format!("{BEGIN}{block}")).ok())
        .filter(|c| c.issuer_common_name() != c.subject_common_name())
        .collect();
    let mut chain: Vec<Certificate> = vec![];
    let mut issuer = certificate.issuer_common_name();
    while let Some(next) = known.iter().find(|c| c.subject_common_name() == issuer && !chain.contains(c)) {
        issuer = next.issuer_common_name();
        chain.push(next.clone());
    }
    chain
}
