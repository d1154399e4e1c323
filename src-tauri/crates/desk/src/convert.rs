//! "Chuyển sang PDF": a Word file on a row becomes a PDF before it is signed (decision 1).

use crate::attach::MAX_FILE;
use crate::desk::Desk;
use crate::error::{DeskError, FileError};
use crate::ports::{ConvertError, ConverterInfo};
use crate::word::word_format;
use motcua_dossier::{Attachment, Dossier, DossierError, DossierId, WordOrigin};
use tokio_util::sync::CancellationToken;

impl Desk {
    /// Which program of this machine converts Word files. Starts nothing.
    ///
    /// # Errors
    /// There is none: `convertMissing`.
    pub async fn converter(&self) -> Result<ConverterInfo, DeskError> {
        Ok(self.converter.about().await?)
    }

    /// Makes a PDF of the Word file on a row. The PDF becomes the row's file, unsigned and with its own number of pages; the
    /// Word file stays with the dossier as its origin ([`WordOrigin`]) and is what [`Desk::restore_word`] puts back. It was
    /// born digital, so it stays a file and never a scan.
    ///
    /// # Errors
    /// No Word file on the row, or one with macros or a password, or broken; no program for it; it failed, took too long or
    /// was cancelled; the row's file was replaced meanwhile; the dossier does not allow it. The row is as before.
    pub async fn convert(
        &self,
        id: DossierId,
        component: u32,
        cancel: &CancellationToken,
    ) -> Result<Dossier, DeskError> {
        let before = self.own_file(id, component)?;
        if !before.is_word() {
            return Err(FileError::NotWord.into());
        }
        let word = self.held(&before.blob)?;
        word_format(&word)?;
        let pdf = self.converter.to_pdf(&word, cancel).await?;
        if pdf.len() > MAX_FILE {
            return Err(ConvertError::TooLarge.into());
        }
        let facts = motcua_pdf::inspect(&pdf).map_err(|_| ConvertError::Failed)?;
        if facts.pages == 0 || facts.encrypted || facts.active_content || facts.signatures > 0 {
            return Err(ConvertError::Failed.into());
        }
        let origin = WordOrigin {
            blob: before.blob,
            size: before.size,
            media_type: before.media_type.clone(),
            officer: self.officer(),
            at: self.clock.now(),
        };
        let attachment = Attachment {
            blob: self.vault.put_blob(&pdf)?,
            size: pdf.len() as u64,
            pages: facts.pages,
            media_type: "application/pdf".to_owned(),
            origin: Some(origin),
            ..before.clone()
        };
        self.swap(id, component, &before, attachment)
    }

    /// Puts the Word file back in the place of the PDF that was made of it; signatures on the PDF go with it.
    ///
    /// # Errors
    /// The row's file was not made of a Word file; it is already filed; the dossier does not allow it.
    pub async fn restore_word(&self, id: DossierId, component: u32) -> Result<Dossier, DeskError> {
        let before = self.own_file(id, component)?;
        let origin = before.origin.clone().ok_or(FileError::NotWord)?;
        if !self.vault.has_blob(&origin.blob)? {
            return Err(FileError::Missing.into());
        }
        let attachment = Attachment {
            blob: origin.blob,
            size: origin.size,
            pages: 0,
            media_type: origin.media_type,
            origin: None,
            signatures: vec![],
            ..before.clone()
        };
        self.swap(id, component, &before, attachment)
    }

    /// The file of a row that may change; a result is never a Word file.
    fn own_file(&self, id: DossierId, component: u32) -> Result<Attachment, DeskError> {
        let dossier = self.stored(id)?;
        if component == 0 {
            return Err(DossierError::NoSuchComponent(0).into());
        }
        self.may_capture(&dossier, component)?;
        let attachment = dossier.component(component)?.attachment.clone();
        let attachment = attachment.ok_or(DossierError::NothingAttached(component))?;
        if attachment.digitized.is_some() {
            return Err(DossierError::AlreadyDigitized(component).into());
        }
        Ok(attachment)
    }

    /// The row has another file from now on, when it still has the one before.
    fn swap(
        &self,
        id: DossierId,
        component: u32,
        before: &Attachment,
        attachment: Attachment,
    ) -> Result<Dossier, DeskError> {
        self.change(id, |change| {
            let row = change.row_mut(component)?;
            if row.attachment.as_ref() != Some(before) {
                return Err(FileError::Replaced.into());
            }
            row.attachment = Some(attachment);
            Ok(())
        })
    }
}
