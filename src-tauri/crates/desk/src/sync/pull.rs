//! What the other counters of the office did: changes page by page, each page and the cursor after it in one commit.
//!
//! A counter that knows where it stands begins its pass by asking for changes: the answer says who is there, what
//! is new and what o'clock it is, so that a pass without news is one small request. One that does not know begins with
//! the list of the office's dossiers and goes on from where the list began; a list that was cut goes on as well. The
//! outbox has no part in any of it.

use super::{OnEvent, POLL, RECENT, SyncEvent};
use crate::aside::accepted_elsewhere;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::ports::{Batch, LinkError, OfficeRows};
use motcua_dossier::{AsideWhy, Dossier, DossierId, DossierState, OfficeDossier};
use motcua_wire::{Change, Changes, DossierEvent};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

const CURSOR: &str = "changes_cursor";
const SNAPSHOT: &str = "office_snapshot";
const WANTED: &str = "reference_wanted";
/// This counter's dossiers that were told of while something was under way here.
const PENDING: &str = "office_pending";
const PAGE: u32 = 500;

/// What was told of that stands beside a dossier.
#[derive(Clone, Copy)]
enum Told {
    Fees,
    Steps,
}

/// How far the list of the office's dossiers was read.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    epoch: u64,
    /// Where changes go on when the list is through.
    cursor: String,
    after: DossierId,
}

impl Desk {
    /// Asks who is there, and for changes in the same breath when it is known where they go on. No contact is an
    /// outcome; true when there was none before.
    pub(super) async fn meet(&self) -> Result<Result<(bool, Option<Changes>), LinkError>, DeskError> {
        if let Some(cursor) = self.cursor()? {
            match self.warehouse.changes(Some(&cursor), PAGE, 0).await {
                Ok(page) => {
                    self.note_admitted()?;
                    return self.reached(page.epoch, page.time).map(|news| Ok((news, Some(page))));
                }
                Err(LinkError::Refused(_)) => self.forget_cursor()?,
                Err(error @ (LinkError::Offline | LinkError::Intercepted | LinkError::Revoked)) => {
                    self.missed(&error);
                    return Ok(Err(error));
                }
                // Somebody may be there all the same.
                Err(_) => {}
            }
        }
        Ok(self.contact().await?.map(|news| (news, None)))
    }

    /// Everything that is not known yet.
    pub(super) async fn pull(
        &self,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<(), DeskError> {
        loop {
            let cursor = match self.cursor()? {
                Some(cursor) => cursor,
                None => match self.snapshot(cancel, on_event).await? {
                    Some(cursor) => cursor,
                    None => return Ok(()),
                },
            };
            let page = match self.warehouse.changes(Some(&cursor), PAGE, 0).await {
                Err(LinkError::Refused(_)) => return self.forget_cursor(),
                page => page?,
            };
            self.note_admitted()?;
            let more = page.has_more;
            self.take_in(page, on_event).await?;
            if !more || cancel.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Hears of changes while files are on their way, which over a thin line takes minutes. Ends when the machine was
    /// revoked. Where it does not get through or the warehouse was restored, the pass itself finds out.
    pub(super) async fn listen_beside(&self, on_event: OnEvent<'_>) -> Result<LinkError, DeskError> {
        loop {
            self.clock.sleep(POLL).await;
            let Some(cursor) = self.cursor()? else { continue };
            match self.warehouse.changes(Some(&cursor), PAGE, 0).await {
                Err(LinkError::Revoked) => return Ok(LinkError::Revoked),
                Ok(page) if self.known_epoch()? == Some(page.epoch) => {
                    self.reached(page.epoch, page.time)?;
                    match self.take_in(page, on_event).await {
                        Err(DeskError::Vault(error)) => return Err(error.into()),
                        Err(DeskError::Link(LinkError::Revoked)) => return Ok(LinkError::Revoked),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// One page of changes: what it speaks of is asked for, and known together with the cursor after it.
    pub(super) async fn take_in(&self, page: Changes, on_event: OnEvent<'_>) -> Result<(), DeskError> {
        if page.items.is_empty()
            && self.cursor()?.as_ref() == Some(&page.next_cursor)
            && self.pending()?.is_empty()
        {
            return Ok(());
        }
        let (mut ids, mut filed_from, mut reference) = (BTreeSet::new(), BTreeSet::new(), None);
        let (mut paid, mut stepped, mut sent) = (BTreeSet::new(), BTreeSet::new(), false);
        let mut reported = false;
        let mut declined = BTreeSet::new();
        for item in &page.items {
            match item {
                Change::Dossier { id, what: DossierEvent::FeeRecorded, .. } => drop(paid.insert(*id)),
                Change::Dossier { id, what, .. } => {
                    // Who has it and when it is due is in its row too.
                    ids.insert(*id);
                    sent |= *what == DossierEvent::Submitted;
                    if *what == DossierEvent::StepTaken {
                        stepped.insert(*id);
                    }
                    if *what == DossierEvent::Declined {
                        declined.insert(*id);
                    }
                }
                Change::Document { dossier, .. } => filed_from.extend(*dossier),
                Change::Reference { version } => reference = reference.max(Some(*version)),
                Change::Feedback { .. } => reported = true,
                Change::Unknown => {}
            }
        }
        for id in paid {
            self.hear_of(id, Told::Fees, on_event).await?;
        }
        for id in stepped {
            self.hear_of(id, Told::Steps, on_event).await?;
        }
        for id in declined {
            self.hear_of_decline(id, on_event).await?;
        }
        if sent || self.lists_any(ids.iter().copied())? {
            self.refresh_submissions(on_event).await?;
        }
        if reported || self.feedback_due()? {
            self.refresh_feedback(on_event).await?;
        }
        let ids: Vec<DossierId> = ids.into_iter().collect();
        let rows = if ids.is_empty() { vec![] } else { self.warehouse.office_dossiers(&ids).await? };
        let mut settings = vec![(CURSOR.to_owned(), page.next_cursor)];
        settings.extend(reference.map(|version| (WANTED.to_owned(), version.to_string())));
        self.know(OfficeRows { epoch: page.epoch, rows, complete: false }, settings, on_event)?;
        for id in filed_from {
            if let Some(dossier) = self.vault.dossier(id)? {
                self.live().stale_papers.insert(dossier.applicant.owner.number);
            }
        }
        Ok(())
    }

    /// Money was taken for a dossier that may be here, or something happened to it. What cannot be had now is asked for
    /// when the dossier is opened; it does not hold up the rest.
    async fn hear_of(&self, id: DossierId, told: Told, on_event: OnEvent<'_>) -> Result<(), DeskError> {
        if self.vault.dossier(id)?.is_none() {
            return Ok(());
        }
        let heard = match told {
            Told::Fees => self.refresh_fees(id).await,
            Told::Steps => self.refresh_steps(id).await,
        };
        match heard {
            Ok(true) => on_event(SyncEvent::DossierChanged(id)),
            Ok(false) => {}
            Err(DeskError::Link(error)) if !error.ends_contact() => {
                tracing::warn!(%error, "what stands beside a dossier cannot be had");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Steps of own dossiers are heard with their changes. A list that is read anew shows where changes were missed.
    async fn hear_of_missed(&self, rows: &[OfficeDossier], on_event: OnEvent<'_>) -> Result<(), DeskError> {
        for row in rows {
            let Some(standing) = self.vault.dossier(row.id)?.and_then(|d| d.standing()) else { continue };
            if (&standing.seat, standing.on_its_way) != (&row.seat, row.on_its_way) {
                self.hear_of(row.id, Told::Steps, on_event).await?;
            }
        }
        Ok(())
    }

    /// Reads the list of the office's dossiers, or the rest of it; says where changes go on.
    async fn snapshot(
        &self,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<Option<String>, DeskError> {
        let held = self.vault.setting(SNAPSHOT)?;
        let mut at: Option<Snapshot> = held.and_then(|text| serde_json::from_str(&text).ok());
        while !cancel.is_cancelled() {
            let page = self.warehouse.office_page(at.as_ref().map(|at| at.after), PAGE).await?;
            let epoch = page.epoch;
            if at.as_ref().is_some_and(|at| at.epoch != epoch) {
                // Another history: what was read before is no part of it.
                at = None;
                continue;
            }
            let cursor = at.map_or(page.cursor, |at| at.cursor);
            self.hear_of_missed(&page.items, on_event).await?;
            let rows = OfficeRows { epoch, rows: page.items, complete: page.next.is_none() };
            let Some(after) = page.next else {
                self.refresh_submissions(on_event).await?;
                self.refresh_feedback(on_event).await?;
                for id in self.opened_and_not_listed()? {
                    self.hear_of_decline(id, on_event).await?;
                }
                let settings =
                    vec![(CURSOR.to_owned(), cursor.clone()), (SNAPSHOT.to_owned(), String::new())];
                self.know(rows, settings, on_event)?;
                return Ok(Some(cursor));
            };
            let next = Snapshot { epoch, cursor, after };
            let text = serde_json::to_string(&next).unwrap_or_default();
            self.know(rows, vec![(SNAPSHOT.to_owned(), text)], on_event)?;
            at = Some(next);
        }
        Ok(None)
    }

    /// Rows, this counter's own dossiers as far as they tell of them, and the place they bring us to: one commit.
    pub(crate) fn know(
        &self,
        office: OfficeRows,
        settings: Vec<(String, String)>,
        on_event: OnEvent<'_>,
    ) -> Result<(), DeskError> {
        let (mut changed, news) = (vec![], !office.rows.is_empty() || office.complete);
        {
            let _writing = self.writing();
            let unsent: BTreeSet<DossierId> =
                self.vault.outbox(false)?.into_iter().map(|item| item.dossier).collect();
            let before = self.pending()?;
            let mut pending = BTreeSet::new();
            let told_now: BTreeSet<DossierId> = office.rows.iter().map(|row| row.id).collect();
            let mut rows: Vec<OfficeDossier> = office.rows.clone();
            for id in before.difference(&told_now) {
                rows.extend(self.vault.office_dossier(*id)?);
            }
            let mut beside = BTreeSet::new();
            for row in &rows {
                let Some(dossier) = self.vault.dossier(row.id)? else { continue };
                if dossier.is_unsettled() {
                    beside.insert(row.id);
                }
                // What waits of a draft are papers, which stand alone.
                if unsent.contains(&row.id) && dossier.state != DossierState::Draft {
                    pending.insert(row.id);
                } else {
                    changed.extend(told(dossier, row));
                }
            }
            let mut settings = settings;
            settings.extend(self.aside_with(beside, None)?);
            if pending != before {
                settings.push((PENDING.to_owned(), serde_json::to_string(&pending).unwrap_or_default()));
            }
            let office = news.then_some(office);
            self.vault.commit(&Batch { dossiers: changed.clone(), settings, office, ..Batch::default() })?;
        }
        if news {
            on_event(SyncEvent::OfficeChanged);
        }
        for dossier in changed {
            on_event(SyncEvent::DossierChanged(dossier.id));
        }
        Ok(())
    }

    /// Drafts of the portal that the list does not have any more.
    fn opened_and_not_listed(&self) -> Result<Vec<DossierId>, DeskError> {
        let sent = |d: &Dossier| d.state == DossierState::Draft && d.submission.is_some();
        let drafts = self.vault.dossiers("", RECENT)?.into_iter().filter(sent).map(|dossier| dossier.id);
        let mut gone = vec![];
        for id in drafts {
            if !self.lists_any([id])? {
                gone.push(id);
            }
        }
        Ok(gone)
    }

    /// Newer reference data may be there: it was told of, or changes do not tell yet.
    pub(super) fn wants_reference(&self) -> Result<bool, DeskError> {
        let wanted = self.vault.setting(WANTED)?.and_then(|version| version.parse::<u64>().ok());
        Ok(self.cursor()?.is_none() || wanted.unwrap_or(0) > self.vault.reference()?.version)
    }

    fn pending(&self) -> Result<BTreeSet<DossierId>, DeskError> {
        let text = self.vault.setting(PENDING)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn cursor(&self) -> Result<Option<String>, DeskError> {
        Ok(self.vault.setting(CURSOR)?.filter(|cursor| !cursor.is_empty()))
    }

    /// The cursor leads nowhere any more: the list is read anew.
    fn forget_cursor(&self) -> Result<(), DeskError> {
        let settings = [CURSOR, SNAPSHOT].map(|key| (key.to_owned(), String::new())).to_vec();
        let _writing = self.writing();
        Ok(self.vault.commit(&Batch { settings, ..Batch::default() })?)
    }
}

/// A dossier of this counter with nothing under way here, as the warehouse has it now; none when it says nothing new.
fn told(mut dossier: Dossier, row: &OfficeDossier) -> Option<Dossier> {
    let before = (dossier.server_version, dossier.state.clone());
    match (&dossier.state, row.returned_at) {
        // It is nobody's draft any more.
        (DossierState::Draft, _) => dossier.state = accepted_elsewhere(row),
        (DossierState::SetAside(aside), _) if matches!(aside.why, AsideWhy::GivenBack) => {
            dossier.state = accepted_elsewhere(row);
        }
        (DossierState::SetAside(_) | DossierState::Declined(_) | DossierState::Withdrawn { .. }, _) => {
            return None;
        }
        (DossierState::Accepted { at, deadline }, Some(returned)) => {
            dossier.state =
                DossierState::Completed { at: returned, accepted_at: *at, deadline: deadline.clone() };
        }
        (DossierState::Accepted { .. } | DossierState::Completed { .. }, _) => {}
    }
    dossier.server_version = row.version;
    if before == (dossier.server_version, dossier.state.clone()) {
        return None;
    }
    dossier.revision += 1;
    Some(dossier)
}
