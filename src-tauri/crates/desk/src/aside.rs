//! Drafts that are worked on no more: discarded, given back to the list of what waits, or accepted by another counter
//! meanwhile. Nothing of them is deleted; they leave the lists, are found again, and restored.

use crate::desk::{Change, Desk};
use crate::error::{AsideError, DeskError};
use crate::sync::{OnEvent, SyncEvent};
use motcua_dossier::{
    AsideWhy, Dossier, DossierError, DossierId, DossierState, OfficeDossier, SearchQuery, SetAside,
};
use motcua_wire::MAX_TEXT;
use std::collections::BTreeSet;

/// Drafts that were set aside, and dossiers whose acceptance was taken back here and that another counter accepted.
const ASIDE: &str = "set_aside";

impl Desk {
    /// "Bỏ hồ sơ nháp": a draft of this counter leaves the lists. It can be restored.
    ///
    /// # Errors
    /// Not a draft; it was sent by the portal; a paper of it waits to be sent; the reason is too long; the vault is closed.
    pub async fn discard(&self, id: DossierId, reason: &str) -> Result<Dossier, DeskError> {
        let reason = reason.trim().to_owned();
        if reason.chars().count() > MAX_TEXT {
            return Err(crate::error::IntakeError::TextTooLong.into());
        }
        self.change(id, |change| {
            self.require_idle_draft(&change.dossier)?;
            if change.dossier.submission.is_some() {
                return Err(AsideError::FromPortal.into());
            }
            change.set_aside(AsideWhy::Discarded { reason })
        })
    }

    /// "Khôi phục": a discarded draft is worked on again, as it was.
    ///
    /// # Errors
    /// It was not discarded; the vault is closed.
    pub async fn restore_draft(&self, id: DossierId) -> Result<Dossier, DeskError> {
        self.change(id, |change| {
            let DossierState::SetAside(aside) = &change.dossier.state else {
                return Err(AsideError::NotDiscarded.into());
            };
            if !matches!(aside.why, AsideWhy::Discarded { .. }) {
                return Err(AsideError::NotDiscarded.into());
            }
            change.work_again()
        })
    }

    /// "Trả lại danh sách": what was sent through the portal and opened here waits for any counter again. What this counter
    /// put onto it stays here, and is there when it is opened here again; `confirmed`: the officer knows.
    ///
    /// # Errors
    /// Not a draft of the portal; it has papers of this counter and nobody confirmed; a paper of it waits to be sent; the
    /// vault is closed. Without a line the others see it when there is one.
    pub async fn give_back_submission(&self, id: DossierId, confirmed: bool) -> Result<Dossier, DeskError> {
        let dossier = self.change(id, |change| {
            self.require_idle_draft(&change.dossier)?;
            if change.dossier.submission.is_none() {
                return Err(AsideError::NotSent.into());
            }
            let added = self.added_here(&change.dossier)?;
            if added > 0 && !confirmed {
                return Err(AsideError::PapersAdded(added).into());
            }
            change.set_aside(AsideWhy::GivenBack)
        })?;
        self.live().open_work.remove(&id);
        if self.live().online != Some(false) {
            self.give_back(id).await?;
        }
        Ok(dossier)
    }

    /// Drafts that were set aside, the last first, found as other dossiers.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn set_aside_dossiers(&self, query: &str) -> Result<Vec<Dossier>, DeskError> {
        let query = SearchQuery::parse(query);
        let mut found: Vec<(SetAside, Dossier)> = vec![];
        for id in self.aside_ids()? {
            let Some(dossier) = self.vault.dossier(id)? else { continue };
            let DossierState::SetAside(aside) = &dossier.state else { continue };
            if query.is_blank() || query.finds(&dossier.search_text()) {
                found.push(((**aside).clone(), dossier));
            }
        }
        found.sort_by_key(|(aside, dossier)| std::cmp::Reverse((aside.at, dossier.id)));
        Ok(found.into_iter().map(|(_, dossier)| dossier).collect())
    }

    /// Papers of this counter on a draft: on its rows, and scanned pages that are on none yet.
    fn added_here(&self, dossier: &Dossier) -> Result<usize, DeskError> {
        let mut added = dossier.added_papers().count();
        for row in &dossier.components {
            added += usize::from(!self.captured(dossier.id, row.number)?.pages.is_empty());
        }
        Ok(added)
    }

    fn require_idle_draft(&self, dossier: &Dossier) -> Result<(), DeskError> {
        if dossier.state != DossierState::Draft {
            return Err(DossierError::NotDraft.into());
        }
        if self.has_unsent(dossier.id)? {
            return Err(AsideError::Unsent.into());
        }
        Ok(())
    }

    fn aside_ids(&self) -> Result<BTreeSet<DossierId>, DeskError> {
        let kept = self.vault.setting(ASIDE)?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// The list with these among it, and without those.
    pub(crate) fn aside_with(
        &self,
        more: impl IntoIterator<Item = DossierId>,
        less: Option<DossierId>,
    ) -> Result<Option<(String, String)>, DeskError> {
        let before = self.aside_ids()?;
        let mut after = before.clone();
        after.extend(more);
        if let Some(id) = less {
            after.remove(&id);
        }
        let text = || serde_json::to_string(&after).unwrap_or_default();
        Ok((after != before).then(|| (ASIDE.to_owned(), text())))
    }

    /// Dossiers that the office accepted while this counter's own was a draft or taken back: no list of this counter's own
    /// has them as accepted.
    pub(crate) fn beside_unsettled(&self) -> Result<Vec<OfficeDossier>, DeskError> {
        let mut rows = vec![];
        for id in self.aside_ids()? {
            if self.vault.dossier(id)?.is_some_and(|here| here.is_unsettled()) {
                rows.extend(self.vault.office_dossier(id)?);
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.place(), row.id)));
        Ok(rows)
    }

    /// A draft of the portal that may have been declined elsewhere: what the colleague said stands here too. What cannot be
    /// had now is asked for when it is opened. Says the version of one that waits.
    pub(crate) async fn hear_of_decline(
        &self,
        id: DossierId,
        on_event: OnEvent<'_>,
    ) -> Result<Option<u64>, DeskError> {
        if !self.is_being_looked_into(id)? {
            return Ok(None);
        }
        let view = match self.warehouse.dossier(id).await {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(None),
            Err(error) if !error.ends_contact() => {
                tracing::warn!(%error, "what became of a draft cannot be had");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if view.accepted.is_some() {
            return Ok(None);
        }
        let Some(declined) = view.declined else { return Ok(Some(view.version)) };
        if !self.is_being_looked_into(id)? {
            return Ok(None);
        }
        self.change(id, |change| {
            change.dossier.state = DossierState::Declined(Box::new(declined.record));
            change.dossier.server_version = view.version;
            Ok(())
        })?;
        on_event(SyncEvent::DossierChanged(id));
        Ok(None)
    }
}

impl Change<'_> {
    fn set_aside(&mut self, why: AsideWhy) -> Result<(), DeskError> {
        let aside = SetAside { at: self.now, officer: self.desk.officer(), why };
        self.dossier.state = DossierState::SetAside(Box::new(aside));
        self.batch.settings.extend(self.desk.aside_with([self.dossier.id], None)?);
        Ok(())
    }

    /// It is a draft again; one that is not set aside any more, or that another counter accepted, stays what it is.
    pub(crate) fn work_again(&mut self) -> Result<(), DeskError> {
        match &self.dossier.state {
            DossierState::SetAside(aside) if !matches!(aside.why, AsideWhy::AcceptedElsewhere { .. }) => {}
            _ => return Ok(()),
        }
        self.dossier.state = DossierState::Draft;
        self.batch.settings.extend(self.desk.aside_with([], Some(self.dossier.id))?);
        Ok(())
    }
}

/// A draft that another counter accepted, as this counter keeps it.
pub(crate) fn accepted_elsewhere(row: &OfficeDossier) -> DossierState {
    let why = AsideWhy::AcceptedElsewhere { code: row.code.clone(), counter: row.counter.clone() };
    DossierState::SetAside(Box::new(SetAside { at: row.accepted_at, officer: row.officer.clone(), why }))
}
