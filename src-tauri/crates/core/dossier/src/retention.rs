//! How long a counter keeps a file: readable, then sealed to the agency's recovery key, then not at all.

use crate::{BlobId, CorrectionState, Dossier, Timestamp};
use serde::{Deserialize, Serialize};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// What was looked at stays at least so long: the officer may be about to take it.
const AT_LEAST: i64 = 60 * 60 * 1000;

/// Days an administrator may set. What is outside the bounds is brought to the nearest bound, so that a slip of
/// the pen neither keeps papers for ever nor takes from a restored warehouse what it can be repaired with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// Days a file of this counter stays readable after the warehouse confirmed it and nothing here needs it: 1 to 90.
    pub readable_days: u32,
    /// The same for a file that came from the warehouse: 0 to 30. With 0 it stays for an hour.
    pub fetched_days: u32,
    /// Days it is then kept sealed, for a warehouse that was restored: 30 to 365.
    pub sealed_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { readable_days: 7, fetched_days: 0, sealed_days: 30 }
    }
}

/// A file of a counter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldFile {
    /// Its content.
    pub id: BlobId,
    /// It was fetched from the warehouse.
    pub fetched: bool,
    /// When it was first seen that nothing here needs it; none while something does.
    pub idle_since: Option<Timestamp>,
    /// When it was sealed; none while it can be read.
    pub sealed_at: Option<Timestamp>,
}

/// What still wants a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Work under way needs it, or nobody is known to have it but this counter.
    Needed,
    /// The warehouse signed for it, at this time of its clock the last time.
    Confirmed(Timestamp),
    /// It came from the warehouse.
    Fetched,
    /// Nothing names it: a page that became a paper, a paper before it was signed.
    Loose,
}

/// What is to be done with a file now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Remember that nothing needs it from now on.
    Idle,
    /// Forget that: something needs it again.
    Wanted,
    /// Only the recovery key reads it from now on.
    Seal,
    /// It goes.
    Delete,
}

impl Retention {
    /// The same within its bounds.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            readable_days: self.readable_days.clamp(1, 90),
            fetched_days: self.fetched_days.min(30),
            sealed_days: self.sealed_days.clamp(30, 365),
        }
    }

    /// What is to be done with a file. Days count from the later of the moment since which nothing needs it and
    /// the warehouse's receipt, so that neither clock alone can shorten them. A loose file is sealed, for it may
    /// show what the papers show, and never deleted, for nobody confirmed it.
    #[must_use]
    pub fn due(&self, file: &HeldFile, claim: Claim, now: Timestamp) -> Due {
        let over = |since: Timestamp, millis: i64| now.0.saturating_sub(since.0) >= millis;
        let (since, days) = match claim {
            Claim::Needed if file.idle_since.is_some() => return Due::Wanted,
            Claim::Needed => return Due::Nothing,
            Claim::Confirmed(at) => (at, self.readable_days),
            Claim::Fetched => (Timestamp(i64::MIN), self.fetched_days),
            Claim::Loose => (Timestamp(i64::MIN), self.readable_days),
        };
        if let Some(sealed) = file.sealed_at {
            let done = claim != Claim::Loose && over(sealed, i64::from(self.sealed_days) * DAY);
            return if done { Due::Delete } else { Due::Nothing };
        }
        match file.idle_since {
            // A clock that was set back must not keep it for ever.
            Some(idle) if idle <= now => {
                let millis = (i64::from(days) * DAY).max(AT_LEAST);
                if over(idle.max(since), millis) { Due::Seal } else { Due::Nothing }
            }
            _ => Due::Idle,
        }
    }
}

impl Dossier {
    /// Every file the dossier names, whether it is on this machine or not.
    pub fn files(&self) -> impl Iterator<Item = BlobId> {
        let rows = self.components.iter().flat_map(|row| {
            let here = row.attachment.iter().flat_map(both);
            here.chain(row.reservation.as_ref().map(|held| held.blob))
        });
        let result = self.result.iter().map(|result| result.attachment.blob);
        let sealed = self.withdrawals.iter().map(|withdrawal| withdrawal.package);
        let former = self.former_papers.iter().flat_map(|paper| both(&paper.attachment));
        let asked = self.corrections.iter().map(|correction| correction.attachment.blob);
        // Those of other counters too: what was before and what is now can be had from the warehouse.
        let corrected = self.corrected_results().flat_map(|corrected| [corrected.before, corrected.blob]);
        rows.chain(result).chain(self.receipt).chain(sealed).chain(former).chain(asked).chain(corrected)
    }

    /// The file is nothing in the dossier but the Word file a paper was made of.
    #[must_use]
    pub fn is_origin(&self, file: BlobId) -> bool {
        let held = |paper: &crate::Attachment| paper.origin.as_ref().is_some_and(|word| word.blob == file);
        self.components.iter().filter_map(|row| row.attachment.as_ref()).any(held)
            && self.files().filter(|id| *id == file).count() == 1
    }

    /// The file is nothing in the dossier but that of corrections nobody agreed to.
    #[must_use]
    pub fn is_declined(&self, file: BlobId) -> bool {
        let over = |state: &CorrectionState| {
            matches!(state, CorrectionState::Refused { .. } | CorrectionState::TakenBack { .. })
        };
        let of_it =
            self.corrections.iter().filter(|asked| asked.attachment.blob == file && over(&asked.state));
        let declined = of_it.count();
        declined > 0 && self.files().filter(|id| *id == file).count() == declined
    }

    /// The dossier has the file from the warehouse.
    #[must_use]
    pub fn reuses_file(&self, file: BlobId) -> bool {
        self.components.iter().any(|row| {
            row.reservation.as_ref().is_some_and(|held| held.blob == file)
                || row.attachment.as_ref().is_some_and(|paper| paper.blob == file && paper.is_reused())
        })
    }
}

/// A paper's file, and the Word file it was made of.
fn both(paper: &crate::Attachment) -> impl Iterator<Item = BlobId> {
    [paper.blob].into_iter().chain(paper.origin.as_ref().map(|word| word.blob))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_143_600_000;
    const HOUR: i64 = DAY / 24;

    fn file(idle: Option<i64>, sealed: Option<i64>) -> HeldFile {
        let at = |ago: Option<i64>| ago.map(|ago| Timestamp(NOW - ago));
        HeldFile { id: BlobId([1; 32]), fetched: false, idle_since: at(idle), sealed_at: at(sealed) }
    }

    fn due(file: &HeldFile, claim: Claim) -> Due {
        Retention::default().due(file, claim, Timestamp(NOW))
    }

    #[test]
    fn what_is_needed_stays_whatever_the_clock_says() {
        for (idle, sealed) in [(None, None), (None, Some(400 * DAY)), (None, Some(DAY))] {
            assert_eq!(due(&file(idle, sealed), Claim::Needed), Due::Nothing);
        }
        assert_eq!(due(&file(Some(400 * DAY), None), Claim::Needed), Due::Wanted);
        assert_eq!(due(&file(Some(400 * DAY), Some(400 * DAY)), Claim::Needed), Due::Wanted);
    }

    #[test]
    fn a_confirmed_file_is_sealed_after_a_week_and_goes_a_month_later() {
        let long_ago = Claim::Confirmed(Timestamp(NOW - 60 * DAY));
        assert_eq!(due(&file(None, None), long_ago), Due::Idle);
        assert_eq!(due(&file(Some(7 * DAY - 1), None), long_ago), Due::Nothing);
        assert_eq!(due(&file(Some(7 * DAY), None), long_ago), Due::Seal);
        let just = Claim::Confirmed(Timestamp(NOW - 6 * DAY));
        assert_eq!(due(&file(Some(60 * DAY), None), just), Due::Nothing, "the receipt is younger");
        assert_eq!(due(&file(Some(60 * DAY), Some(30 * DAY - 1)), long_ago), Due::Nothing);
        assert_eq!(due(&file(Some(60 * DAY), Some(30 * DAY)), long_ago), Due::Delete);
    }

    #[test]
    fn a_fetched_file_stays_for_an_hour() {
        assert_eq!(due(&file(Some(HOUR - 1), None), Claim::Fetched), Due::Nothing);
        assert_eq!(due(&file(Some(HOUR), None), Claim::Fetched), Due::Seal);
        assert_eq!(due(&file(Some(HOUR), Some(30 * DAY)), Claim::Fetched), Due::Delete);
    }

    #[test]
    fn what_nobody_confirmed_is_sealed_and_never_deleted() {
        assert_eq!(due(&file(Some(6 * DAY), None), Claim::Loose), Due::Nothing);
        assert_eq!(due(&file(Some(7 * DAY), None), Claim::Loose), Due::Seal);
        assert_eq!(due(&file(Some(400 * DAY), Some(400 * DAY)), Claim::Loose), Due::Nothing);
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew_and_takes_nothing_early() {
        assert_eq!(due(&file(Some(-DAY), None), Claim::Fetched), Due::Idle, "its beginning is yet to come");
        assert_eq!(due(&file(Some(DAY), Some(-DAY)), Claim::Fetched), Due::Nothing);
    }

    #[test]
    fn days_out_of_bounds_are_brought_to_the_nearest() {
        let none = Retention { readable_days: 0, fetched_days: 0, sealed_days: 0 }.bounded();
        assert_eq!(none, Retention { readable_days: 1, fetched_days: 0, sealed_days: 30 });
        let most = u32::MAX;
        let all = Retention { readable_days: most, fetched_days: most, sealed_days: most }.bounded();
        assert_eq!(all, Retention { readable_days: 90, fetched_days: 30, sealed_days: 365 });
        let read: Retention = serde_json::from_str(r#"{"readable_days": 3}"#).unwrap();
        assert_eq!(read, Retention { readable_days: 3, ..Retention::default() });
    }
}
