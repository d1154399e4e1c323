//! What an administrator asks and does over HTTPS. The lists are the whole province's: who changes them has a grant
//! that reaches all of it. Officers and machines are kept within the grant. Every act goes through the functions the
//! command line uses, and is in the audit under the officer's name.

use crate::audit::Hand;
use crate::enrol::DeviceError;
use crate::officers::{GrantReport, GrantWish, OfficerError, OfficerReport};
use crate::problem::Refusal;
use crate::reference::{self, ReferenceError};
use crate::warehouse::{Caller, Warehouse};
use crate::{Reference, ServeError};
use motcua_dossier::{Day, DeviceId};
use motcua_wire::{
    ActDone, AdminAct, AdminReply, AdminRequest, MAX_EDITS, MAX_TEXT, MachineLine, OfficerGrant, OfficerLine,
    People, Role, SheetChange, Unit,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Crockford's letters, as for the codes of machines.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl From<ReferenceError> for Refusal {
    fn from(error: ReferenceError) -> Self {
        match error {
            ReferenceError::Store(error) => error.into(),
            ReferenceError::VersionUnknown => Self::ReferenceUnknown,
            ReferenceError::Overtaken => Self::ReferenceOvertaken,
            ReferenceError::Serve(error) => error.into(),
            ReferenceError::Io(_) | ReferenceError::Export(_) => Self::StorageTrouble,
        }
    }
}

impl From<ServeError> for Refusal {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "warehouse failed");
                Self::StorageTrouble
            }
        }
    }
}

impl From<OfficerError> for Refusal {
    fn from(error: OfficerError) -> Self {
        match error {
            OfficerError::Unknown(_) | OfficerError::Grant(_) => Self::AdminGone,
            OfficerError::Exists(_) => Self::OfficerExists,
            OfficerError::Serve(error) => error.into(),
            OfficerError::Name
            | OfficerError::Secret
            | OfficerError::Node(_)
            | OfficerError::Field(_)
            | OfficerError::Days => Self::AdminUnfit,
        }
    }
}

impl From<DeviceError> for Refusal {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Unknown(_) => Self::AdminGone,
            DeviceError::Name | DeviceError::Request => Self::AdminUnfit,
            DeviceError::Serve(error) => error.into(),
        }
    }
}

/// An administrator at work.
struct Admin<'a> {
    warehouse: &'a Warehouse,
    reference: Arc<Reference>,
    caller: &'a Caller,
    login: &'a str,
    nodes: &'a [String],
    today: Day,
}

impl Warehouse {
    /// Answers an administrator.
    pub(crate) fn administer(&self, caller: &Caller, asked: AdminRequest) -> Result<AdminReply, Refusal> {
        let session = caller.session.as_ref().filter(|session| !session.administers.is_empty());
        let session = session.ok_or(Refusal::AdminNotGranted)?;
        let admin = Admin {
            warehouse: self,
            reference: self.reference()?.ok_or(Refusal::ReferenceAbsent)?,
            caller,
            login: &session.officer,
            nodes: &session.administers,
            today: self.now().day(),
        };
        admin.answer(asked)
    }
}

impl Admin<'_> {
    fn answer(&self, asked: AdminRequest) -> Result<AdminReply, Refusal> {
        let w = self.warehouse;
        Ok(match asked {
            AdminRequest::Sheets { version } => {
                AdminReply::Sheets(reference::sheets(w, version, self.keeps_everything())?)
            }
            AdminRequest::Rows { version, sheet } => {
                let rows = reference::rows(w, version, &sheet)?.ok_or(Refusal::AdminGone)?;
                AdminReply::Rows { rows }
            }
            AdminRequest::Change(wish) => AdminReply::Change(self.change(&wish)?),
            AdminRequest::Versions {} => AdminReply::Versions { versions: reference::version_lines(w)? },
            AdminRequest::Diff { from, to } => AdminReply::Diff { rows: reference::diff_rows(w, from, to)? },
            AdminRequest::History { sheet, key } => {
                AdminReply::History { steps: reference::row_steps(w, &sheet, &key)? }
            }
            AdminRequest::People {} => AdminReply::People(self.people()?),
            AdminRequest::Act(act) => AdminReply::Act(self.act(act)?),
        })
    }

    fn hand(&self) -> Hand {
        Hand::of(self.caller.device, self.login)
    }

    /// The grant reaches every node there is today.
    fn keeps_everything(&self) -> bool {
        let ended = |until: Option<Day>| until.is_some_and(|until| until < self.today);
        let nodes = self.reference.data.tree.iter().filter(|node| !ended(node.until));
        nodes.into_iter().all(|node| self.keeps(&node.id))
    }

    fn keeps(&self, node: &str) -> bool {
        self.nodes.iter().any(|own| self.reference.tree.is_under(node, own, self.today))
    }

    fn require_node(&self, node: &str) -> Result<(), Refusal> {
        if self.keeps(node) { Ok(()) } else { Err(Refusal::AdminBeyondGrant) }
    }

    fn agencies(&self) -> BTreeSet<String> {
        let reached = self.nodes.iter().map(|node| self.reference.tree.reach(node, self.today));
        reached.flatten().collect()
    }

    fn require_agency(&self, agency: &str) -> Result<(), Refusal> {
        if self.agencies().contains(agency) { Ok(()) } else { Err(Refusal::AdminBeyondGrant) }
    }

    fn change(&self, wish: &SheetChange) -> Result<motcua_wire::ChangeReport, Refusal> {
        if !self.keeps_everything() {
            return Err(Refusal::AdminBeyondGrant);
        }
        let told = !wish.reason.trim().is_empty() && wish.reason.chars().count() <= MAX_TEXT;
        if wish.edits.len() > MAX_EDITS || wish.save && !told {
            return Err(Refusal::AdminUnfit);
        }
        Ok(reference::change(self.warehouse, &self.hand(), wish)?)
    }

    fn people(&self) -> Result<People, Refusal> {
        let officers = self.warehouse.officers()?.into_iter().filter(|officer| self.keeps(&officer.node));
        let agencies = self.agencies();
        let machines = self.warehouse.devices()?.into_iter().filter(|m| agencies.contains(&m.agency));
        let tree = &self.reference.data.tree;
        let here = tree.iter().filter(|n| n.until.is_none_or(|until| until >= self.today));
        let units = here.filter(|node| self.keeps(&node.id)).map(|node| Unit {
            id: node.id.clone(),
            name: node.name.clone(),
            agency: node.agency_code.clone(),
        });
        let fields: BTreeSet<String> =
            self.reference.data.procedures.iter().map(|p| p.field.clone()).collect();
        Ok(People {
            officers: officers.map(line).collect(),
            machines: machines
                .map(|m| MachineLine {
                    id: m.id,
                    agency: m.agency,
                    name: m.name,
                    portal: m.portal,
                    revoked: m.revoked,
                    certificate_until: m.certificate_until,
                })
                .collect(),
            units: units.collect(),
            fields: fields.into_iter().filter(|field| !field.is_empty()).collect(),
        })
    }

    fn act(&self, act: AdminAct) -> Result<ActDone, Refusal> {
        let (w, hand) = (self.warehouse, self.hand());
        match act {
            AdminAct::AddOfficer { login, name, node } => {
                self.require_node(&node)?;
                let secret = first_secret()?;
                w.add_officer(&hand, (&login, &name, &node), &secret)?;
                Ok(told(&secret))
            }
            AdminAct::NewSecret { login } => {
                self.require_whole(&self.require_officer(&login)?)?;
                self.require_other(&login)?;
                let secret = first_secret()?;
                w.set_officer_secret(&hand, &login, &secret)?;
                Ok(told(&secret))
            }
            AdminAct::EndOfficer { login, ended } => {
                self.require_whole(&self.require_officer(&login)?)?;
                self.require_other(&login)?;
                w.end_officer(&hand, &login, ended)?;
                Ok(ActDone::default())
            }
            AdminAct::Grant { login, role, node, procedures, from, until } => {
                let officer = self.require_officer(&login)?;
                self.require_other(&login)?;
                self.require_node(&node)?;
                let from = Some(from.unwrap_or(self.today));
                self.require_grantable(role, procedures.as_deref(), (from, until))?;
                // Said twice it is one grant: the answer may have been lost.
                let same = |held: &GrantReport| {
                    (held.role, held.from, held.until) == (role, from, until)
                        && held.node == node
                        && held.procedures == procedures
                };
                if officer.grants.iter().any(same) {
                    return Ok(ActDone::default());
                }
                w.grant(&hand, &login, &GrantWish { role, node, procedures, from, until })?;
                Ok(ActDone::default())
            }
            AdminAct::Revoke { login, grant } => {
                let officer = self.require_officer(&login)?;
                self.require_other(&login)?;
                let held = officer.grants.iter().find(|held| held.id == grant).ok_or(Refusal::AdminGone)?;
                self.require_node(&held.node)?;
                w.revoke_grant(&hand, grant)?;
                Ok(ActDone::default())
            }
            AdminAct::MachineCode { agency, name } => {
                self.require_agency(agency.as_str())?;
                Ok(told_code(w.device_code(&hand, &agency, &name)?))
            }
            AdminAct::MachineCodeAgain { machine } => {
                self.require_machine(machine)?;
                Ok(told_code(w.device_code_again(&hand, machine)?))
            }
            AdminAct::RevokeMachine { machine } => {
                self.require_machine(machine)?;
                w.revoke_device(&hand, machine)?;
                Ok(ActDone::default())
            }
        }
    }

    /// An officer of another office is as absent as one who is nowhere.
    fn require_officer(&self, login: &str) -> Result<OfficerReport, Refusal> {
        let found = self.warehouse.officers()?.into_iter().find(|officer| officer.login == login);
        found.filter(|officer| self.keeps(&officer.node)).ok_or(Refusal::AdminGone)
    }

    /// Whoever takes over or ends an officer keeps all his rights: those beyond his own grant are not his to have.
    fn require_whole(&self, officer: &OfficerReport) -> Result<(), Refusal> {
        let running = |grant: &&GrantReport| grant.until.is_none_or(|until| until >= self.today);
        officer.grants.iter().filter(running).try_for_each(|grant| self.require_node(&grant.node))
    }

    /// No right is given for days that are over, since what was done on them would become rightful; and nobody makes an
    /// administrator for longer than he is one.
    fn require_grantable(
        &self,
        role: Role,
        field: Option<&str>,
        (from, until): (Option<Day>, Option<Day>),
    ) -> Result<(), Refusal> {
        if from.is_some_and(|from| from < self.today) {
            return Err(Refusal::AdminUnfit);
        }
        if role != Role::Administrator {
            return Ok(());
        }
        if field.is_some_and(|field| !field.trim().is_empty()) {
            return Err(Refusal::AdminUnfit);
        }
        let outlasts = |own: Day| until.is_none_or(|until| until > own);
        if self.own_end()?.is_some_and(outlasts) { Err(Refusal::AdminBeyondGrant) } else { Ok(()) }
    }

    /// The last day of his own grants as an administrator; none when one has no end.
    fn own_end(&self) -> Result<Option<Day>, Refusal> {
        let own = self.warehouse.officers()?.into_iter().find(|officer| officer.login == self.login);
        let own = own.into_iter().flat_map(|officer| officer.grants);
        let ends: Vec<_> = own.filter(|g| g.role == Role::Administrator).map(|g| g.until).collect();
        if ends.contains(&None) { Ok(None) } else { Ok(ends.into_iter().flatten().max()) }
    }

    /// Nobody takes or gives himself rights: an office would have nobody left to give them back, and a grant no bound.
    fn require_other(&self, login: &str) -> Result<(), Refusal> {
        if login == self.login { Err(Refusal::AdminOwnRight) } else { Ok(()) }
    }

    fn require_machine(&self, machine: DeviceId) -> Result<(), Refusal> {
        let found = self.warehouse.records.read(|v| v.device(machine))?.ok_or(Refusal::AdminGone)?;
        self.require_agency(&found.agency).map_err(|_| Refusal::AdminGone)
    }
}

fn line(officer: OfficerReport) -> OfficerLine {
    let grants = officer.grants.into_iter().map(|held| OfficerGrant {
        id: held.id,
        role: held.role,
        node: held.node,
        procedures: held.procedures,
        from: held.from,
        until: held.until,
    });
    OfficerLine {
        login: officer.login,
        name: officer.name,
        node: officer.node,
        ended: officer.ended,
        has_secret: officer.has_secret,
        grants: grants.collect(),
    }
}

/// A secret somebody reads off a screen and types once: 80 bits.
fn first_secret() -> Result<Zeroizing<String>, Refusal> {
    let drawn = Zeroizing::new(crate::enrol::random::<16>()?);
    let mut secret = Zeroizing::new(String::with_capacity(19));
    for (at, byte) in drawn.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            secret.push('-');
        }
        secret.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(secret)
}

fn told(secret: &Zeroizing<String>) -> ActDone {
    ActDone { secret: Some(secret.to_string()), until: None }
}

fn told_code(code: crate::DeviceCode) -> ActDone {
    ActDone { secret: Some(code.code), until: Some(code.until) }
}
