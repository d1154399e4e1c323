//! Under whose name the counter speaks to the warehouse. Nobody waits for it: whoever is not known there works on,
//! and what he looks up goes under the machine's name.

use crate::desk::Desk;
use crate::error::{DeskError, link_code};
use crate::ports::{KnownOfficer, LinkError};

/// So long a refused login is not tried again by itself; the warehouse counts wrong secrets too.
const REFUSED_MILLIS: i64 = 60 * 60 * 1000;

/// Whether the warehouse knows who works at this counter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Login {
    /// There was no line when he unlocked, or not yet: it knows the machine alone.
    #[default]
    NotAsked,
    /// It knows him.
    Known(KnownOfficer),
    /// It does not; a stable code says why, `loginExpired` when it did before.
    Refused(String),
}

impl Desk {
    /// At a contact: whoever has just unlocked logs in with the same secret, once.
    pub(crate) async fn log_in_if_due(&self) -> Result<(), DeskError> {
        self.tell_left().await;
        let Some((officer, secret)) = self.live().login_due.take() else { return self.note_session() };
        {
            let mut live = self.live();
            let refused = live.refused_logins.get(&officer);
            if refused.is_some_and(|at| (0..REFUSED_MILLIS).contains(&(self.clock.now().0 - at.0))) {
                live.login = Login::Refused("loginRefused".to_owned());
                return Ok(());
            }
        }
        let outcome = self.warehouse.log_in(&officer, &secret).await;
        if self.officer() != officer {
            return Ok(());
        }
        self.note_standing(&officer, &outcome)?;
        let mut live = self.live();
        live.login = match outcome {
            Ok(known) => {
                live.refused_logins.remove(&officer);
                Login::Known(known)
            }
            Err(LinkError::Refused(code)) => {
                if code == "loginRefused" {
                    let now = self.clock.now();
                    live.refused_logins.insert(officer, now);
                }
                Login::Refused(code)
            }
            Err(error) => Login::Refused(link_code(&error).to_owned()),
        };
        Ok(())
    }

    /// No contact: the secret is not kept for a later one.
    pub(crate) fn forget_login(&self) {
        self.live().login_due = None;
    }

    /// Tells the warehouse that whoever locked the counter has left it. Trouble is left to the next contact.
    pub async fn tell_left(&self) {
        if let Err(error) = self.warehouse.tell_logged_out().await {
            tracing::debug!(code = link_code(&error), "warehouse was not told of a lock");
        }
    }

    /// Under whose name the warehouse knows the counter now.
    pub(crate) fn login_state(&self) -> Login {
        let noted = self.live().login.clone();
        match (self.warehouse.session(), noted) {
            (Some(known), _) => Login::Known(known),
            (None, Login::Known(_)) => Login::Refused("loginExpired".to_owned()),
            (None, noted) => noted,
        }
    }
}
