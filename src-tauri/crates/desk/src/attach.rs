//! "Chọn tệp tin": a file by its content, never by its name.

use crate::capture::row_title;
use crate::desk::Desk;
use crate::error::{CaptureError, DeskError, FileError, IntakeError};
use crate::papers::{file_error, marks, tampering};
use crate::ports::CaptureDraft;
use motcua_dossier::{
    Attachment, AttachmentSource, ComponentRow, CopyForm, DOCX, Dossier, DossierError, DossierId,
    DossierState, MSWORD, OpId, OutboxState, ResultPaper, Waiver,
};
use motcua_imaging::ImagingError;
use motcua_pdf::PageImage;
use motcua_wire::MAX_TEXT;

/// Largest file taken from the computer.
pub(crate) const MAX_FILE: usize = 50 * 1024 * 1024;

impl Desk {
    /// Attaches a file of this computer to a row (0 is the result). PDFs are inspected, page images become
    /// a PDF, DOC and DOCX stay attachments that never enter the warehouse (decision 1). The name is only
    /// what the officer saw; the content decides.
    ///
    /// # Errors
    /// Not an accepted kind, broken, encrypted, tampered with after signing, too large; the dossier does
    /// not allow it.
    pub async fn attach_file(
        &self,
        id: DossierId,
        component: u32,
        _name: &str,
        bytes: &[u8],
    ) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        self.may_capture(&dossier, component)?;
        let attachment = self.attachment_of(bytes, &row_title(&dossier, component))?;
        if component == 0 && !attachment.is_pdf() {
            return Err(FileError::NotPdf.into());
        }
        self.put_attachment(id, component, attachment, None)
    }

    /// "Khai thác từ CSDL": the paper is not handed in, for an officer found its data in that database. Whatever was on the
    /// row goes.
    ///
    /// # Errors
    /// No name of a database, or a note too long; pages are being captured; already filed; the dossier does not
    /// allow it.
    pub async fn waive(
        &self,
        id: DossierId,
        component: u32,
        database: &str,
        note: &str,
    ) -> Result<Dossier, DeskError> {
        let (database, note) = (database.trim().to_owned(), note.trim().to_owned());
        if database.is_empty() {
            return Err(IntakeError::UnknownDatabase.into());
        }
        if [&database, &note].iter().any(|text| text.chars().count() > MAX_TEXT) {
            return Err(IntakeError::TextTooLong.into());
        }
        if component == 0 {
            return Err(DossierError::NoSuchComponent(0).into());
        }
        if !self.captured(id, component)?.pages.is_empty() {
            return Err(CaptureError::Unfinished.into());
        }
        let officer = self.officer();
        self.change(id, |change| {
            change.fill(component, None, None)?;
            let at = change.now;
            change.row_mut(component)?.waiver = Some(Waiver { database, note, officer, at });
            Ok(())
        })
    }

    /// Takes the file, or the reservation, off a row. Removing before acceptance counts nothing.
    ///
    /// # Errors
    /// Already filed and not refused; the dossier does not allow it.
    pub async fn detach(&self, id: DossierId, component: u32) -> Result<Dossier, DeskError> {
        self.may_capture(&self.stored(id)?, component)?;
        self.change(id, |change| {
            if component == 0 {
                self.may_capture(&change.dossier, component)?;
                change.dossier.result = None;
                return Ok(());
            }
            change.fill(component, None, None)
        })
    }

    /// Was the operation refused by the warehouse.
    pub(crate) fn is_refused(&self, op: OpId) -> Result<bool, DeskError> {
        let queued = self.vault.queued(op)?;
        Ok(queued.is_some_and(|q| matches!(q.item.state, OutboxState::NeedsAttention { .. })))
    }

    /// Puts an attachment on a row or as the result, together with the end of the capture it came from.
    /// When the captured pages are no longer those it was made of, nothing is written.
    pub(crate) fn put_attachment(
        &self,
        id: DossierId,
        component: u32,
        attachment: Attachment,
        capture: Option<&CaptureDraft>,
    ) -> Result<Dossier, DeskError> {
        let metadata = (component == 0).then(|| self.result_metadata(&self.stored(id)?, &attachment));
        self.change(id, |change| {
            if let Some(draft) = capture {
                if self.captured(id, component)? != *draft {
                    return Err(CaptureError::NoSuchPage.into());
                }
                change.batch.captures.push(CaptureDraft { pages: vec![], ..draft.clone() });
            }
            if let Some(metadata) = metadata {
                let DossierState::Accepted { .. } = change.dossier.state else {
                    return Err(DossierError::NotAccepted.into());
                };
                change.dossier.result = Some(ResultPaper { attachment, metadata: metadata? });
                return Ok(());
            }
            change.fill(component, Some(attachment), None)
        })
    }

    pub(crate) fn attachment_of(&self, bytes: &[u8], title: &str) -> Result<Attachment, DeskError> {
        if bytes.is_empty() {
            return Err(FileError::Empty.into());
        }
        if bytes.len() > MAX_FILE {
            return Err(FileError::TooLarge.into());
        }
        if contains(&bytes[..bytes.len().min(1024)], b"%PDF-") {
            return self.attached_pdf(bytes);
        }
        if let Some(media_type) = word_kind(bytes) {
            return Ok(Attachment {
                blob: self.vault.put_blob(bytes)?,
                size: bytes.len() as u64,
                pages: 0,
                media_type: media_type.to_owned(),
                source: AttachmentSource::File,
                signatures: vec![],
                digitized: None,
                metadata: None,
                origin: None,
            });
        }
        if crate::word::is_locked(bytes) {
            return Err(FileError::Encrypted.into());
        }
        if is_picture(bytes) {
            return self.assembled(&[page_image(bytes)?], title, AttachmentSource::File);
        }
        Err(FileError::Unsupported.into())
    }

    fn attached_pdf(&self, bytes: &[u8]) -> Result<Attachment, DeskError> {
        let facts = motcua_pdf::inspect(bytes).map_err(|e| file_error(&e))?;
        if facts.encrypted {
            return Err(FileError::Encrypted.into());
        }
        let mut signatures = vec![];
        if facts.signatures > 0 {
            let report = self.check_signatures(bytes)?;
            if let Some(error) = tampering(&report) {
                return Err(error.into());
            }
            signatures = marks(&report, &*self.vault.reference()?, None, self.clock.now());
        }
        Ok(Attachment {
            blob: self.vault.put_blob(bytes)?,
            size: bytes.len() as u64,
            pages: facts.pages,
            media_type: "application/pdf".to_owned(),
            source: AttachmentSource::File,
            signatures,
            digitized: None,
            metadata: None,
            origin: None,
        })
    }
}

/// A row the procedure does not name.
pub(crate) fn extra_row(number: u32, name: String) -> ComponentRow {
    ComponentRow {
        number,
        name,
        form: CopyForm::Copy,
        quantity: 1,
        result_codes: vec![],
        fresh_days: None,
        required: false,
        enters_warehouse: false,
        attachment: None,
        reservation: None,
        waiver: None,
    }
}

/// A picture as a page: a plain upright JPEG goes in as it is, anything else is decoded and encoded.
pub(crate) fn page_image(bytes: &[u8]) -> Result<PageImage, FileError> {
    if let Some(facts) = motcua_imaging::jpeg_facts(bytes)
        && matches!(facts.components, 1 | 3)
        && facts.precision == 8
        && facts.orientation == 1
        && !facts.carries_metadata
    {
        return Ok(PageImage {
            jpeg: bytes.to_vec(),
            width: facts.width,
            height: facts.height,
            gray: facts.components == 1,
            dpi: page_dpi(facts.dpi, facts.width, facts.height),
        });
    }
    let page = motcua_imaging::decode(bytes).map_err(|error| match error {
        ImagingError::SeveralPages => FileError::SeveralPages,
        ImagingError::TooLarge => FileError::TooLarge,
        _ => FileError::Broken,
    })?;
    let dpi = page_dpi(page.dpi, page.width, page.height);
    let jpeg = motcua_imaging::encode_jpeg(&page.samples, page.width, page.height, page.gray, 85, dpi)
        .map_err(|_| FileError::Broken)?;
    Ok(PageImage { jpeg, width: page.width, height: page.height, gray: page.gray, dpi })
}

/// A file that claims no believable density is taken as one A4 page across.
fn page_dpi(claimed: Option<u32>, width: u32, height: u32) -> u32 {
    match claimed {
        Some(dpi) if (96..=2400).contains(&dpi) => dpi,
        _ => (width.min(height) * 254 / 2100).clamp(72, 2400),
    }
}

fn is_picture(bytes: &[u8]) -> bool {
    const STARTS: [&[u8]; 4] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*"];
    STARTS.iter().any(|start| bytes.starts_with(start))
}

/// Word by content: an OLE file with the stream `WordDocument`, or a zip with `word/document.xml`.
fn word_kind(bytes: &[u8]) -> Option<&'static str> {
    let stream: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) && contains(bytes, &stream) {
        return Some(MSWORD);
    }
    (bytes.starts_with(b"PK\x03\x04") && contains(bytes, b"word/document.xml")).then_some(DOCX)
}

pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
