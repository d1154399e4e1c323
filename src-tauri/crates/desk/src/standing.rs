//! What the warehouse said of the officers of this counter, kept in the vault for the time without a line: whoever
//! agrees that unsent work is taken back must be a supervisor, and that cannot be asked for when it is needed.

use crate::desk::Desk;
use crate::error::{DeskError, WithdrawError};
use crate::login::Login;
use crate::ports::{Batch, KnownOfficer, LinkError};
use motcua_dossier::Timestamp;
use motcua_wire::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const TOLD: &str = "officers_told";

/// Who may agree that unsent work is taken back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Approvers {
    /// Only a supervisor may: the warehouse knows the officers of this office. Otherwise any colleague.
    pub supervisor: bool,
    /// Colleagues remembered as supervisors.
    pub officers: Vec<Approver>,
}

/// A colleague who may agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approver {
    /// Login name.
    pub login: String,
    /// Name for people.
    pub name: String,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Standing {
    /// The warehouse knows officers of this office.
    judged: bool,
    /// By login name, of those it knew when they last unlocked this counter with a line.
    officers: BTreeMap<String, Told>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Told {
    name: String,
    /// What he may do in this office.
    roles: Vec<Role>,
    at: Timestamp,
}

impl Desk {
    /// Who may agree that unsent work is taken back, besides whoever asks.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn withdrawal_approvers(&self) -> Result<Approvers, DeskError> {
        let (standing, officer) = (self.standing()?, self.officer().to_lowercase());
        let mut officers = vec![];
        for (login, told) in &standing.officers {
            if login.to_lowercase() != officer && self.counts(told)? {
                officers.push(Approver { login: login.clone(), name: told.name.clone() });
            }
        }
        Ok(Approvers { supervisor: standing.judged, officers })
    }

    /// The officer at this counter looks after the work of others: a supervisor by the warehouse's last word, or anybody in
    /// an office whose officers the warehouse does not know.
    ///
    /// # Errors
    /// The vault is closed.
    pub fn may_supervise(&self) -> Result<bool, DeskError> {
        let (standing, officer) = (self.standing()?, self.officer());
        if !standing.judged {
            return Ok(true);
        }
        match standing.officers.get(&officer) {
            Some(told) => self.counts(told),
            None => Ok(false),
        }
    }

    /// The officer at this counter is an administrator: by his session, or without a line by the warehouse's last word.
    ///
    /// # Errors
    /// The vault is closed.
    pub fn may_administer(&self) -> Result<bool, DeskError> {
        let (standing, officer) = (self.standing()?, self.officer());
        match self.login_state() {
            Login::Known(known) => Ok(known.administers()),
            // He was told that he is not let in.
            Login::Refused(code) if code != "loginExpired" => Ok(false),
            Login::Refused(_) | Login::NotAsked => match standing.officers.get(&officer) {
                Some(told) => Ok(told.roles.contains(&Role::Administrator) && self.is_recent(told.at)?),
                None => Ok(false),
            },
        }
    }

    /// Refuses whoever is not known as a supervisor here, where the warehouse knows the office's officers.
    pub(crate) fn may_approve(&self, approver: &str) -> Result<(), DeskError> {
        let standing = self.standing()?;
        if !standing.judged {
            return Ok(());
        }
        match standing.officers.get(approver) {
            Some(told) if self.counts(told)? => Ok(()),
            _ => Err(WithdrawError::ApproverNotSupervisor.into()),
        }
    }

    /// What the warehouse said when this officer logged in.
    pub(crate) fn note_standing(
        &self,
        officer: &str,
        said: &Result<KnownOfficer, LinkError>,
    ) -> Result<(), DeskError> {
        self.change_standing(|standing| match said {
            Ok(known) => {
                standing.judged = true;
                standing.officers.insert(officer.to_owned(), self.told(known));
            }
            Err(LinkError::Refused(code)) => match code.as_str() {
                // He left, or what opens this counter is not his secret there: it speaks for him no longer.
                "loginRefused" => {
                    standing.judged = true;
                    standing.officers.remove(officer);
                }
                "officerOfOtherOffice" => {
                    standing.officers.remove(officer);
                }
                "officeWithoutOfficers" => *standing = Standing::default(),
                // One who must wait was not looked at.
                _ => {}
            },
            // Nobody answered.
            Err(_) => {}
        })
    }

    /// At a contact: what he may do can change while he works. When the session was last renewed is not known, so
    /// what stays the same grows no younger.
    pub(crate) fn note_session(&self) -> Result<(), DeskError> {
        let Some(known) = self.warehouse.session() else { return Ok(()) };
        let officer = self.officer();
        self.change_standing(|standing| {
            let told = standing.officers.get_mut(&officer);
            if let Some(told) = told.filter(|told| known.login == officer && told.roles != known.roles) {
                *told = self.told(&known);
            }
        })
    }

    /// He has another secret from now on, which the warehouse has not seen.
    pub(crate) fn forget_standing(&self, officer: &str) -> Result<(), DeskError> {
        self.change_standing(|standing| drop(standing.officers.remove(officer)))
    }

    fn told(&self, known: &KnownOfficer) -> Told {
        Told { name: known.name.clone(), roles: known.roles.clone(), at: self.clock.now() }
    }

    /// He is a supervisor, by a word no older than the days without contact: who was dismissed since then is one no
    /// longer, however long the counter stays away from the warehouse.
    fn counts(&self, told: &Told) -> Result<bool, DeskError> {
        Ok(told.roles.contains(&Role::Supervisor) && self.is_recent(told.at)?)
    }

    fn standing(&self) -> Result<Standing, DeskError> {
        let Some(kept) = self.vault.setting(TOLD)? else { return Ok(Standing::default()) };
        // What cannot be read opens nothing; the next login says it anew.
        Ok(serde_json::from_str(&kept).unwrap_or(Standing { judged: true, ..Standing::default() }))
    }

    fn change_standing(&self, change: impl FnOnce(&mut Standing)) -> Result<(), DeskError> {
        let _writing = self.writing();
        let before = self.standing()?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        let settings = vec![(TOLD.to_owned(), serde_json::to_string(&after).unwrap_or_default())];
        Ok(self.vault.commit(&Batch { settings, ..Batch::default() })?)
    }
}
