//! Work without contact has an end: after some days without a word of the warehouse that it still admits this machine,
//! papers of others that lie here are neither shown nor taken. What the counter is for goes on: scanning, signing,
//! filing, accepting and exporting; nothing is locked and nothing is lost. One contact ends it.

use crate::desk::Desk;
use crate::error::{DeskError, GraceOver};
use crate::ports::Batch;
use motcua_dossier::{BlobId, Timestamp};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Moments are written down this far apart at most, rather than with every pass.
const GRAIN: i64 = 10 * 60 * 1000;
/// When the warehouse last answered what it answers to admitted machines alone.
const ADMITTED: &str = "admitted_at";
/// The latest moment this machine ever saw: a clock that is set back makes no day undone.
const SEEN: &str = "last_seen";

impl Desk {
    /// Days left without contact, begun ones counted whole; 0 when they are over, none before the first start.
    ///
    /// # Errors
    /// The vault is closed.
    pub fn offline_days_left(&self) -> Result<Option<u32>, DeskError> {
        let Some(admitted) = self.moment(ADMITTED)? else { return Ok(None) };
        let left = self.all_days() - self.latest()?.saturating_sub(admitted).max(0);
        Ok(Some(u32::try_from((left + DAY - 1).div_euclid(DAY)).unwrap_or(0)))
    }

    /// What the warehouse said then still counts without asking it again. What a clock far ahead once dated does not.
    pub(crate) fn is_recent(&self, at: Timestamp) -> Result<bool, DeskError> {
        Ok((-GRAIN..self.all_days()).contains(&self.latest()?.saturating_sub(at.0)))
    }

    fn all_days(&self) -> i64 {
        i64::from(self.grace_days()) * DAY
    }

    /// The latest moment this machine saw, now included.
    fn latest(&self) -> Result<i64, DeskError> {
        let now = self.clock.now().0;
        Ok(self.moment(SEEN)?.map_or(now, |seen| seen.max(now)))
    }

    /// Refuses when the days are over.
    pub(crate) fn within_grace(&self) -> Result<(), DeskError> {
        self.note_time()?;
        match self.offline_days_left()? {
            Some(0) => Err(GraceOver { days: self.grace_days() }.into()),
            _ => Ok(()),
        }
    }

    /// Refuses a paper of others that lies here when the days are over.
    pub(crate) fn may_read(&self, file: &BlobId) -> Result<(), DeskError> {
        if self.offline_days_left()? == Some(0) && self.is_others(file)? {
            return self.within_grace();
        }
        Ok(())
    }

    /// It came from the warehouse and was not made here as well.
    fn is_others(&self, file: &BlobId) -> Result<bool, DeskError> {
        let uses = self.vault.file_uses(file)?;
        if uses.captured || !uses.lines.is_empty() {
            return Ok(false);
        }
        for id in &uses.dossiers {
            if self.vault.dossier(*id)?.is_some_and(|dossier| dossier.reuses_file(*file)) {
                return Ok(true);
            }
        }
        Ok(self.vault.held_file(file)?.is_some_and(|held| held.fetched))
    }

    /// Time goes on, whatever the clock is set to; the days begin with the first start.
    pub(crate) fn note_time(&self) -> Result<(), DeskError> {
        let _writing = self.writing();
        let now = self.clock.now().0;
        let mut settings = vec![];
        if self.moment(ADMITTED)?.is_none() {
            settings.push((ADMITTED.to_owned(), now.to_string()));
        }
        if self.moment(SEEN)?.is_none_or(|seen| now - seen >= GRAIN) {
            settings.push((SEEN.to_owned(), now.to_string()));
        }
        if settings.is_empty() {
            return Ok(());
        }
        Ok(self.vault.commit(&Batch { settings, ..Batch::default() })?)
    }

    /// The warehouse admitted this machine just now.
    pub(crate) fn note_admitted(&self) -> Result<(), DeskError> {
        let _writing = self.writing();
        let now = self.clock.now().0;
        let fresh = |moment: Option<i64>| moment.is_some_and(|at| (0..GRAIN).contains(&(now - at)));
        let seen = self.moment(SEEN)?;
        if fresh(self.moment(ADMITTED)?) && seen.is_none_or(|seen| seen <= now) {
            return Ok(());
        }
        // What a wrong clock once showed counts no more.
        let settings = [ADMITTED, SEEN].map(|key| (key.to_owned(), now.to_string())).to_vec();
        Ok(self.vault.commit(&Batch { settings, ..Batch::default() })?)
    }

    fn moment(&self, key: &str) -> Result<Option<i64>, DeskError> {
        Ok(self.vault.setting(key)?.and_then(|at| at.parse().ok()))
    }
}
