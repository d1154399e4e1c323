//! "Xác minh danh tính số": the identity service, its memory, and its answers told apart from every kind of silence.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::ports::{Batch, CachedIdentity, LinkError};
use motcua_dossier::{
    Dossier, DossierId, DossierState, Guide, IDENTITY_GUIDE, IdNumber, IdentityAnswer, IdentityCheck,
    LinkFault, Party,
};
use motcua_wire::Purpose;

/// What a check found out about a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityFinding {
    /// The number as it was read.
    pub number: IdNumber,
    /// What the service said, or why it said nothing.
    pub check: IdentityCheck,
    /// What to do when the answer is "Chưa có"; reference data, the one in force today.
    pub guide: Option<Guide>,
    /// The owner as an earlier dossier of this counter has him.
    pub earlier: Option<Party>,
    /// Name the service has for the number, when it gave one.
    pub suggested_name: Option<String>,
}

impl Desk {
    /// Asks the identity service about a typed number. Without an answer now, a remembered one is
    /// given and marked; a silent service, no contact and a warehouse that answers wrongly are outcomes, each its own, not errors.
    ///
    /// # Errors
    /// The number has no known shape, the vault is closed, the service refused the question.
    pub async fn check_identity(&self, typed: &str) -> Result<IdentityFinding, DeskError> {
        let number = IdNumber::parse(typed)?;
        let earlier = self.owner_hint(&number).await?;
        let (check, suggested_name) = self.ask_identity(&number, Purpose::Intake).await?;
        let guide = match &check {
            IdentityCheck::Answered { answer: IdentityAnswer::NotRegistered, .. } => {
                self.vault.reference()?.guide_on(IDENTITY_GUIDE, self.today())
            }
            _ => None,
        };
        Ok(IdentityFinding { number, check, guide, earlier, suggested_name })
    }

    /// Checks the owner of a dossier again and keeps the outcome on it.
    ///
    /// # Errors
    /// As [`Desk::check_identity`]; unknown dossier.
    pub async fn recheck_identity(&self, id: DossierId) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        let purpose = purpose_for(&dossier);
        let number = dossier.applicant.owner.number;
        let (check, _) = self.ask_identity(&number, purpose).await?;
        self.change(id, |change| {
            if change.dossier.applicant.owner.number == number {
                change.dossier.guide_due &= !is_registered(&check);
                change.dossier.identity = check;
            }
            Ok(())
        })
    }

    /// A check that nobody waits for: what it finds is kept, and "Chưa có" becomes a task (decision 11).
    /// False when nothing is known yet.
    pub(crate) async fn recheck_by_itself(&self, dossier: &Dossier) -> Result<bool, DeskError> {
        let number = dossier.applicant.owner.number.clone();
        let (check, _) = self.ask_identity(&number, purpose_for(dossier)).await?;
        if is_unsure(&check) {
            return Ok(false);
        }
        self.change(dossier.id, |change| {
            if change.dossier.applicant.owner.number == number {
                change.dossier.guide_due = !is_registered(&check);
                change.dossier.identity = check;
            }
            Ok(())
        })?;
        Ok(true)
    }

    /// The owner was told how to get an account.
    ///
    /// # Errors
    /// Unknown dossier, the vault is closed.
    pub async fn guided(&self, id: DossierId) -> Result<Dossier, DeskError> {
        self.change(id, |change| {
            change.dossier.guide_due = false;
            Ok(())
        })
    }

    /// The owner as the newest earlier dossier of this counter has him.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn owner_hint(&self, number: &IdNumber) -> Result<Option<Party>, DeskError> {
        let known = self.vault.dossiers(number.value(), 50)?;
        Ok(known
            .into_iter()
            .map(|d| d.applicant.owner)
            .find(|owner| owner.number == *number || owner.aliases.contains(number)))
    }

    /// Outcome of the last check of this number in this session; `NotAsked` when there was none.
    #[must_use]
    pub fn last_check(&self, number: &IdNumber) -> IdentityCheck {
        self.live().checked.get(number).cloned().unwrap_or(IdentityCheck::NotAsked)
    }

    /// One question to the service; answers are remembered durably before they are shown.
    pub(crate) async fn ask_identity(
        &self,
        number: &IdNumber,
        purpose: Purpose,
    ) -> Result<(IdentityCheck, Option<String>), DeskError> {
        let remembered = self.vault.identity(number)?;
        let asked = self.warehouse.identity(number, purpose).await;
        let at = self.clock.now();
        let cached = |fallback: IdentityCheck| {
            remembered.map_or(fallback, |c| IdentityCheck::Answered {
                answer: c.answer,
                at: c.at,
                cached: true,
            })
        };
        let (check, name) = match asked {
            Ok(reply) => {
                let seen = CachedIdentity { answer: reply.answer, at: reply.at };
                let _writing = self.writing();
                self.vault.commit(&Batch { identities: vec![(number.clone(), seen)], ..Batch::default() })?;
                (
                    IdentityCheck::Answered { answer: reply.answer, at: reply.at, cached: false },
                    reply.name.filter(|n| !n.trim().is_empty()),
                )
            }
            Err(error) => {
                let failed = |fault| IdentityCheck::LinkFailed { at, fault };
                let silence = match error {
                    LinkError::IdentityDown => IdentityCheck::ServiceDown { at },
                    LinkError::Offline => IdentityCheck::Offline { at },
                    LinkError::Trouble { .. } => failed(LinkFault::Trouble),
                    LinkError::Malformed => failed(LinkFault::Malformed),
                    LinkError::Intercepted => failed(LinkFault::Intercepted),
                    LinkError::Unauthorized | LinkError::Revoked => failed(LinkFault::Unauthorized),
                    LinkError::Refused(_) | LinkError::Cancelled => return Err(error.into()),
                };
                (cached(silence), None)
            }
        };
        self.live().checked.insert(number.clone(), check.clone());
        Ok((check, name))
    }
}

/// What its owner is looked up for while this is done with a dossier.
pub(crate) fn purpose_for(dossier: &Dossier) -> Purpose {
    match (&dossier.state, &dossier.result) {
        (DossierState::Draft | DossierState::Declined(_) | DossierState::SetAside(_), _) => Purpose::Intake,
        (DossierState::Accepted { .. }, None) | (DossierState::Withdrawn { .. }, _) => Purpose::Correction,
        (DossierState::Accepted { .. }, Some(_)) | (DossierState::Completed { .. }, _) => {
            Purpose::ResultReturn
        }
    }
}

/// Not the service's own answer: none, or one remembered from an earlier day.
pub(crate) fn is_unsure(check: &IdentityCheck) -> bool {
    match check {
        IdentityCheck::Answered { cached, .. } => *cached,
        IdentityCheck::Offline { .. }
        | IdentityCheck::ServiceDown { .. }
        | IdentityCheck::LinkFailed { .. } => true,
        IdentityCheck::NotAsked => false,
    }
}

fn is_registered(check: &IdentityCheck) -> bool {
    matches!(check, IdentityCheck::Answered { answer: IdentityAnswer::Registered, .. })
}
