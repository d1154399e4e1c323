//! Dossiers that come through the portal (inventory G): the list of what waits, opening one with its files, and the rule
//! for agencies' dossiers (I-02 to I-04).
//!
//! The list is kept as it was heard last, so that it is there without a line; to open one takes a contact. Whoever
//! opens one works on it alone until it is accepted or declined.

use crate::attach::extra_row;
use crate::desk::Desk;
use crate::error::{DeskError, OfficeProblem};
use crate::intake::NewDossier;
use crate::ports::{Batch, Lease, LinkError};
use crate::sign::RowProgress;
use crate::sync::{OnEvent, SyncEvent};
use motcua_dossier::{
    AgencyDefect, Consent, ConsentMethod, Day, DocumentId, Dossier, DossierError, DossierId, DossierState,
    EvidenceSource, IdentityCheck, Provenance, RuleKey, Submission,
};
use motcua_wire::{LeaseDossier, MAX_PAGE, MAX_TEXT, WaitingSubmission};
use std::collections::BTreeSet;
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
            if self.vault.dossier(item.id)?.is_some_and(|here| !was_taken_back(&here)) {
                here.push(item.id);
            }
        }
        waiting.retain(|item| !here.contains(&item.id));
        let now = self.server_time();
        for item in &mut waiting {
            item.holder = item.holder.take().filter(|holder| holder.until > now);
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
    /// is told. One that is here already is left as it is. `force` takes it from the counter that looks into it.
    ///
    /// # Errors
    /// No contact; it is accepted or declined by now; another counter looks into it; its procedure is not known here; the
    /// officer stopped; the vault is closed or full. Nothing is opened then.
    pub async fn open_submission(
        &self,
        id: DossierId,
        force: bool,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        if let Some(dossier) = self.vault.dossier(id)?.filter(|here| !was_taken_back(here)) {
            return Ok(Opened { dossier, failed: vec![] });
        }
        let view = match self.warehouse.dossier(id).await {
            Err(LinkError::Offline) => return Err(OfficeProblem::SubmissionOffline.into()),
            view => view?.ok_or(OfficeProblem::SubmissionGone)?,
        };
        let waits = view.accepted.is_none() && view.declined.is_none();
        let sent = view.submitted.filter(|_| waits).ok_or(OfficeProblem::SubmissionGone)?;
        let mut dossier = self.draft(id, as_wished(&sent))?;
        let wish = LeaseDossier { officer: self.officer(), force };
        match self.warehouse.lease_dossier(id, view.version, &wish).await? {
            Lease::Ours(lease) => self.note_lease(id, Some(lease.until))?,
            Lease::Theirs(lease) => return Err(OfficeProblem::SubmissionHeld(lease.officer).into()),
        }
        dossier.server_version = view.version;
        // A pass of the sync gives back what nobody has on the table.
        self.live().open_work.insert(id);
        let opened = self.fill_in(dossier, &sent, on_progress, cancel).await;
        self.live().open_work.remove(&id);
        if opened.is_err() {
            // Whoever could not open it does not keep it from the others.
            drop(self.give_back(id).await);
        }
        opened
    }

    async fn fill_in(
        &self,
        mut dossier: Dossier,
        sent: &Submission,
        on_progress: &(dyn Fn(RowProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Opened, DeskError> {
        let (id, total) = (dossier.id, u32::try_from(sent.papers.len()).unwrap_or(u32::MAX));
        let (mut failed, mut reused) = (vec![], vec![]);
        let mut taken = BTreeSet::new();
        for (done, paper) in (0u32..).zip(&sent.papers) {
            let number = place_for(&mut dossier, &taken, paper.component, &paper.name);
            taken.insert(number);
            match &paper.source {
                EvidenceSource::File { blob, .. } => {
                    let tell = |received, size| {
                        on_progress(RowProgress { component: number, done, total, received, size });
                    };
                    tell(0, 0);
                    let bytes = match self.warehouse.fetch(blob, &tell, cancel).await {
                        Ok(bytes) => bytes,
                        Err(LinkError::Refused(_)) => {
                            failed.push((paper.name.clone(), "fileMissing"));
                            continue;
                        }
                        Err(error) => return Err(error.into()),
                    };
                    match self.attachment_of(&bytes, &paper.name) {
                        Ok(attachment) => dossier.component_mut(number)?.attachment = Some(attachment),
                        Err(error @ DeskError::File(_)) => failed.push((paper.name.clone(), error.code())),
                        Err(error) => return Err(error),
                    }
                }
                EvidenceSource::Warehouse { document, provenance, .. } => {
                    reused.push((number, *document, *provenance, paper.name.clone()));
                }
                EvidenceSource::Scan { .. } | EvidenceSource::Database { .. } | EvidenceSource::Absent => {}
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
                Some(here) if was_taken_back(&here) => {
                    dossier.revision = here.revision + 1;
                    (dossier.withdrawals, dossier.replaced) = (here.withdrawals, here.replaced);
                }
                Some(here) => return Ok(Opened { dossier: here, failed: vec![] }),
                None => {}
            }
            self.vault.commit(&Batch { dossiers: vec![dossier.clone()], ..Batch::default() })?;
        }
        for (number, document, provenance, name) in reused {
            match self.take_chosen(id, number, document, provenance, sent, cancel).await {
                Ok(taken) => dossier = taken,
                Err(error) => failed.push((name, error.code())),
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
        sent: &Submission,
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
                at: sent.sent_at,
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
            return Err(crate::error::IntakeError::TextTooLong.into());
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

/// Its acceptance was taken back before it left: at the warehouse it waits as before.
fn was_taken_back(dossier: &Dossier) -> bool {
    matches!(dossier.state, DossierState::Withdrawn { .. })
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

/// The row a paper was sent for that has none yet, by its number and else by its name; a row of its own where there is none.
fn place_for(dossier: &mut Dossier, taken: &BTreeSet<u32>, component: u32, name: &str) -> u32 {
    let free = |row: &&motcua_dossier::ComponentRow| !taken.contains(&row.number);
    let rows = &dossier.components;
    let by_number = rows.iter().filter(free).find(|row| row.number == component);
    if let Some(row) = by_number.or_else(|| rows.iter().filter(free).find(|row| row.name == name)) {
        return row.number;
    }
    let number = rows.iter().map(|row| row.number).max().unwrap_or(0) + 1;
    dossier.components.push(extra_row(number, name.to_owned()));
    number
}
