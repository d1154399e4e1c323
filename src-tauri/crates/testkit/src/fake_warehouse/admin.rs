//! The administrator's part of the twin. It keeps one list, the calendar's days off; the others are the real
//! warehouse's to read.

use super::State;
use crate::FRIDAY_MORNING;
use motcua_desk::ports::{KnownOfficer, LinkError};
use motcua_dossier::{Day, DayOff, ReferenceData, Timestamp};
use motcua_wire::{
    ActDone, AdminAct, AdminReply, AdminRequest, Change, ChangeReport, ColumnKind, EditFault, NewerVersion,
    OfficerGrant, OfficerLine, People, RowDiff, RowFate, RowStep, SheetChange, SheetColumn, SheetHead,
    SheetList, SheetRow, Unit, VersionLine,
};
use std::collections::BTreeMap;

const LIST: &str = "lich";
const COLUMNS: [&str; 3] = ["ngay", "loai", "ly_do"];

/// A version that was in force, or is.
pub(super) struct Kept {
    pub(super) data: ReferenceData,
    pub(super) reason: String,
    pub(super) officer: String,
}

fn refused(code: &str) -> LinkError {
    LinkError::Refused(code.to_owned())
}

fn rows_of(data: &ReferenceData) -> Vec<SheetRow> {
    let row = |off: &DayOff| {
        let day = off.day.format_vn();
        SheetRow { key: day.clone(), cells: vec![day, "nghỉ".into(), off.reason.clone()] }
    };
    data.calendar.days_off.iter().map(row).collect()
}

fn diff(before: &ReferenceData, after: &ReferenceData) -> Vec<RowDiff> {
    let by_key = |data: &ReferenceData| -> BTreeMap<String, Vec<String>> {
        rows_of(data).into_iter().map(|row| (row.key, row.cells)).collect()
    };
    let (old, mut new) = (by_key(before), by_key(after));
    let of = |key: String, fate| RowDiff { sheet: LIST.into(), key, fate, cells: vec![] };
    let mut found = vec![];
    for (key, cells) in old {
        match new.remove(&key) {
            None => found.push(of(key, RowFate::Removed)),
            Some(after) if after != cells => found.push(of(key, RowFate::Changed)),
            Some(_) => {}
        }
    }
    found.extend(new.into_keys().map(|key| of(key, RowFate::Added)));
    found
}

impl State {
    pub(super) fn administer(
        &mut self,
        known: Option<&KnownOfficer>,
        asked: &AdminRequest,
    ) -> Result<AdminReply, LinkError> {
        let admin = |known: &&KnownOfficer| known.roles.contains(&motcua_wire::Role::Administrator);
        let login = known.filter(admin).ok_or_else(|| refused("adminNotGranted"))?.login.clone();
        Ok(match asked {
            AdminRequest::Sheets { version } => {
                let data = self.version(version.unwrap_or(self.reference.version))?;
                let column = |name: &&str| SheetColumn {
                    name: (*name).into(),
                    title: (*name).into(),
                    kind: ColumnKind::Text,
                };
                let head = SheetHead {
                    name: LIST.into(),
                    about: "Ngày nghỉ".into(),
                    columns: COLUMNS.iter().map(column).collect(),
                    key: 1,
                    rows: u32::try_from(data.calendar.days_off.len()).unwrap_or(u32::MAX),
                };
                AdminReply::Sheets(SheetList {
                    version: data.version,
                    effective_at: data.effective_at,
                    may_change: true,
                    sheets: vec![head],
                })
            }
            AdminRequest::Rows { version, sheet } => {
                let data = self.version(*version)?;
                let rows = Some(rows_of(data)).filter(|_| sheet == LIST);
                AdminReply::Rows { rows: rows.ok_or_else(|| refused("adminGone"))? }
            }
            AdminRequest::Change(wish) => AdminReply::Change(self.change(&login, wish)?),
            AdminRequest::Versions {} => AdminReply::Versions { versions: self.version_lines() },
            AdminRequest::Diff { from, to } => {
                AdminReply::Diff { rows: diff(self.version(*from)?, self.version(*to)?) }
            }
            AdminRequest::History { sheet: _, key } => AdminReply::History { steps: self.history(key) },
            AdminRequest::People {} => AdminReply::People(self.people()),
            AdminRequest::Act(act) => AdminReply::Act(self.admin_act(&login, act)?),
        })
    }

    fn version(&self, version: u64) -> Result<&ReferenceData, LinkError> {
        let kept = self.versions.iter().map(|kept| &kept.data).chain([&self.reference]);
        kept.into_iter().find(|data| data.version == version).ok_or_else(|| refused("referenceUnknown"))
    }

    fn change(&mut self, login: &str, wish: &SheetChange) -> Result<ChangeReport, LinkError> {
        if wish.save && wish.reason.trim().is_empty() {
            return Err(refused("adminUnfit"));
        }
        let before = self.reference.clone();
        if wish.base != before.version {
            let rows = diff(self.version(wish.base)?, &before);
            let newer = Some(NewerVersion { version: before.version, rows });
            return Ok(ChangeReport { newer, ..ChangeReport::default() });
        }
        let mut data = match wish.like {
            Some(version) => ReferenceData {
                version: before.version,
                effective_at: before.effective_at,
                ..self.version(version)?.clone()
            },
            None => before.clone(),
        };
        let faults = edit(&mut data, wish);
        if !faults.is_empty() {
            return Ok(ChangeReport { faults, ..ChangeReport::default() });
        }
        let effective_at = Some(FRIDAY_MORNING);
        let mut report = ChangeReport { rows: diff(&before, &data), effective_at, ..ChangeReport::default() };
        if data == before {
            (report.unchanged, report.version) = (true, Some(before.version));
        } else if wish.save {
            data.version = before.version + 1;
            data.effective_at = effective_at;
            report.version = Some(data.version);
            self.versions.push(Kept {
                data: std::mem::replace(&mut self.reference, data),
                reason: std::mem::replace(&mut self.reason, wish.reason.clone()),
                officer: std::mem::replace(&mut self.reference_by, login.to_owned()),
            });
            self.feed.push(Change::Reference { version: self.reference.version });
        }
        Ok(report)
    }

    fn version_lines(&self) -> Vec<VersionLine> {
        let line = |data: &ReferenceData, reason: &str, officer: &str, in_force| VersionLine {
            version: data.version,
            effective_at: data.effective_at.unwrap_or(Timestamp(0)),
            made_at: data.effective_at.unwrap_or(Timestamp(0)),
            reason: reason.to_owned(),
            officer: officer.to_owned(),
            in_force,
            planned: false,
        };
        let now = line(&self.reference, &self.reason, &self.reference_by, true);
        let before = self.versions.iter().rev();
        let before = before.map(|kept| line(&kept.data, &kept.reason, &kept.officer, false));
        std::iter::once(now).chain(before).collect()
    }

    fn history(&self, key: &str) -> Vec<RowStep> {
        let all = self.versions.iter().map(|kept| &kept.data).chain([&self.reference]);
        let nothing = ReferenceData::default();
        let (mut before, mut steps) = (&nothing, vec![]);
        for data in all {
            let change = diff(before, data).into_iter().find(|change| change.key == key);
            steps.extend(change.map(|change| RowStep {
                version: data.version,
                effective_at: data.effective_at.unwrap_or(Timestamp(0)),
                change,
            }));
            before = data;
        }
        steps
    }

    fn people(&self) -> People {
        let mut officers = vec![];
        for (login, (secret, known)) in &self.officers {
            let grants = known.roles.iter().zip(1..).map(|(role, id)| OfficerGrant {
                id,
                role: *role,
                node: self.reference.tree.first().map(|node| node.id.clone()).unwrap_or_default(),
                procedures: None,
                from: None,
                until: None,
            });
            officers.push(OfficerLine {
                login: login.clone(),
                name: known.name.clone(),
                node: self.reference.tree.first().map(|node| node.id.clone()).unwrap_or_default(),
                ended: secret.is_empty(),
                has_secret: !secret.is_empty(),
                grants: grants.collect(),
            });
        }
        officers.sort_by(|a, b| a.login.cmp(&b.login));
        let unit = |node: &motcua_dossier::OrgNode| Unit {
            id: node.id.clone(),
            name: node.name.clone(),
            agency: node.agency_code.clone(),
        };
        let units = self.reference.tree.iter().map(unit).collect();
        People { officers, machines: vec![], units, fields: vec![] }
    }

    fn admin_act(&mut self, own: &str, act: &AdminAct) -> Result<ActDone, LinkError> {
        let known = |state: &Self, login: &str| {
            if state.officers.contains_key(login) { Ok(()) } else { Err(refused("adminGone")) }
        };
        let other = |login: &str| if login == own { Err(refused("adminOwnRight")) } else { Ok(()) };
        let told = |secret: &str| ActDone { secret: Some(secret.to_owned()), until: None };
        match act {
            AdminAct::AddOfficer { login, name, node } => {
                if !self.reference.tree.iter().any(|known| known.id == *node) {
                    return Err(refused("adminBeyondGrant"));
                }
                if self.officers.contains_key(login) {
                    return Err(refused("officerExists"));
                }
                let officer = KnownOfficer { login: login.clone(), name: name.clone(), roles: vec![] };
                self.officers.insert(login.clone(), ("MAU-1234-5678".into(), officer));
                return Ok(told("MAU-1234-5678"));
            }
            AdminAct::NewSecret { login } => {
                known(self, login)?;
                if let Some((secret, _)) = self.officers.get_mut(login) {
                    *secret = "MAU-8765-4321".into();
                }
                return Ok(told("MAU-8765-4321"));
            }
            AdminAct::EndOfficer { login, ended } => {
                known(self, login)?;
                other(login)?;
                if let Some((secret, known)) = self.officers.get_mut(login).filter(|_| *ended) {
                    secret.clear();
                    known.roles.clear();
                }
            }
            AdminAct::Grant { login, role, .. } => {
                known(self, login)?;
                if let Some((_, known)) = self.officers.get_mut(login) {
                    known.roles.push(*role);
                }
            }
            AdminAct::Revoke { login, grant } => {
                known(self, login)?;
                other(login)?;
                let at = usize::try_from(grant - 1).unwrap_or(usize::MAX);
                let held = self.officers.get_mut(login).filter(|(_, known)| at < known.roles.len());
                held.ok_or_else(|| refused("adminGone"))?.1.roles.remove(at);
            }
            AdminAct::MachineCode { .. } | AdminAct::MachineCodeAgain { .. } => {
                return Ok(ActDone { secret: Some("0000-1111-2222".into()), until: Some(FRIDAY_MORNING) });
            }
            AdminAct::RevokeMachine { machine } => {
                self.revoked.insert(*machine);
            }
        }
        Ok(ActDone::default())
    }
}

fn edit(data: &mut ReferenceData, wish: &SheetChange) -> Vec<EditFault> {
    let wrong = |key: &str, column: Option<&str>, code: &str| EditFault {
        sheet: LIST.into(),
        key: key.into(),
        column: column.map(str::to_owned),
        code: code.into(),
        message: "Sai".into(),
    };
    let mut faults = vec![];
    for edit in &wish.edits {
        let days = &mut data.calendar.days_off;
        let at = edit.key.as_ref().map(|key| days.iter().position(|off| off.day.format_vn() == *key));
        if at == Some(None) {
            faults.push(wrong("", None, "rowGone"));
            continue;
        }
        let Some(cells) = &edit.cells else {
            if let Some(Some(at)) = at {
                days.remove(at);
            }
            continue;
        };
        let text = |n: usize| cells.get(n).cloned().unwrap_or_default();
        let Ok(day) = Day::parse(&text(0)) else {
            faults.push(wrong(&text(0), Some("ngay"), "valueMalformed"));
            continue;
        };
        let off = DayOff { day, reason: text(2) };
        match at.flatten().and_then(|at| days.get_mut(at)) {
            Some(held) => *held = off,
            None => days.push(off),
        }
    }
    faults
}
