//! The administrator's lists, officers and machines as the page shows them, and what it sends back.

use super::{clean, day, small};
use crate::view::{self, AppError};
use motcua_desk as desk;
use motcua_dossier::{AgencyCode, Day, DeviceId};

impl From<desk::AdminLists> for view::AdminSheets {
    fn from(desk::AdminLists { list, kept }: desk::AdminLists) -> Self {
        let sheets = list.sheets.into_iter().map(|head| {
            let columns = head.columns.into_iter().map(|column| {
                let (kind, words, notes) = match column.kind {
                    desk::ColumnKind::Text => (view::AdminKind::Text, vec![], vec![]),
                    desk::ColumnKind::Lines => (view::AdminKind::Lines, vec![], vec![]),
                    desk::ColumnKind::Number => (view::AdminKind::Number, vec![], vec![]),
                    desk::ColumnKind::Day => (view::AdminKind::Day, vec![], vec![]),
                    desk::ColumnKind::Choice { words, notes } => (view::AdminKind::Choice, words, notes),
                };
                view::AdminColumn { name: column.name, title: column.title, kind, words, notes }
            });
            let columns = columns.collect();
            view::AdminSheet { name: head.name, about: head.about, columns, key: head.key, rows: head.rows }
        });
        Self {
            version: small(list.version),
            effective_at: list.effective_at.map(Into::into),
            may_change: list.may_change,
            kept,
            sheets: sheets.collect(),
        }
    }
}

impl From<desk::SheetRow> for view::AdminRow {
    fn from(row: desk::SheetRow) -> Self {
        Self { key: row.key, cells: row.cells }
    }
}

impl TryFrom<view::AdminChange> for desk::SheetChange {
    type Error = AppError;

    fn try_from(change: view::AdminChange) -> Result<Self, AppError> {
        let edits = change.edits.into_iter().map(|edit| desk::SheetEdit {
            sheet: edit.sheet,
            key: edit.key,
            cells: edit.cells,
        });
        Ok(Self {
            base: change.base.into(),
            like: change.like.map(u64::from),
            edits: edits.collect(),
            from: day(change.from.as_ref())?,
            reason: clean(&change.reason),
            save: change.save,
        })
    }
}

impl From<desk::ChangeReport> for view::AdminReport {
    fn from(report: desk::ChangeReport) -> Self {
        let fault = |fault: desk::EditFault| view::AdminFault {
            sheet: fault.sheet,
            key: fault.key,
            column: fault.column,
            message: fault.message,
        };
        Self {
            version: report.version.map(small),
            unchanged: report.unchanged,
            effective_at: report.effective_at.map(Into::into),
            faults: report.faults.into_iter().map(fault).collect(),
            rows: report.rows.into_iter().map(Into::into).collect(),
            newer: report.newer.map(|newer| view::AdminNewer {
                version: small(newer.version),
                rows: newer.rows.into_iter().map(Into::into).collect(),
            }),
            replaced_by: report.replaced_by.map(small),
        }
    }
}

impl From<desk::RowDiff> for view::AdminDiff {
    fn from(row: desk::RowDiff) -> Self {
        let cells = row.cells.into_iter().map(|cell| view::AdminCell {
            column: cell.column,
            before: cell.before,
            after: cell.after,
        });
        Self { sheet: row.sheet, key: row.key, fate: row.fate.into(), cells: cells.collect() }
    }
}

impl From<desk::VersionLine> for view::AdminVersion {
    fn from(line: desk::VersionLine) -> Self {
        Self {
            version: small(line.version),
            effective_at: line.effective_at.into(),
            made_at: line.made_at.into(),
            reason: line.reason,
            officer: line.officer,
            in_force: line.in_force,
            planned: line.planned,
        }
    }
}

impl From<desk::RowStep> for view::AdminStep {
    fn from(step: desk::RowStep) -> Self {
        Self {
            version: small(step.version),
            effective_at: step.effective_at.into(),
            change: step.change.into(),
        }
    }
}

impl From<desk::People> for view::AdminPeople {
    fn from(people: desk::People) -> Self {
        let iso = |day: Option<Day>| day.map(Day::format_iso);
        let officers = people.officers.into_iter().map(|officer| view::AdminOfficer {
            login: officer.login,
            name: officer.name,
            node: officer.node,
            ended: officer.ended,
            has_secret: officer.has_secret,
            grants: officer
                .grants
                .into_iter()
                .map(|held| view::AdminGrant {
                    id: small(held.id),
                    role: held.role.into(),
                    node: held.node,
                    procedures: held.procedures,
                    from: iso(held.from),
                    until: iso(held.until),
                })
                .collect(),
        });
        let machines = people.machines.into_iter().map(|machine| view::AdminMachine {
            id: machine.id.to_string(),
            agency: machine.agency,
            name: machine.name,
            portal: machine.portal,
            revoked: machine.revoked,
            certificate_until: machine.certificate_until.map(Into::into),
        });
        let units = people.units.into_iter();
        Self {
            officers: officers.collect(),
            machines: machines.collect(),
            units: units
                .map(|unit| view::AdminUnit { id: unit.id, name: unit.name, agency: unit.agency })
                .collect(),
            fields: people.fields,
        }
    }
}

impl TryFrom<view::AdminAct> for desk::AdminAct {
    type Error = AppError;

    fn try_from(act: view::AdminAct) -> Result<Self, AppError> {
        use view::AdminAct as A;
        let machine = |text: &str| DeviceId::parse(text).map_err(|_| AppError::internal());
        Ok(match act {
            A::AddOfficer { login, name, node } => {
                Self::AddOfficer { login: clean(&login), name: clean(&name), node }
            }
            A::NewSecret { login } => Self::NewSecret { login },
            A::EndOfficer { login, ended } => Self::EndOfficer { login, ended },
            A::Grant { login, role, node, procedures, from, until } => Self::Grant {
                login,
                role: role.into(),
                node,
                procedures,
                from: day(from.as_ref())?,
                until: day(until.as_ref())?,
            },
            A::Revoke { login, grant } => Self::Revoke { login, grant: grant.into() },
            A::MachineCode { agency, name } => Self::MachineCode {
                agency: AgencyCode::parse(&agency).map_err(|_| AppError::internal())?,
                name: clean(&name),
            },
            A::MachineCodeAgain { machine: id } => Self::MachineCodeAgain { machine: machine(&id)? },
            A::RevokeMachine { machine: id } => Self::RevokeMachine { machine: machine(&id)? },
        })
    }
}

impl From<desk::ActDone> for view::AdminDone {
    fn from(done: desk::ActDone) -> Self {
        Self { secret: done.secret, until: done.until.map(Into::into) }
    }
}
