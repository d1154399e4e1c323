//! Opening and closing the counter, and what its status line says.

use crate::desk::{Desk, Live};
use crate::error::{DeskError, UnlockError};
use crate::login::Login;
use crate::ports::{VaultError, VaultStatus, WrongSecrets};
use motcua_dossier::{OutboxState, SupportContact, Timestamp};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Wrong secrets in a row that cost nothing but the trying.
const FREE_TRIES: u32 = 4;
/// Seconds to wait after one more; doubled by each further one.
const FIRST_WAIT: u32 = 30;
/// Longest wait, in seconds.
const LONGEST_WAIT: u32 = 15 * 60;

/// What the status line and the sync strip show; cheap, asks no device and no network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The vault.
    pub vault: VaultStatus,
    /// Was the warehouse reached at the last try; none before the first.
    pub online: Option<bool>,
    /// Code of what was in the way at the last try; none after a contact.
    pub trouble: Option<&'static str>,
    /// Last contact.
    pub last_contact: Option<Timestamp>,
    /// Under whose name the warehouse knows the counter.
    pub login: Login,
    /// Lines of the outbox not received yet and not in need of a person.
    pub queued: u32,
    /// Lines of the outbox that need a person, and rows whose reserved paper cannot be had.
    pub attention: u32,
    /// Chosen scanner.
    pub scanner: Option<String>,
    /// Version of the reference data; 0 before the first sync.
    pub reference_version: u64,
    /// Dossier codes left for today.
    pub block_left: u32,
    /// Dossiers that reuse a paper, of a hundred: today's target of this office, in hundredths of a percent.
    pub reuse_target: u32,
    /// Minutes without input after which the window locks.
    pub lock_after_minutes: u32,
    /// Whom to ask for help, where somebody is named.
    pub support: Option<SupportContact>,
    /// Days left without contact, see [`Desk::offline_days_left`].
    pub offline_days_left: Option<u32>,
}

impl Desk {
    /// Where the counter stands. Never fails: a closed vault is a status too.
    pub async fn status(&self) -> Status {
        let (online, trouble, last_contact) = {
            let live = self.live();
            (live.online, live.trouble, live.last_contact)
        };
        // Closed it knows nothing, and shows what holds where nobody set anything.
        let reference = self.vault.reference().unwrap_or_default();
        let outbox = self.vault.outbox(false).unwrap_or_default();
        let (mut queued, mut attention) = (0, self.failed_rows(&outbox).unwrap_or_default());
        for item in &outbox {
            match item.state {
                OutboxState::NeedsAttention { .. } => attention += 1,
                OutboxState::Received { .. } | OutboxState::Replaced | OutboxState::Withdrawn => {}
                OutboxState::Queued
                | OutboxState::Sending { .. }
                | OutboxState::Sent
                | OutboxState::WaitingForNetwork { .. } => {
                    queued += 1;
                }
            }
        }
        let today = self.clock.now().day();
        Status {
            offline_days_left: self.offline_days_left().ok().flatten(),
            vault: self.vault.status(),
            online,
            trouble,
            last_contact,
            login: self.login_state(),
            queued,
            attention,
            scanner: self.vault.setting(crate::capture::SCANNER_SETTING).ok().flatten(),
            reference_version: reference.version,
            reuse_target: reference.reuse_target(self.office.agency_code.as_str(), today),
            lock_after_minutes: self.lock_after_minutes(),
            support: self.support(),
            block_left: self.vault.blocks().map_or(0, |blocks| {
                blocks
                    .iter()
                    .filter(|b| b.agency == self.office.agency_code && b.day == today)
                    .map(motcua_dossier::NumberBlock::left)
                    .sum()
            }),
        }
    }

    /// Makes the vault of this counter with its first officer and leaves it open.
    ///
    /// # Errors
    /// There is one already, the secret is too short, storage.
    pub async fn create_vault(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), DeskError> {
        let officer = login(officer);
        self.vault.create(&officer, secret, &self.office.recovery_key, self.office.device)?;
        self.live().login_due = Some((officer, secret.clone()));
        Ok(())
    }

    /// Enrols a further officer, or gives whoever has opened the vault another secret; it must be open. What the
    /// warehouse said of him by the former secret is not said of this one.
    ///
    /// # Errors
    /// Closed, the secret is too short, storage.
    pub async fn enrol(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), DeskError> {
        let officer = login(officer);
        self.vault.enrol(&officer, secret)?;
        {
            let mut live = self.live();
            live.refused_logins.remove(&officer);
            live.login_due.take_if(|(due, _)| *due == officer);
        }
        self.forget_standing(&officer)
    }

    /// Opens the counter. After five wrong secrets in a row an officer's next one is tried only after a
    /// wait, which doubles with each further one; colleagues and the recovery key are not kept waiting. The next
    /// contact logs him in at the warehouse with the same secret; the counter is open whatever comes of that.
    ///
    /// # Errors
    /// See [`UnlockError`] and [`VaultError`].
    pub async fn unlock(&self, officer: &str, secret: &Zeroizing<String>) -> Result<(), DeskError> {
        let officer = login(officer);
        self.try_secret(&officer, || self.vault.unlock(&officer, secret))?;
        self.warehouse.log_out();
        {
            let mut live = self.live();
            live.login = Login::default();
            live.login_due = Some((officer, secret.clone()));
        }
        self.wake.notify_one();
        Ok(())
    }

    /// Tries an officer's secret, counting wrong ones in a row.
    pub(crate) fn try_secret(
        &self,
        officer: &str,
        attempt: impl FnOnce() -> Result<(), VaultError>,
    ) -> Result<(), DeskError> {
        // Counting and trying belong together: two windows of one counter get no double tries.
        let _writing = self.writing();
        let now = self.clock.now();
        let mut wrong = self.vault.wrong_secrets(officer)?;
        if now < wrong.last {
            // The clock was set back: the wait begins anew now, rather than when the clock is there again.
            wrong.last = now;
            self.vault.keep_wrong_secrets(officer, wrong)?;
        }
        wait(wrong, now)?;
        match attempt() {
            Ok(()) if wrong.in_a_row > 0 => {
                self.vault.keep_wrong_secrets(officer, WrongSecrets::default())?;
            }
            Ok(()) => {}
            Err(VaultError::WrongSecret) => {
                let wrong = WrongSecrets { in_a_row: wrong.in_a_row.saturating_add(1), last: now };
                self.vault.keep_wrong_secrets(officer, wrong)?;
                wait(wrong, now)?;
                return Err(VaultError::WrongSecret.into());
            }
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }

    /// Closes the counter. No draft is lost, nor what the screens under the lock go on with: the outcome of
    /// an identity check and pages that can be put back. Nothing goes under the officer's name from then on; the
    /// warehouse hears of it by [`Desk::tell_left`].
    pub async fn lock(&self) {
        let _writing = self.writing();
        let support = self.support();
        self.vault.lock();
        self.warehouse.log_out();
        let mut live = self.live();
        // What was learned of the server's clock stays: a deadline counted after the lock must not lose it.
        let Live { online, trouble, last_contact, refused_logins, offsets, checked, removed_pages, .. } =
            std::mem::take(&mut *live);
        *live = Live {
            online,
            trouble,
            last_contact,
            refused_logins,
            offsets,
            checked,
            removed_pages,
            // Who cannot open the counter needs help most.
            support,
            ..Live::default()
        };
    }
}

/// Refuses while the wait after these wrong secrets is not over.
fn wait(wrong: WrongSecrets, now: Timestamp) -> Result<(), UnlockError> {
    let Some(doubled) = wrong.in_a_row.checked_sub(FREE_TRIES + 1) else { return Ok(()) };
    let wait = FIRST_WAIT.saturating_mul(2u32.saturating_pow(doubled)).min(LONGEST_WAIT);
    let left = wrong.last.0 + i64::from(wait) * 1000 - now.0;
    match u32::try_from(left) {
        Ok(left) if left > 0 => Err(UnlockError::TooManyTries { seconds: left.div_ceil(1000) }),
        _ => Ok(()),
    }
}

/// An officer's name as it is known here, typed with whatever input method.
pub(crate) fn login(typed: &str) -> String {
    typed.trim().nfc().collect()
}
