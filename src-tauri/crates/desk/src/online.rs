//! Dossiers that come through the portal (inventory G): the list of what waits, opening one with its files, and the rule
//! for agencies' dossiers (I-02 to I-04).
//!
//! The list is kept as it was heard last, so that it is there without a line; to open one takes a contact. Whoever
//! opens one works on it alone until it is accepted or declined.

use crate::attach::extra_row;
use crate::desk::Desk;
use crate::error::{DeskError, IntakeError, OfficeProblem};
use crate::intake::NewDossier;
use crate::office::succeeds;
use crate::ports::{Batch, Lease, LinkError};
use crate::sign::RowProgress;
use crate::sync::{OnEvent, SyncEvent};
use motcua_dossier::{
    AgencyDefect, AsideWhy, Attachment, BlobId, Consent, ConsentMethod, Day, DocumentId, Dossier,
    DossierError, DossierId, DossierState, EvidenceSource, IdentityCheck, Provenance, RuleKey, Submission,
    Timestamp,
};
use motcua_wire::{DossierView, LeaseDossier, MAX_PAGE, MAX_TEXT, WaitingSubmission};
use tokio_util::sync::CancellationToken;

/// The list as it was heard last.
const SUBMISSIONS: &str = "submissions";

/// Dossiers of the list that are kept at most; the oldest wait first.
const MOST: usize = 2_000;

/// A dossier of the portal that was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// With everything that could be put onto its rows.
    pub dossier: Dossier,
    /// Names of papers that could not, each with the stable code of the reason.
    pub failed: Vec<(String, &'static str)>,
}

impl Desk {
    /// What was sent to the office and waits, oldest first, as it was heard last. One that is open at this counter is
    /// among its drafts instead.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn submissions(&self) -> Result<Vec<WaitingSubmission>, DeskError> {
        let mut waiting = self.heard()?.unwrap_or_default();
        let mut here = vec![];
        for item in &waiting {
            if self.vault.dossier(item.id)?.is_some_and(|here| !waits_again(&here)) {
                here.push(item.id);
            }
        }
        waiting.retain(|item| !here.contains(&item.id));
        let (now, device) = (self.server_time(), self.vault.counter()?.device);
        for item in &mut waiting {
            // What this counter held and gave back is held by nobody, though that was not heard yet.
            item.holder = item.holder.take().filter(|h| h.until > now && h.device != device);
        }
        waiting.sort_by_key(|item| (item.submission.sent_at, item.id));
        Ok(waiting)
    }

    fn heard(&self) -> Result<Option<Vec<WaitingSubmission>>, DeskError> {
        Ok(self.vault.setting(SUBMISSIONS)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// One of these is in the list, or there is no list yet.
    pub(crate) fn lists_any(&self, ids: impl IntoIterator<Item = DossierId>) -> Result<bool, DeskError> {
        let Some(heard) = self.heard()? else { return Ok(true) };
        Ok(ids.into_iter().any(|id| heard.iter().any(|item| item.id == id)))
    }

    /// Asks for the list anew. A warehouse of before there were portals has none.
    pub(crate) async fn refresh_submissions(&self, on_event: OnEvent<'_>) -> Result<(), DeskError> {
        let (mut waiting, mut after) = (vec![], None);
        loop {
            let page = match self.warehouse.submissions(after, MAX_PAGE).await {
                Ok(page) => page,
                // What was heard before stays, and colleagues' news go on.
                Err(error) if !error.ends_contact() => {
                    tracing::warn!(%error, "the list of what was sent cannot be had");
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            waiting.extend(page.items);
            after = page.next;
            if after.is_none() || waiting.len() >= MOST {
                break;
            }
        }
        waiting.truncate(MOST);
        if self.heard()?.as_ref() == Some(&waiting) {
            return Ok(());
        }
        let text = serde_json::to_string(&waiting).unwrap_or_default();
        {
            let _writing = self.writing();
            self.vault
                .commit(&Batch { settings: vec![(SUBMISSIONS.to_owned(), text)], ..Batch::default() })?;
        }
        on_event(SyncEvent::OfficeChanged);
        Ok(())
    }

    /// Opens a dossier of the list as a draft of this counter, with its files on their rows; what could not be put there
    /// is told. Of one that is here already, what did not come before is asked for again; one that was given back is as
    /// it was left. `force` takes it from the counter that looks into it.
    ///
    /// # Errors
    /// No contact; it is accepted or declined by now; the officer may not; another counter looks into it; the officer
    /// stopped; the vault is closed or full. Nothing is opened then.
    pub async fn open_submission(
        &self,
        id: DossierId,
        force: bool,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        let here = self.vault.dossier(id)?;
        if let Some(dossier) = here.clone().filter(|here| !waits_again(here)) {
            return self.fetch_sent(dossier, on_progress, cancel).await;
        }
        let view = match self.warehouse.dossier(id).await {
            Err(LinkError::Offline) => return Err(OfficeProblem::SubmissionOffline.into()),
            Ok(None) => return Err(self.why_not_shown(id).await?.into()),
            Ok(Some(view)) => view,
            Err(error) => return Err(error.into()),
        };
        let waits = view.accepted.is_none() && view.declined.is_none();
        let sent = view.submitted.clone().filter(|_| waits).ok_or(OfficeProblem::SubmissionGone)?;
        let mut dossier = self.draft_of(id, &sent)?;
        let wish = LeaseDossier { officer: self.officer(), force };
        match self.warehouse.lease_dossier(id, view.version, &wish).await? {
            Lease::Ours(lease) => self.note_lease(id, Some(lease.until))?,
            Lease::Theirs(lease) => {
                return Err(OfficeProblem::SubmissionHeld(self.name_of(&lease.officer)?).into());
            }
        }
        dossier.server_version = view.version;
        // A pass of the sync gives back what nobody has on the table.
        self.live().open_work.insert(id);
        let opened = match here.filter(was_given_back) {
            Some(_) => self.work_again(id, &view, on_progress, cancel).await,
            None => self.fill_in(dossier, &sent, on_progress, cancel).await,
        };
        self.live().open_work.remove(&id);
        if opened.is_err() {
            // Whoever could not open it does not keep it from the others.
            drop(self.give_back(id).await);
        }
        opened
    }

    /// The warehouse shows no such dossier: it is gone, or it waits and this officer's roles do not let him see it.
    async fn why_not_shown(&self, id: DossierId) -> Result<OfficeProblem, DeskError> {
        self.refresh_submissions(&|_| {}).await?;
        let waits = self.heard()?.is_some_and(|heard| heard.iter().any(|item| item.id == id));
        Ok(if waits { OfficeProblem::SubmissionNotAllowed } else { OfficeProblem::SubmissionGone })
    }

    /// As it begins. Where its procedure or case ended meanwhile, with what was sent alone: it can be read and declined.
    fn draft_of(&self, id: DossierId, sent: &Submission) -> Result<Dossier, DeskError> {
        match self.draft(id, as_wished(sent)) {
            Err(DeskError::Intake(IntakeError::UnknownProcedure | IntakeError::UnknownCase)) => {
                self.bare_draft(id, as_wished(sent))
            }
            draft => draft,
        }
    }

    /// It was given back here, and is opened here again: as it was left. One that a colleague accepted meanwhile stays so.
    async fn work_again(
        &self,
        id: DossierId,
        view: &DossierView,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        let dossier = self.change(id, |change| {
            if !was_given_back(&change.dossier) {
                return Ok(());
            }
            change.dossier.server_version = view.version;
            change.work_again()
        })?;
        if dossier.state != DossierState::Draft {
            return Ok(Opened { dossier, failed: vec![] });
        }
        self.fetch_sent(dossier, on_progress, cancel).await
    }

    async fn fill_in(
        &self,
        mut dossier: Dossier,
        sent: &Submission,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        let (id, total) = (dossier.id, u32::try_from(sent.papers.len()).unwrap_or(u32::MAX));
        let mut failed = vec![];
        let places = dossier.places(sent);
        for (number, paper) in places.iter().zip(&sent.papers) {
            if dossier.components.iter().all(|row| row.number != *number) {
                dossier.components.push(extra_row(*number, paper.name.clone()));
            }
        }
        for (done, (number, paper)) in (0u32..).zip(places.iter().zip(&sent.papers)) {
            let EvidenceSource::File { blob, .. } = &paper.source else { continue };
            let at = RowProgress { component: *number, done, total, received: 0, size: 0 };
            match self.fetch_file(blob, &paper.name, at, on_progress, cancel).await? {
                Ok(attachment) => dossier.component_mut(*number)?.attachment = Some(attachment),
                Err(code) => failed.push((paper.name.clone(), code)),
            }
        }
        if let Ok((check, _)) =
            self.ask_identity(&dossier.applicant.owner.number, motcua_wire::Purpose::Intake).await
        {
            dossier.identity = check;
        }
        dossier.submission = Some(Box::new(sent.clone()));
        {
            let _writing = self.writing();
            match self.vault.dossier(id)? {
                // It begins anew, and what was taken back stays known.
                Some(here) if waits_again(&here) => dossier = succeeds(dossier, here),
                Some(here) => return Ok(Opened { dossier: here, failed: vec![] }),
                None => {}
            }
            let settings = self.aside_with([], Some(id))?.into_iter().collect();
            self.vault.commit(&Batch { dossiers: vec![dossier.clone()], settings, ..Batch::default() })?;
        }
        // Cut here, the draft still says what it lacks, and these are asked for again.
        let chosen = self.take_all_chosen(dossier, cancel).await?;
        failed.extend(chosen.failed);
        Ok(Opened { dossier: chosen.dossier, failed })
    }

    /// Asks once more for what was sent with a draft and stands on no row of it.
    async fn fetch_sent(
        &self,
        mut dossier: Dossier,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        let (id, lacks) = (dossier.id, dossier.unfetched());
        let total = u32::try_from(lacks.len()).unwrap_or(u32::MAX);
        let mut failed = vec![];
        for (done, (number, paper)) in (0u32..).zip(&lacks) {
            let EvidenceSource::File { blob, .. } = &paper.source else { continue };
            let at = RowProgress { component: *number, done, total, received: 0, size: 0 };
            match self.fetch_file(blob, &paper.name, at, on_progress, cancel).await {
                Ok(Ok(attachment)) => {
                    dossier = self.change(id, |change| {
                        let free = change.dossier.unfetched().iter().any(|(row, _)| row == number);
                        if free {
                            if change.dossier.components.iter().all(|row| row.number != *number) {
                                change.dossier.components.push(extra_row(*number, paper.name.clone()));
                            }
                            change.dossier.component_mut(*number)?.attachment = Some(attachment);
                        }
                        Ok(())
                    })?;
                }
                Ok(Err(code)) => failed.push((paper.name.clone(), code)),
                // The draft is here whatever comes of this.
                Err(error @ DeskError::Link(_)) => failed.push((paper.name.clone(), error.code())),
                Err(error) => return Err(error),
            }
        }
        let chosen = self.take_all_chosen(dossier, cancel).await?;
        failed.extend(chosen.failed);
        Ok(Opened { dossier: chosen.dossier, failed })
    }

    /// A file that was sent, or the stable code of why it cannot be put onto a row.
    async fn fetch_file(
        &self,
        blob: &BlobId,
        name: &str,
        at: RowProgress,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Result<Attachment, &'static str>, DeskError> {
        on_progress(at);
        let tell = |received, size| on_progress(RowProgress { received, size, ..at });
        let bytes = match self.warehouse.fetch(blob, &tell, cancel).await {
            Ok(bytes) => bytes,
            Err(LinkError::Refused(_)) => return Ok(Err("fileMissing")),
            Err(error) => return Err(error.into()),
        };
        match self.attachment_of(&bytes, name) {
            Ok(attachment) => Ok(Ok(attachment)),
            Err(error @ DeskError::File(_)) => Ok(Err(error.code())),
            Err(error) => Err(error),
        }
    }

    /// Papers of the warehouse that were chosen by the sender and stand on no row yet.
    async fn take_all_chosen(
        &self,
        mut dossier: Dossier,
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        let (id, mut failed) = (dossier.id, vec![]);
        let sent_at = dossier.submission.as_ref().map_or(dossier.opened_at, |sent| sent.sent_at);
        for (number, paper) in dossier.unfetched() {
            let EvidenceSource::Warehouse { document, provenance, .. } = paper.source else { continue };
            match self.take_chosen(id, number, document, provenance, sent_at, cancel).await {
                Ok(taken) => dossier = taken,
                Err(error) => failed.push((paper.name, error.code())),
            }
        }
        Ok(Opened { dossier, failed })
    }

    /// A paper of the warehouse that the sender chose himself: that is his confirmation, of a provincial paper. A national
    /// one is asked for at the counter.
    async fn take_chosen(
        &self,
        id: DossierId,
        number: u32,
        document: DocumentId,
        provenance: Provenance,
        sent_at: Timestamp,
        cancel: &CancellationToken,
    ) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        self.refresh_papers(&dossier, 0).await?;
        let taken = self.take(id, number, document, None, &|_| {}, cancel).await?;
        if provenance != Provenance::Provincial {
            return Ok(taken);
        }
        let officer = self.officer();
        self.change(id, |change| {
            change.dossier.consents.push(Consent {
                at: sent_at,
                method: ConsentMethod::Portal,
                officer,
                documents: vec![document],
                national: false,
            });
            Ok(())
        })
    }

    /// A draft of the portal: it stays this counter's until it is accepted or declined.
    pub(crate) fn is_being_looked_into(&self, id: DossierId) -> Result<bool, DeskError> {
        let here = self.vault.dossier(id)?;
        Ok(here.is_some_and(|d| d.state == DossierState::Draft && d.submission.is_some()))
    }

    /// What an agency's dossier lacks by the rule of today; either allows it to be refused, and an officer decides
    /// (decision 8).
    ///
    /// # Errors
    /// The vault is closed.
    pub fn agency_defects(&self, dossier: &Dossier) -> Result<Vec<AgencyDefect>, DeskError> {
        let rule = self.vault.reference()?.rule(RuleKey::AgencyAccountFrom, self.clock.now().day());
        let never = || Day::parse("2024-09-11").ok();
        Ok(rule.day().or_else(never).map(|from| dossier.agency_defects(from)).unwrap_or_default())
    }

    /// Why an agency's dossier is accepted though the rule is not kept; empty takes that back.
    ///
    /// # Errors
    /// Not a draft; too long; the vault is closed.
    pub async fn set_exception(&self, id: DossierId, reason: &str) -> Result<Dossier, DeskError> {
        let reason = reason.trim().to_owned();
        if reason.chars().count() > MAX_TEXT {
            return Err(IntakeError::TextTooLong.into());
        }
        self.change(id, |change| {
            if change.dossier.state != DossierState::Draft {
                return Err(DossierError::NotDraft.into());
            }
            change.dossier.exception = Some(reason).filter(|reason| !reason.is_empty());
            Ok(())
        })
    }
}

/// Its acceptance was taken back before it left, or it was given back: at the warehouse it waits as before.
fn waits_again(dossier: &Dossier) -> bool {
    matches!(dossier.state, DossierState::Withdrawn { .. }) || was_given_back(dossier)
}

fn was_given_back(dossier: &Dossier) -> bool {
    matches!(&dossier.state, DossierState::SetAside(aside) if aside.why == AsideWhy::GivenBack)
}

fn as_wished(sent: &Submission) -> NewDossier {
    NewDossier {
        channel: sent.channel,
        return_method: sent.return_method,
        applicant: sent.applicant.clone(),
        identity: IdentityCheck::NotAsked,
        procedure: sent.procedure.clone(),
        case_code: sent.case_code.clone(),
    }
}
