//! Dossiers of the office that other counters took in: to be found, to be gone on with, by one counter at a time.
//!
//! Whoever opens an accepted dossier asks the warehouse to work on it alone (a lease). Another counter is told
//! who has it. Without the network work goes on; what two counters did to one dossier is then found by the warehouse and
//! put side by side (see [`crate::conflict`]). A lease is given back when the dossier is closed and everything this counter
//! did to it has left.

use crate::attach::extra_row;
use crate::desk::Desk;
use crate::error::{DeskError, OfficeProblem};
use crate::fees::merged;
use crate::intake::{as_meant, row_of};
use crate::ports::{Batch, Lease, LinkError, OfficeRows};
use crate::steps::merged_steps;
use crate::sync::{OnEvent, SyncEvent};
use motcua_dossier::{
    ComponentRow, Dossier, DossierId, DossierState, Holder, OfficeDossier, SearchQuery, Submission, TakenUp,
    Timestamp, Waiver,
};
use motcua_wire::{AcceptedDossier, ComponentEvidence, EvidenceSource, LeaseDossier};
use serde::{Deserialize, Serialize};

const LEASES: &str = "leases";
const HOUR: i64 = 60 * 60 * 1000;
/// A lease (eight hours) is renewed when less than this is left of it.
const RENEW: i64 = 7 * HOUR;
/// Most dossiers a list shows.
const LISTED: u32 = 200;

/// Who works on an open dossier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// Nobody else can: it is a draft, or done, or the warehouse does not have it yet.
    OnlyHere,
    /// This counter alone, by the warehouse's word.
    Held {
        /// Until then, unless it is renewed.
        until: Timestamp,
    },
    /// Another counter has it; what is done here may meet what is done there.
    Elsewhere(Holder),
    /// The warehouse cannot be asked now; what is done here may meet what is done elsewhere.
    Unasked,
}

/// A lease this counter holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    dossier: DossierId,
    until: Timestamp,
}

impl Desk {
    /// Dossiers of the office that other counters took in, newest first; found as this counter's own. When nothing was typed,
    /// those that were handed to somebody come first, however old they are.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn office_dossiers(&self, query: &str) -> Result<Vec<OfficeDossier>, DeskError> {
        let beside = self.beside_unsettled()?;
        if !query.trim().is_empty() {
            return as_meant(query, |query| {
                let words = SearchQuery::parse(query);
                let fits = |row: &&OfficeDossier| words.finds(&row.search_text());
                let mut found: Vec<OfficeDossier> = beside.iter().filter(fits).cloned().collect();
                found.extend(self.vault.office(query, LISTED)?);
                Ok(found)
            });
        }
        let mut found = self.vault.office_seated(LISTED)?;
        found.extend(beside);
        found.retain(|row| !row.phase.is_over());
        for row in self.vault.office("", LISTED)? {
            if !found.iter().any(|known| known.id == row.id) {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Goes on with a dossier that another counter took in: it is on this machine from now on, its papers stay in the
    /// warehouse. One that is here already is left as it is, unless it is a draft, or one that was taken back, that the office
    /// accepted elsewhere: papers this counter put onto that stay on this machine.
    ///
    /// # Errors
    /// Not known to the office; no contact; the vault is closed.
    pub async fn take_up(&self, id: DossierId) -> Result<Dossier, DeskError> {
        let row = self.vault.office_dossier(id)?;
        if let Some(here) = self.vault.dossier(id)?
            && (row.is_none() || self.stays(&here)?)
        {
            return Ok(here);
        }
        let row = row.ok_or(OfficeProblem::Unknown)?;
        let view = self.warehouse.dossier(id).await?.ok_or(OfficeProblem::Unknown)?;
        let accepted = view.accepted.ok_or(OfficeProblem::Unknown)?;
        let fees = self.warehouse.fees(id).await?;
        let steps = self.told_steps(id).await?;
        let returned_at = view.returned.map(|returned| returned.returned_at);
        let known = (row.procedure_name.as_str(), row.counter.as_str());
        let mut dossier =
            self.dossier_of(id, known, accepted, view.submitted, (view.version, returned_at))?;
        dossier.fees = fees.map(|there| merged(&[], &there)).unwrap_or_default();
        dossier.steps = steps.map(|there| merged_steps(&[], &there)).unwrap_or_default();
        let _writing = self.writing();
        if let Some(here) = self.vault.dossier(id)? {
            if self.stays(&here)? {
                return Ok(here);
            }
            dossier = succeeds(dossier, here);
        }
        let settings = self.aside_with([], Some(id))?.into_iter().collect();
        self.vault.commit(&Batch { dossiers: vec![dossier.clone()], settings, ..Batch::default() })?;
        Ok(dossier)
    }

    /// What the office says takes no place of it: it is settled here, or its acceptance was taken back and the warehouse has
    /// not answered that yet.
    fn stays(&self, here: &Dossier) -> Result<bool, DeskError> {
        let withdrawn = matches!(here.state, DossierState::Withdrawn { .. });
        Ok(!here.is_unsettled() || (withdrawn && self.has_unsent(here.id)?))
    }

    /// An accepted dossier as this machine has it. `known`: name of the procedure and of the counter, where they are known.
    pub(crate) fn dossier_of(
        &self,
        id: DossierId,
        (procedure_name, counter): (&str, &str),
        accepted: AcceptedDossier,
        submitted: Option<Submission>,
        (version, returned_at): (u64, Option<Timestamp>),
    ) -> Result<Dossier, DeskError> {
        let reference = self.vault.reference()?;
        let procedure = reference.procedures.iter().find(|p| p.code.same_procedure(&accepted.procedure));
        let rows = accepted.components.iter().map(|evidence| {
            let known = procedure.and_then(|p| p.components.iter().find(|c| c.number == evidence.number));
            let row = known.map_or_else(|| plain_row(evidence), row_of);
            let waiver = match &evidence.source {
                EvidenceSource::Database { database, note } => Some(Waiver {
                    database: database.clone(),
                    note: note.clone(),
                    officer: accepted.officer.clone(),
                    at: accepted.accepted_at,
                }),
                _ => None,
            };
            ComponentRow { name: evidence.name.clone(), waiver, ..row }
        });
        let (at, deadline) = (accepted.accepted_at, accepted.deadline.clone());
        Ok(Dossier {
            id,
            code: Some(accepted.code),
            channel: accepted.channel,
            return_method: accepted.return_method,
            applicant: accepted.applicant,
            identity: accepted.identity,
            procedure: accepted.procedure,
            procedure_name: procedure.map_or_else(|| procedure_name.to_owned(), |p| p.name.clone()),
            reference_version: accepted.reference_version,
            case_code: accepted.case_code,
            working_days: deadline.working_days,
            working_hours: deadline.working_hours,
            fee: accepted.fee,
            fees: vec![],
            steps: vec![],
            components: rows.collect(),
            consents: accepted.consents,
            reports: vec![],
            state: match returned_at {
                Some(returned) => DossierState::Completed { at: returned, accepted_at: at, deadline },
                None => DossierState::Accepted { at, deadline },
            },
            result: None,
            receipt: None,
            reprint: std::collections::BTreeSet::new(),
            submission: submitted.map(Box::new),
            exception: accepted.exception,
            guide_due: false,
            replaced: std::collections::BTreeSet::new(),
            withdrawals: vec![],
            corrections: vec![],
            taken_up: Some(TakenUp {
                counter: counter.to_owned(),
                officer: accepted.officer.clone(),
                at: self.clock.now(),
            }),
            former_papers: vec![],
            settlements: vec![],
            officer: accepted.officer,
            opened_at: at,
            server_version: version,
            revision: 1,
        })
    }

    /// A dossier is opened: this counter asks to work on it alone, and goes on asking while it is open. With `force` it
    /// takes it from another counter, which is recorded.
    ///
    /// # Errors
    /// Unknown dossier, the vault is closed. No contact is an outcome.
    pub async fn begin_work(&self, id: DossierId, force: bool) -> Result<Work, DeskError> {
        self.live().open_work.insert(id);
        let work = self.lease(id, force).await?;
        if matches!(work, Work::Held { .. } | Work::Elsewhere(_)) {
            self.hear_fees_and_steps(id).await?;
        }
        Ok(work)
    }

    /// Another counter may have taken money or steps meanwhile; without an answer what is known stays.
    pub(crate) async fn hear_fees_and_steps(&self, id: DossierId) -> Result<(), DeskError> {
        for told in [self.refresh_fees(id).await, self.refresh_steps(id).await] {
            match told {
                Ok(_) | Err(DeskError::Link(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// It is closed. The lease goes back at once, or when what was done here has left.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn end_work(&self, id: DossierId) -> Result<(), DeskError> {
        self.live().open_work.remove(&id);
        if self.live().online == Some(true) && !self.has_unsent(id)? {
            self.give_back(id).await?;
        }
        Ok(())
    }

    async fn lease(&self, id: DossierId, force: bool) -> Result<Work, DeskError> {
        let dossier = self.stored(id)?;
        let sent = dossier.state == DossierState::Draft && dossier.submission.is_some();
        if !(sent || matches!(dossier.state, DossierState::Accepted { .. })) || dossier.server_version == 0 {
            return Ok(Work::OnlyHere);
        }
        let now = self.server_time();
        if let Some(held) = self.leases()?.iter().find(|held| held.dossier == id)
            && held.until.0 - now.0 > RENEW
        {
            return Ok(Work::Held { until: held.until });
        }
        let device = self.vault.counter()?.device;
        let known = self.vault.office_dossier(id)?.and_then(|row| row.holder);
        if let Some(other) = known.filter(|other| other.device != device && other.until > now && !force) {
            return Ok(Work::Elsewhere(other));
        }
        if self.live().online == Some(false) {
            return Ok(Work::Unasked);
        }
        let wish = LeaseDossier { officer: self.officer(), force };
        let mut version = dossier.server_version;
        for _ in 0..2 {
            match self.warehouse.lease_dossier(id, version, &wish).await {
                Ok(Lease::Ours(lease)) => {
                    self.note_lease(id, Some(lease.until))?;
                    return Ok(Work::Held { until: lease.until });
                }
                Ok(Lease::Theirs(lease)) => {
                    self.note_lease(id, None)?;
                    let (device, officer, until) = (lease.device, lease.officer, lease.until);
                    return Ok(Work::Elsewhere(Holder { device, counter: String::new(), officer, until }));
                }
                Err(LinkError::Refused(code)) if code == "dossierChanged" => {
                    match self.look_again(id).await {
                        Ok(Some(_)) if sent => return Ok(Work::OnlyHere),
                        Ok(Some(newer)) => version = newer,
                        Ok(None) if sent => match self.hear_of_decline(id, &|_| {}).await {
                            Ok(Some(newer)) => version = newer,
                            Ok(None) => return Ok(Work::OnlyHere),
                            Err(DeskError::Link(_)) => break,
                            Err(error) => return Err(error),
                        },
                        Ok(None) | Err(DeskError::Link(_)) => break,
                        Err(error) => return Err(error),
                    }
                }
                // Restored, and not told of it again yet.
                Err(LinkError::Refused(_)) => return Ok(Work::OnlyHere),
                Err(_) => break,
            }
        }
        Ok(Work::Unasked)
    }

    /// The version the warehouse has now.
    async fn look_again(&self, id: DossierId) -> Result<Option<u64>, DeskError> {
        let rows = self.warehouse.office_dossiers(&[id]).await?;
        let Some(version) = rows.first().map(|row| row.version) else { return Ok(None) };
        let epoch = self.known_epoch()?.unwrap_or(0);
        self.know(OfficeRows { epoch, rows, complete: false }, vec![], &|_| {})?;
        Ok(Some(version))
    }

    /// The third part of a pass: leases of open dossiers are kept, those of closed ones go back when nothing of this
    /// counter's work on them is on its way any more.
    pub(crate) async fn tend_leases(&self, on_event: OnEvent<'_>) -> Result<(), DeskError> {
        let now = self.server_time();
        let open = self.live().open_work.clone();
        for held in self.leases()? {
            let id = held.dossier;
            if held.until <= now {
                self.note_lease(id, None)?;
            } else if open.contains(&id) || self.has_unsent(id)? || self.is_being_looked_into(id)? {
                if held.until.0 - now.0 <= RENEW && matches!(self.lease(id, false).await?, Work::Elsewhere(_))
                {
                    on_event(SyncEvent::DossierChanged(id));
                }
            } else {
                self.give_back(id).await?;
            }
        }
        let held: Vec<DossierId> = self.leases()?.iter().map(|held| held.dossier).collect();
        for id in open.into_iter().filter(|id| !held.contains(id)) {
            if self.vault.dossier(id)?.is_some() && matches!(self.lease(id, false).await?, Work::Held { .. })
            {
                on_event(SyncEvent::DossierChanged(id));
            }
        }
        Ok(())
    }

    /// A lease that cannot be given back now is tried again; it ends by itself after eight hours.
    pub(crate) async fn give_back(&self, id: DossierId) -> Result<(), DeskError> {
        if !self.leases()?.iter().any(|held| held.dossier == id) {
            return Ok(());
        }
        match self.warehouse.give_back_dossier(id).await {
            Ok(()) | Err(LinkError::Refused(_)) => self.note_lease(id, None),
            Err(_) => Ok(()),
        }
    }

    pub(crate) fn has_unsent(&self, id: DossierId) -> Result<bool, DeskError> {
        Ok(self.vault.outbox_of(id)?.iter().any(|item| !item.state.is_closed()))
    }

    fn leases(&self) -> Result<Vec<Held>, DeskError> {
        let held = self.vault.setting(LEASES)?;
        Ok(held.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub(crate) fn note_lease(&self, id: DossierId, until: Option<Timestamp>) -> Result<(), DeskError> {
        let _writing = self.writing();
        let before = self.leases()?;
        let mut held: Vec<Held> = before.iter().filter(|held| held.dossier != id).cloned().collect();
        held.extend(until.map(|until| Held { dossier: id, until }));
        if held == before {
            return Ok(());
        }
        let text = serde_json::to_string(&held).unwrap_or_default();
        Ok(self.vault.commit(&Batch { settings: vec![(LEASES.to_owned(), text)], ..Batch::default() })?)
    }

    pub(crate) fn server_time(&self) -> Timestamp {
        Timestamp(self.clock.now().0.saturating_add(self.live().clock_offset()))
    }
}

/// What takes the place of a dossier that was here: nothing of that is forgotten.
pub(crate) fn succeeds(dossier: Dossier, here: Dossier) -> Dossier {
    let added: Vec<_> = here.added_papers().collect();
    let mut former_papers = here.former_papers;
    former_papers.extend(added);
    // The same acceptance, taken back here and standing there: its receipt and its result are what the citizen gets.
    let same = matches!(here.state, DossierState::Withdrawn { .. })
        && dossier.state.acceptance().is_some()
        && dossier.code == here.code;
    let (receipt, result) = if same { (here.receipt, here.result) } else { (None, None) };
    Dossier {
        former_papers,
        receipt: dossier.receipt.or(receipt),
        result: dossier.result.or(result),
        revision: here.revision + 1,
        withdrawals: here.withdrawals,
        corrections: here.corrections,
        replaced: here.replaced,
        settlements: here.settlements,
        reports: here.reports,
        ..dossier
    }
}

/// A row of which no more is known than what was handed in.
fn plain_row(evidence: &ComponentEvidence) -> ComponentRow {
    extra_row(evidence.number, evidence.name.clone())
}
