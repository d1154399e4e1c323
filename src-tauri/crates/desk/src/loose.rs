//! Work on loose files, outside any dossier: scan, make, sign, verify. The same pieces as the dossier's
//! use cases; nothing is put into the vault.

use crate::desk::Desk;
use crate::error::{CaptureError, DeskError, FileError, SignError};
use crate::papers::file_error;
use crate::ports::{PageFormat, RawPage, ScanError, ScanFault, ScanRequest, SignRequest, TokenError};
use crate::sign::chain_of;
use crate::{ScanOptions, capture::JPEG_QUALITY};
use motcua_pdf::{AssembleInfo, PageImage};
use motcua_signature::{Certificate, CertificateCard, Report, TrustList, verify_pdf};
use motcua_wire::About;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// A scan that belongs to no dossier.
#[derive(Debug)]
pub struct LooseScan {
    /// The pages that arrived, as one PDF.
    pub pdf: Vec<u8>,
    /// How many.
    pub pages: u32,
    /// The device's fault that ended the scan early, if one did.
    pub fault: Option<DeskError>,
}

impl Desk {
    /// Asks the warehouse who it is; changes nothing and needs no open vault.
    ///
    /// # Errors
    /// The link.
    pub async fn reach_warehouse(&self) -> Result<About, DeskError> {
        Ok(self.warehouse.about().await?)
    }

    /// The certificates on the token with their fingerprints (hex); needs no open vault and no PIN.
    ///
    /// # Errors
    /// No module, no token, the module hangs or crashed.
    pub async fn token_certificates(&self) -> Result<Vec<(String, CertificateCard)>, DeskError> {
        let held = self.signer.certificates().await?;
        let read = held.iter().filter_map(|held| Certificate::from_der(&held.der).ok());
        Ok(read.map(|c| (hex::encode(c.fingerprint()), c.card())).collect())
    }

    /// Scans into one PDF. Driver options of the profile come first, `extra` after them.
    ///
    /// # Errors
    /// The device's fault when it gave no page at all.
    pub async fn scan_loose(
        &self,
        device: &str,
        options: &ScanOptions,
        extra: Vec<(String, String)>,
        on_page: &(dyn Fn(u32) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<LooseScan, DeskError> {
        let mut driver = self.office.scanner_options.get(device).cloned().unwrap_or_default();
        driver.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
        driver.extend(extra);
        let request = ScanRequest {
            device: device.to_owned(),
            dpi: options.dpi.max(200),
            mode: options.mode,
            source: options.source,
            max_pages: options.max_pages.max(1),
            options: driver,
        };
        let (sender, mut pages) = mpsc::channel::<RawPage>(2);
        let keep = async {
            let mut images = vec![];
            while let Some(raw) = pages.recv().await {
                let gray = raw.format == PageFormat::Gray8;
                let (width, height, dpi) = (raw.width, raw.height, raw.dpi);
                let jpeg = motcua_imaging::encode_jpeg(&raw.samples, width, height, gray, JPEG_QUALITY, dpi)
                    .map_err(|_| CaptureError::BadPage)?;
                images.push(PageImage { jpeg, width, height, gray, dpi });
                on_page(u32::try_from(images.len()).unwrap_or(u32::MAX));
            }
            Ok::<_, DeskError>(images)
        };
        let (scanned, images) = tokio::join!(self.scanner.scan(&request, sender, cancel), keep);
        let images = images?;
        let fault = match scanned {
            Ok(_) => None,
            Err(ScanError::Fault(ScanFault::NoPaper)) if !images.is_empty() => None,
            Err(error) => Some(DeskError::from(error)),
        };
        match fault {
            Some(fault) if images.is_empty() => Err(fault),
            _ if images.is_empty() => Err(CaptureError::NoPages.into()),
            fault => Ok(LooseScan {
                pages: u32::try_from(images.len()).unwrap_or(u32::MAX),
                pdf: self.bound("", &images)?,
                fault,
            }),
        }
    }

    /// Page images, in order, as one PDF. JPEG bytes pass through unchanged.
    ///
    /// # Errors
    /// A file that is no readable page image.
    pub async fn make_pdf(&self, title: &str, images: &[Vec<u8>]) -> Result<Vec<u8>, DeskError> {
        let mut pages = Vec::with_capacity(images.len());
        for image in images {
            pages.push(crate::attach::page_image(image)?);
        }
        if pages.is_empty() {
            return Err(CaptureError::NoPages.into());
        }
        self.bound(title, &pages)
    }

    /// Signs PDFs with one PIN entry: all of them or none. The vault must be open: its trust list holds
    /// the chain.
    ///
    /// # Errors
    /// As [`Desk::sign`].
    pub async fn sign_loose(
        &self,
        files: &[Vec<u8>],
        fingerprint: &str,
        pin: Option<Zeroizing<String>>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<u8>>, DeskError> {
        if files.is_empty() {
            return Err(SignError::Nothing.into());
        }
        let (held, certificate) = self.chosen(fingerprint).await?;
        let chain = chain_of(&certificate, &*self.vault.reference()?);
        let mut batch = Vec::with_capacity(files.len());
        for file in files {
            motcua_pdf::inspect(file).map_err(|e| file_error(&e))?;
            batch.push(self.prepare_bytes(file, &certificate, &chain)?);
        }
        let messages = batch.iter().map(|(_, attributes)| attributes.to_be_signed().to_vec()).collect();
        let request = SignRequest { certificate: held, pin, messages };
        let signatures = self.signer.sign(request, &|_| {}, cancel).await?;
        if signatures.len() != batch.len() {
            return Err(TokenError::Cancelled.into());
        }
        batch
            .into_iter()
            .zip(signatures)
            .map(|((pdf, attributes), signature)| {
                Ok(self.embed_bytes(pdf, &attributes, &certificate, &chain, &signature)?.0)
            })
            .collect()
    }

    /// Checks every signature of a PDF against these anchors and intermediates (PEM); needs no open vault.
    ///
    /// # Errors
    /// Not a readable PDF; a trust list that cannot be read.
    pub async fn verify_with(&self, bytes: &[u8], trust_pem: &[String]) -> Result<Report, DeskError> {
        let trust = TrustList::from_pem(trust_pem).map_err(|_| FileError::Broken)?;
        verify_pdf(bytes, &trust, self.clock.now()).map_err(|e| file_error(&e.0).into())
    }

    fn bound(&self, title: &str, images: &[PageImage]) -> Result<Vec<u8>, DeskError> {
        let mut seed = [0u8; 16];
        self.random.fill(&mut seed);
        let info = AssembleInfo { title: title.to_owned(), at: self.clock.now().in_vietnam(), seed };
        Ok(motcua_pdf::assemble(images, &info).map_err(|_| FileError::Broken)?)
    }
}
