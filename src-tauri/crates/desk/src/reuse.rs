//! "Lấy từ kho": which papers of the owner fit, taking them, and the citizen's confirmation.

use crate::desk::Desk;
use crate::error::{DeskError, FileError, ReuseError, link_code};
use crate::identity::purpose_for;
use crate::papers::{disbelief, marks};
use crate::ports::{Batch, LinkError, Progress};
use crate::sign::RowProgress;
use motcua_dossier::{
    Attachment, AttachmentSource, BlobId, ComponentRow, Consent, ConsentMethod, DocumentId, DocumentSummary,
    Dossier, DossierError, DossierId, DossierState, Fit as Match, IdNumber, Party, Provenance, Reservation,
    Reuse, Timestamp, UnfitReason,
};
use tokio_util::sync::CancellationToken;

/// An answer of the warehouse this young is not asked for again.
const FRESH_MILLIS: i64 = 10_000;

/// How a paper goes with a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fit {
    /// Fits.
    Exact,
    /// Only the name is alike.
    Suggested,
    /// Found, but not usable; stable codes of the reasons.
    Unfit {
        /// Of [`crate::UNFIT_REASONS`].
        reasons: Vec<&'static str>,
    },
}

/// One paper offered for a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The paper as the warehouse lists it.
    pub summary: DocumentSummary,
    /// How it goes with the row.
    pub fits: Fit,
    /// Its file is on this machine.
    pub here: bool,
}

/// The papers of the owner, best first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offers {
    /// What was found.
    pub items: Vec<Offer>,
    /// When the warehouse was last asked; none if never.
    pub fetched_at: Option<Timestamp>,
    /// Why this is only what the machine knows; none when the warehouse answered now. Stable code.
    pub problem: Option<&'static str>,
}

/// What happened to one row at "Tự động cập nhật giấy tờ đã số hóa".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AutoOutcome {
    /// Exactly one paper fitted and was attached provisionally (or reserved while offline).
    Attached,
    /// So many fit, or need a confirmation of their own: an officer chooses.
    Ambiguous(u32),
    /// Nothing fits.
    None,
}

/// One row of [`AutoAttach`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AutoRow {
    /// Row number.
    pub component: u32,
    /// What happened.
    pub outcome: AutoOutcome,
}

/// Outcome of "Tự động cập nhật giấy tờ đã số hóa", for every row that was empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AutoAttach {
    /// Row by row.
    pub rows: Vec<AutoRow>,
    /// The officer stopped it: the rows that are not among `rows` were not reached.
    pub stopped: bool,
    /// The dossier afterwards.
    pub dossier: Dossier,
}

/// "Kho số hóa" badges: how many papers fit each row, as known on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Badges {
    /// When the warehouse was last asked; none if never.
    pub fetched_at: Option<Timestamp>,
    /// Row number and count.
    pub rows: Vec<(u32, u32)>,
}

impl Desk {
    /// Papers of the owner for a row: those that fit first, provincial before national, newest first;
    /// then what is only named alike; then what does not fit, with its reasons. Asks the warehouse when
    /// it can be reached, and falls back on what is known here.
    ///
    /// # Errors
    /// Unknown dossier or row, too long without contact, the vault is closed.
    pub async fn offers(&self, id: DossierId, component: u32) -> Result<Offers, DeskError> {
        let dossier = self.stored(id)?;
        let problem = self.refresh_papers(&dossier, FRESH_MILLIS).await?;
        self.within_grace()?;
        let (fetched_at, papers) = self.known_papers(&dossier.applicant.owner)?;
        let row = dossier.component(component)?;
        let mut items = Vec::with_capacity(papers.len());
        for summary in papers {
            let here = self.vault.has_blob(&summary.record.blob)?;
            let fits = match self.fit(row, &summary, &dossier.applicant.owner) {
                Match::Exact => Fit::Exact,
                Match::Suggested => Fit::Suggested,
                Match::Unfit(reasons) => {
                    Fit::Unfit { reasons: reasons.into_iter().map(UnfitReason::code).collect() }
                }
            };
            items.push(Offer { summary, fits, here });
        }
        items.sort_by_key(|o| {
            let fit = match o.fits {
                Fit::Exact => 0u8,
                Fit::Suggested => 1,
                Fit::Unfit { .. } => 2,
            };
            let said = &o.summary.record.metadata;
            (fit, rank(o.summary.provenance), std::cmp::Reverse((said.issued_on, o.summary.filed_at)))
        });
        Ok(Offers { items, fetched_at, problem })
    }

    /// How many papers known here fit each row; asks nobody.
    ///
    /// # Errors
    /// Unknown dossier, the vault is closed.
    pub async fn badges(&self, id: DossierId) -> Result<Badges, DeskError> {
        let dossier = self.stored(id)?;
        let owner = &dossier.applicant.owner;
        let (fetched_at, papers) = self.known_papers(owner)?;
        let count = |row: &ComponentRow| {
            let fitting = papers.iter().filter(|p| self.fit(row, p, owner) == Match::Exact).count();
            (row.number, u32::try_from(fitting).unwrap_or(u32::MAX))
        };
        Ok(Badges { fetched_at, rows: dossier.components.iter().map(count).collect() })
    }

    /// "Tự động cập nhật giấy tờ đã số hóa": every empty row for which exactly one provincial paper fits
    /// gets it, provisionally; several are left to the officer, and so is a national one. A cancel leaves
    /// the row that was under way, and those after it, as they were.
    ///
    /// # Errors
    /// Not a draft; as [`Desk::offers`]. A paper whose file is refused leaves its row empty and the refusal
    /// is the error, after the other rows were served.
    pub async fn auto_attach(
        &self,
        id: DossierId,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<AutoAttach, DeskError> {
        let mut dossier = self.stored(id)?;
        if dossier.state != DossierState::Draft {
            return Err(DossierError::NotDraft.into());
        }
        let owner = dossier.applicant.owner.clone();
        let asked = cancel.run_until_cancelled(self.refresh_papers(&dossier, FRESH_MILLIS)).await;
        asked.transpose()?;
        self.within_grace()?;
        let (_, papers) = self.known_papers(&owner)?;
        let mut open = vec![];
        for row in &dossier.components {
            if row.is_empty() && self.captured(id, row.number)?.pages.is_empty() {
                open.push(row.clone());
            }
        }
        let total = u32::try_from(open.len()).unwrap_or(u32::MAX);
        let (mut rows, mut refused, mut stopped) = (vec![], None, false);
        for (done, row) in (0u32..).zip(open) {
            stopped = cancel.is_cancelled();
            if stopped {
                break;
            }
            let tell = |received, size| {
                on_progress(RowProgress { component: row.number, done, total, received, size });
            };
            tell(0, 0);
            let used: Vec<DocumentId> = dossier.reused().map(|r| r.document).collect();
            let fitting: Vec<&DocumentSummary> = papers
                .iter()
                .filter(|p| self.fit(&row, p, &owner) == Match::Exact && !used.contains(&p.record.id))
                .collect();
            let provincial: Vec<&&DocumentSummary> =
                fitting.iter().filter(|p| p.provenance == Provenance::Provincial).collect();
            let outcome = match (provincial.as_slice(), fitting.len()) {
                (_, 0) => AutoOutcome::None,
                ([one], _) => {
                    match self.take_with(id, row.number, one.record.id, None, &tell, cancel).await {
                        Ok(changed) => {
                            dossier = changed;
                            AutoOutcome::Attached
                        }
                        Err(DeskError::Link(LinkError::Cancelled)) => {
                            stopped = true;
                            break;
                        }
                        Err(error @ (DeskError::File(_) | DeskError::Reuse(_))) => {
                            refused.get_or_insert(error);
                            AutoOutcome::None
                        }
                        Err(error) => return Err(error),
                    }
                }
                ([], national) => AutoOutcome::Ambiguous(u32::try_from(national).unwrap_or(u32::MAX)),
                (several, _) => AutoOutcome::Ambiguous(u32::try_from(several.len()).unwrap_or(u32::MAX)),
            };
            rows.push(AutoRow { component: row.number, outcome });
        }
        match refused {
            Some(error) if !stopped && rows.iter().all(|r| r.outcome == AutoOutcome::None) => Err(error),
            _ => Ok(AutoAttach { rows, stopped, dossier }),
        }
    }

    /// Takes a paper for a row. Its file is fetched unless it is here, and verified before it is
    /// attached; without contact the row is reserved and filled by itself later. A national paper needs
    /// the citizen's own confirmation before the fetch; it is recorded with the paper, never without it.
    ///
    /// # Errors
    /// The paper is unknown or unfit, its file is refused with the reason, the confirmation is missing, the
    /// officer stopped. The dossier is as before then.
    pub async fn take(
        &self,
        id: DossierId,
        component: u32,
        document: DocumentId,
        national_confirmed: Option<ConsentMethod>,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Dossier, DeskError> {
        let tell = |received, size| on_progress(RowProgress { component, done: 0, total: 1, received, size });
        self.take_with(id, component, document, national_confirmed, &tell, cancel).await
    }

    async fn take_with(
        &self,
        id: DossierId,
        component: u32,
        document: DocumentId,
        national_confirmed: Option<ConsentMethod>,
        on_bytes: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        self.may_capture(&dossier, component)?;
        self.within_grace()?;
        let row = dossier.component(component)?;
        let owner = &dossier.applicant.owner;
        let paper = self.known_paper(owner, document)?;
        if let Match::Unfit(reasons) = self.fit(row, &paper, owner) {
            return Err(ReuseError::Unfit(reasons.into_iter().map(UnfitReason::code).collect()).into());
        }
        let covered = |c: &Consent| c.national && c.documents.contains(&document);
        let own_consent = paper.provenance != Provenance::Provincial;
        if own_consent && national_confirmed.is_none() && !dossier.consents.iter().any(covered) {
            return Err(ReuseError::ConsentMissing.into());
        }
        let confirmed = national_confirmed.map(|method| Consent {
            at: self.clock.now(),
            method,
            officer: self.officer(),
            documents: vec![document],
            national: true,
        });
        let reuse = Reuse { document, version: paper.version, provenance: paper.provenance };
        let size = paper.record.size;
        let tell = |received: u64, _: u64| on_bytes(received, size);
        tell(0, size);
        let attached =
            self.fetch_verified(&paper.record.blob, &reuse, paper.record.pages, &tell, cancel).await;
        let (attachment, reservation) = match attached {
            Ok(attachment) => (Some(attachment), None),
            Err(DeskError::Link(
                LinkError::Offline
                | LinkError::Trouble { .. }
                | LinkError::Intercepted
                | LinkError::Unauthorized
                | LinkError::Revoked,
            )) => (None, Some(Reservation { reuse, blob: paper.record.blob, problem: None })),
            Err(DeskError::Link(LinkError::Refused(_))) => return Err(ReuseError::FileGone.into()),
            Err(error) => return Err(error),
        };
        if cancel.is_cancelled() {
            return Err(LinkError::Cancelled.into());
        }
        self.change(id, |change| {
            // The fetch took its time: the owner may be another one by now, the row filed or sent.
            let owner = change.dossier.applicant.owner.clone();
            let paper = self.known_paper(&owner, document)?;
            let row = change.row_mut(component)?;
            if let Match::Unfit(reasons) = self.fit(row, &paper, &owner) {
                return Err(ReuseError::Unfit(reasons.into_iter().map(UnfitReason::code).collect()).into());
            }
            change.fill(component, attachment, reservation)?;
            if own_consent && !change.dossier.consents.iter().any(covered) {
                change.dossier.consents.push(confirmed.ok_or(ReuseError::ConsentMissing)?);
            }
            Ok(())
        })
    }

    /// Records that the citizen confirmed the reuse: of `documents`, or of every paper that waits for it.
    ///
    /// # Errors
    /// Neither a draft nor an acceptance that has not left; nothing waits for a confirmation.
    pub async fn confirm_reuse(
        &self,
        id: DossierId,
        method: ConsentMethod,
        documents: Option<Vec<DocumentId>>,
    ) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        if dossier.state != DossierState::Draft && self.open_acceptance(id)?.is_none() {
            return Err(DossierError::NotDraft.into());
        }
        let mut waiting = dossier.unconfirmed_reuse();
        if let Some(chosen) = documents {
            waiting.retain(|d| chosen.contains(d));
        }
        waiting.dedup();
        if waiting.is_empty() {
            return Err(ReuseError::NothingToConfirm.into());
        }
        let officer = self.officer();
        self.change(id, |change| {
            let consent = Consent { at: change.now, method, officer, documents: waiting, national: false };
            change.dossier.consents.push(consent);
            Ok(())
        })
    }

    /// Brings the file of one of the owner's papers to this machine, verified, to be looked at before it is
    /// taken; nothing is attached and no use is counted. A national paper is not fetched for that unless
    /// the citizen confirmed it.
    ///
    /// # Errors
    /// The paper is unknown, not confirmed, its file is refused or cannot be had, the officer stopped.
    pub async fn bring_paper(
        &self,
        id: DossierId,
        document: DocumentId,
        on_bytes: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<BlobId, DeskError> {
        let dossier = self.stored(id)?;
        self.within_grace()?;
        let paper = self.known_paper(&dossier.applicant.owner, document)?;
        let blob = paper.record.blob;
        if self.vault.has_blob(&blob)? {
            return Ok(blob);
        }
        let covered = |c: &Consent| c.national && c.documents.contains(&document);
        if paper.provenance != Provenance::Provincial && !dossier.consents.iter().any(covered) {
            return Err(ReuseError::ConsentMissing.into());
        }
        let reuse = Reuse { document, version: paper.version, provenance: paper.provenance };
        match self.fetch_verified(&blob, &reuse, paper.record.pages, on_bytes, cancel).await {
            Ok(_) => Ok(blob),
            Err(DeskError::Link(LinkError::Refused(_))) => Err(ReuseError::FileGone.into()),
            Err(error) => Err(error),
        }
    }

    /// The file of a paper, here or fetched, verified, as an attachment.
    pub(crate) async fn fetch_verified(
        &self,
        blob: &BlobId,
        reuse: &Reuse,
        pages: u32,
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Attachment, DeskError> {
        let (bytes, fetched) = match self.vault.blob(blob)? {
            Some(bytes) => (bytes, false),
            None => (self.warehouse.fetch(blob, progress, cancel).await?, true),
        };
        let report = self.check_signatures(&bytes)?;
        if let Some(reason) = disbelief(&report) {
            return Err(reason.into());
        }
        if cancel.is_cancelled() {
            return Err(LinkError::Cancelled.into());
        }
        // Also when it is here: it is wanted again, and nobody seals it meanwhile.
        if self.vault.put_blob(&bytes)? != *blob {
            return Err(FileError::ChangedAfterSigning.into());
        }
        if fetched {
            self.note_fetched(*blob)?;
        }
        Ok(Attachment {
            blob: *blob,
            size: bytes.len() as u64,
            pages: motcua_pdf::inspect(&bytes).map_or(pages, |facts| facts.pages),
            media_type: "application/pdf".to_owned(),
            source: AttachmentSource::Warehouse(reuse.clone()),
            signatures: marks(&report, &*self.vault.reference()?, None, self.clock.now()),
            digitized: None,
            metadata: None,
            origin: None,
        })
    }

    /// Asks the warehouse for the owner's papers unless it was asked less than `fresh` milliseconds ago.
    /// Says why it did not answer; that is no error here.
    pub(crate) async fn refresh_papers(
        &self,
        dossier: &Dossier,
        fresh: i64,
    ) -> Result<Option<&'static str>, DeskError> {
        let owner = &dossier.applicant.owner;
        let mut numbers = self.known_numbers(owner)?;
        let (asked, _) = self.vault.documents(&numbers)?;
        let now = self.clock.now();
        let stale = self.live().stale_papers.remove(&owner.number);
        if !stale
            && self.live().online == Some(true)
            && asked.is_some_and(|at| (0..fresh).contains(&(now.0 - at.0)))
        {
            return Ok(None);
        }
        // A paper may name a further number of the same person; its papers are asked for once more.
        for _ in 0..2 {
            let papers = match self.warehouse.documents(&numbers, purpose_for(dossier)).await {
                Ok(papers) => papers,
                Err(error) => {
                    // A warehouse in trouble is not a missing network.
                    if error.ends_contact() {
                        let mut live = self.live();
                        (live.online, live.trouble) = (Some(false), Some(link_code(&error)));
                    }
                    return Ok(Some(link_code(&error)));
                }
            };
            self.note_admitted()?;
            self.keep_papers(&numbers, papers, now)?;
            let more = self.known_numbers(owner)?;
            if more.len() == numbers.len() {
                break;
            }
            numbers = more;
        }
        Ok(None)
    }

    fn keep_papers(
        &self,
        numbers: &[IdNumber],
        papers: Vec<DocumentSummary>,
        at: Timestamp,
    ) -> Result<(), DeskError> {
        let mut lists: Vec<(IdNumber, Timestamp, Vec<DocumentSummary>)> =
            numbers.iter().map(|n| (n.clone(), at, vec![])).collect();
        for paper in papers {
            let place = lists.iter().position(|(n, _, _)| paper.record.owner.contains(n)).unwrap_or(0);
            if let Some(list) = lists.get_mut(place) {
                list.2.push(paper);
            }
        }
        let _writing = self.writing();
        self.vault.commit(&Batch { documents: lists, ..Batch::default() })?;
        let mut live = self.live();
        (live.online, live.trouble) = (Some(true), None);
        live.last_contact = Some(at);
        Ok(())
    }

    /// The party's numbers and those its known papers name beside them.
    fn known_numbers(&self, owner: &Party) -> Result<Vec<IdNumber>, DeskError> {
        let mut numbers = owner.numbers();
        for paper in self.vault.documents(&numbers)?.1 {
            for number in paper.record.owner {
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        Ok(numbers)
    }

    fn known_papers(&self, owner: &Party) -> Result<(Option<Timestamp>, Vec<DocumentSummary>), DeskError> {
        let (at, mut papers) = self.vault.documents(&self.known_numbers(owner)?)?;
        let mut seen = std::collections::HashSet::new();
        papers.retain(|p| seen.insert(p.record.id));
        Ok((at, papers))
    }

    pub(crate) fn known_paper(
        &self,
        owner: &Party,
        document: DocumentId,
    ) -> Result<DocumentSummary, DeskError> {
        let (_, papers) = self.known_papers(owner)?;
        Ok(papers.into_iter().find(|p| p.record.id == document).ok_or(ReuseError::UnknownDocument)?)
    }

    fn fit(&self, row: &ComponentRow, paper: &DocumentSummary, owner: &Party) -> Match {
        row.fit(paper, owner, &self.office.agency_name, self.clock.now().day())
    }
}

fn rank(provenance: Provenance) -> u8 {
    match provenance {
        Provenance::Provincial => 0,
        Provenance::National => 1,
        Provenance::NationalNotSynced => 2,
    }
}
