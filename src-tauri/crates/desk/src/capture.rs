//! Scanning into a row: every page is durable before it is shown, a fault costs no page.

use crate::desk::Desk;
use crate::error::{CaptureError, DeskError, FileError};
use crate::ports::{
    Batch, CaptureDraft, CapturedPage, ColorMode, PageFormat, RawPage, ScanError, ScanFault, ScanRequest,
    ScannerInfo, ScannerSource,
};
use motcua_dossier::{Attachment, AttachmentSource, BlobId, Dossier, DossierError, DossierId, DossierState};
use motcua_pdf::{AssembleInfo, PageImage};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) const SCANNER_SETTING: &str = "scanner";
const LABEL_SETTING: &str = "scanner_label";

pub(crate) const JPEG_QUALITY: u8 = 85;
const THUMBNAIL_SIDE: u32 = 240;

/// How to scan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScanOptions {
    /// Glass or feeder.
    pub source: ScannerSource,
    /// Colour, or grey by a confirmed choice (decision 15).
    pub mode: ColorMode,
    /// Dots per inch, at least 200.
    pub dpi: u32,
    /// Stop after so many pages.
    pub max_pages: u32,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { source: ScannerSource::Auto, mode: ColorMode::Color, dpi: 200, max_pages: 200 }
    }
}

impl Desk {
    /// Lists the scanners. May take long; never called on the way to a scan.
    ///
    /// # Errors
    /// No scanner system, cancelled.
    pub async fn scanners(&self, cancel: &CancellationToken) -> Result<Vec<ScannerInfo>, DeskError> {
        let found = self.scanner.list(cancel).await?;
        self.live().scanner_labels = found.iter().map(|s| (s.id.clone(), s.label.clone())).collect();
        // Without an open vault none is chosen.
        if let Ok(Some(chosen)) = self.chosen_scanner().await
            && let Some(seen) = found.iter().find(|s| s.id == chosen)
            && self.scanner_label().await? != Some(seen.label.clone())
        {
            self.choose_scanner(&chosen).await?;
        }
        Ok(found)
    }

    /// What people call the scanner of this counter, once it was seen in a list.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn scanner_label(&self) -> Result<Option<String>, DeskError> {
        Ok(self.vault.setting(LABEL_SETTING)?.filter(|label| !label.is_empty()))
    }

    /// The scanner this counter uses.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn chosen_scanner(&self) -> Result<Option<String>, DeskError> {
        Ok(self.vault.setting(SCANNER_SETTING)?)
    }

    /// Remembers the scanner this counter uses.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn choose_scanner(&self, id: &str) -> Result<(), DeskError> {
        let _writing = self.writing();
        let listed = self.live().scanner_labels.get(id).cloned();
        let label = match listed {
            Some(label) => label,
            None if self.vault.setting(SCANNER_SETTING)?.as_deref() == Some(id) => return Ok(()),
            None => String::new(),
        };
        let settings = vec![(SCANNER_SETTING.to_owned(), id.to_owned()), (LABEL_SETTING.to_owned(), label)];
        self.vault.commit(&Batch { settings, ..Batch::default() })?;
        Ok(())
    }

    /// Scans into a row (0 is the result) and appends to what was captured before. `on_page` is told the
    /// position and the page only after both are durable. Cancelling is an outcome: the pages so far come back.
    ///
    /// # Errors
    /// The device's fault; every page shown before it stays captured.
    pub async fn scan(
        &self,
        id: DossierId,
        component: u32,
        options: &ScanOptions,
        on_page: &(dyn Fn(u32, &CapturedPage) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<CaptureDraft, DeskError> {
        self.may_capture(&self.stored(id)?, component)?;
        let device = self.vault.setting(SCANNER_SETTING)?.ok_or(CaptureError::NoScanner)?;
        let request = ScanRequest {
            options: self.office.scanner_options.get(&device).cloned().unwrap_or_default(),
            device,
            dpi: options.dpi.max(200),
            mode: options.mode,
            source: options.source,
            max_pages: options.max_pages.max(1),
        };
        let stop = cancel.child_token();
        let (sender, mut pages) = mpsc::channel(2);
        let keep = async {
            let mut kept = 0u32;
            while let Some(raw) = pages.recv().await {
                match self.keep_page(id, component, raw) {
                    Ok((index, page)) => {
                        kept += 1;
                        on_page(index, &page);
                    }
                    Err(error) => {
                        stop.cancel();
                        return Err(error);
                    }
                }
            }
            Ok(kept)
        };
        let (scanned, kept) = tokio::join!(self.scanner.scan(&request, sender, &stop), keep);
        let kept = kept?;
        match scanned {
            Ok(_) | Err(ScanError::Cancelled) => {}
            Err(ScanError::Fault(ScanFault::NoPaper)) if kept > 0 => {}
            Err(error @ (ScanError::Fault(_) | ScanError::NoSystem)) => return Err(error.into()),
        }
        self.captured(id, component)
    }

    /// Pages captured for a row and not yet a PDF.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn capture(&self, id: DossierId, component: u32) -> Result<CaptureDraft, DeskError> {
        self.captured(id, component)
    }

    /// Takes a page out; [`Desk::restore_page`] puts it back in this session.
    ///
    /// # Errors
    /// No such page.
    pub async fn remove_page(
        &self,
        id: DossierId,
        component: u32,
        index: u32,
    ) -> Result<CaptureDraft, DeskError> {
        self.change_capture(id, component, |pages, desk| {
            let at = position(index, pages.len())?;
            let page = pages.remove(at);
            desk.live().removed_pages.insert((id, component, page.image), page);
            Ok(())
        })
    }

    /// Puts a removed page back at its position, once, into the paper it was taken from.
    ///
    /// # Errors
    /// The page was not removed from this paper in this session, or is back already.
    pub async fn restore_page(
        &self,
        id: DossierId,
        component: u32,
        index: u32,
        image: &BlobId,
    ) -> Result<CaptureDraft, DeskError> {
        let key = (id, component, *image);
        let mut taken = None;
        let done = self.change_capture(id, component, |pages, desk| {
            let page = desk.live().removed_pages.remove(&key).ok_or(CaptureError::NoSuchPage)?;
            taken = Some(page.clone());
            let at = usize::try_from(index).unwrap_or(usize::MAX).min(pages.len());
            pages.insert(at, page);
            Ok(())
        });
        if done.is_err()
            && let Some(page) = taken
        {
            // The disk refused: the page can still be put back later.
            self.live().removed_pages.insert(key, page);
        }
        done
    }

    /// Moves a page to another position.
    ///
    /// # Errors
    /// No such page.
    pub async fn move_page(
        &self,
        id: DossierId,
        component: u32,
        from: u32,
        to: u32,
    ) -> Result<CaptureDraft, DeskError> {
        self.change_capture(id, component, |pages, _| {
            let (from, to) = (position(from, pages.len())?, position(to, pages.len())?);
            let page = pages.remove(from);
            pages.insert(to, page);
            Ok(())
        })
    }

    /// Throws the captured pages of a row away.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn discard_capture(&self, id: DossierId, component: u32) -> Result<Dossier, DeskError> {
        {
            let _writing = self.writing();
            let empty = CaptureDraft { dossier: id, component, pages: vec![] };
            self.vault.commit(&Batch { captures: vec![empty], ..Batch::default() })?;
        }
        self.stored(id)
    }

    /// Makes the captured pages one PDF and attaches it; what was attached before is replaced.
    ///
    /// # Errors
    /// No pages; the row is already in the outbox; the dossier does not allow it.
    pub async fn finish_capture(&self, id: DossierId, component: u32) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        self.may_capture(&dossier, component)?;
        let draft = self.captured(id, component)?;
        if draft.pages.is_empty() {
            return Err(CaptureError::NoPages.into());
        }
        let mut images = Vec::with_capacity(draft.pages.len());
        for page in &draft.pages {
            images.push(PageImage {
                jpeg: self.held(&page.image)?,
                width: page.width,
                height: page.height,
                gray: page.gray,
                dpi: page.dpi,
            });
        }
        let dpi = draft.pages.iter().map(|p| p.dpi).min().unwrap_or(200);
        let title = row_title(&dossier, component);
        let attachment = self.assembled(&images, &title, AttachmentSource::Scan { dpi })?;
        self.put_attachment(id, component, attachment, Some(&draft))
    }

    /// Pages to one PDF, stored, as an attachment.
    pub(crate) fn assembled(
        &self,
        images: &[PageImage],
        title: &str,
        source: AttachmentSource,
    ) -> Result<Attachment, DeskError> {
        let mut seed = [0u8; 16];
        self.random.fill(&mut seed);
        let info = AssembleInfo { title: title.to_owned(), at: self.clock.now().in_vietnam(), seed };
        let pdf = motcua_pdf::assemble(images, &info).map_err(|_| FileError::Broken)?;
        Ok(Attachment {
            blob: self.vault.put_blob(&pdf)?,
            size: pdf.len() as u64,
            pages: u32::try_from(images.len()).unwrap_or(u32::MAX),
            media_type: "application/pdf".to_owned(),
            source,
            signatures: vec![],
            digitized: None,
            metadata: None,
            origin: None,
        })
    }

    pub(crate) fn captured(&self, id: DossierId, component: u32) -> Result<CaptureDraft, DeskError> {
        let empty = CaptureDraft { dossier: id, component, pages: vec![] };
        Ok(self.vault.capture(id, component)?.unwrap_or(empty))
    }

    /// May the row take new content: a draft's row that is not filed, an accepted dossier's result, or a
    /// row whose paper cannot be had while the acceptance has not been sent.
    pub(crate) fn may_capture(&self, dossier: &Dossier, component: u32) -> Result<(), DeskError> {
        if component == 0 {
            return match dossier.state {
                DossierState::Accepted { .. } => Ok(()),
                DossierState::Draft
                | DossierState::Declined(_)
                | DossierState::SetAside(_)
                | DossierState::Completed { .. }
                | DossierState::Withdrawn { .. } => Err(DossierError::NotAccepted.into()),
            };
        }
        let row = dossier.component(component)?;
        if dossier.state != DossierState::Draft {
            self.may_replace(dossier, row)?;
        }
        match row.attachment.as_ref().and_then(|a| a.digitized) {
            Some((op, _)) if !self.is_refused(op)? => Err(DossierError::AlreadyDigitized(component).into()),
            _ => Ok(()),
        }
    }

    /// One page: encoded, its bytes durable, then the draft that names it.
    fn keep_page(
        &self,
        id: DossierId,
        component: u32,
        raw: RawPage,
    ) -> Result<(u32, CapturedPage), DeskError> {
        let gray = raw.format == PageFormat::Gray8;
        let (width, height) = (raw.width, raw.height);
        let jpeg = motcua_imaging::encode_jpeg(&raw.samples, width, height, gray, JPEG_QUALITY, raw.dpi)
            .map_err(|_| CaptureError::BadPage)?;
        let small = motcua_imaging::thumbnail(&raw.samples, width, height, gray, THUMBNAIL_SIDE)
            .map_err(|_| CaptureError::BadPage)?;
        drop(raw.samples);
        let page = CapturedPage {
            image: self.vault.put_blob(&jpeg)?,
            thumbnail: self.vault.put_blob(&small)?,
            width,
            height,
            dpi: raw.dpi,
            gray,
        };
        let kept = page.clone();
        let draft = self.change_capture(id, component, |pages, _| {
            pages.push(kept);
            Ok(())
        })?;
        Ok((u32::try_from(draft.pages.len() - 1).unwrap_or(u32::MAX), page))
    }

    fn change_capture(
        &self,
        id: DossierId,
        component: u32,
        act: impl FnOnce(&mut Vec<CapturedPage>, &Self) -> Result<(), DeskError>,
    ) -> Result<CaptureDraft, DeskError> {
        let _writing = self.writing();
        let mut draft = self.captured(id, component)?;
        act(&mut draft.pages, self)?;
        self.vault.commit(&Batch { captures: vec![draft.clone()], ..Batch::default() })?;
        Ok(draft)
    }
}

pub(crate) fn row_title(dossier: &Dossier, component: u32) -> String {
    dossier.component(component).map_or_else(|_| dossier.procedure_name.clone(), |row| row.name.clone())
}

fn position(index: u32, len: usize) -> Result<usize, CaptureError> {
    usize::try_from(index).ok().filter(|at| *at < len).ok_or(CaptureError::NoSuchPage)
}
