//! Dossiers of the office, conflicts and the comparison with the warehouse as the page shows them.

use crate::view;
use motcua_desk as desk;
use motcua_dossier as domain;
use serde_json::Value;

/// How rows of a dossier are called among its values.
const COMPONENT: &str = "components.";

impl From<&domain::TakenUp> for view::TakenUp {
    fn from(from: &domain::TakenUp) -> Self {
        Self { counter: from.counter.clone(), officer: from.officer.clone(), at: from.at.into() }
    }
}

impl From<&domain::Settlement> for view::Settlement {
    fn from(settled: &domain::Settlement) -> Self {
        Self {
            at: settled.at.into(),
            officer: settled.officer.clone(),
            differences: settled.differences.iter().map(Into::into).collect(),
        }
    }
}

impl From<&domain::Holder> for view::Holder {
    fn from(holder: &domain::Holder) -> Self {
        Self { counter: holder.counter.clone(), officer: holder.officer.clone(), until: holder.until.into() }
    }
}

impl From<&domain::OfficeDossier> for view::OfficeLine {
    fn from(row: &domain::OfficeDossier) -> Self {
        let done = row.returned_at.is_some();
        Self {
            id: row.id.to_string(),
            code: row.code.to_string(),
            owner_name: row.owner_name.clone(),
            owner_number: row.owner_number.masked(),
            procedure_name: row.procedure_name.clone(),
            state: if done { view::DossierStateName::Completed } else { view::DossierStateName::Accepted },
            accepted_at: row.accepted_at.into(),
            deadline: row.deadline.day.format_iso(),
            phase: super::steps::phase(row.phase).0,
            seat: row.seat.as_ref().map(Into::into),
            on_its_way: row.on_its_way,
            officer: row.officer.clone(),
            counter: row.counter.clone(),
            holder: row.holder.as_ref().map(Into::into),
        }
    }
}

impl From<&desk::Work> for view::Work {
    fn from(work: &desk::Work) -> Self {
        let (state, holder) = match work {
            desk::Work::OnlyHere => (view::WorkState::OnlyHere, None),
            desk::Work::Held { .. } => (view::WorkState::Held, None),
            desk::Work::Elsewhere(holder) => (view::WorkState::Elsewhere, Some(holder.into())),
            desk::Work::Unasked => (view::WorkState::Unasked, None),
        };
        Self { state, holder }
    }
}

impl From<&desk::Conflict> for view::Conflict {
    fn from(conflict: &desk::Conflict) -> Self {
        let held_by = conflict.kept.held_by.as_ref().map(|lease| view::Holder {
            counter: String::new(),
            officer: lease.officer.clone(),
            until: lease.until.into(),
        });
        Self {
            op: conflict.line.op.to_string(),
            dossier: conflict.line.dossier.to_string(),
            kind: conflict.line.kind.into(),
            at: conflict.kept.at.into(),
            held_by,
            differences: conflict.differences.iter().map(Into::into).collect(),
            added: conflict.added,
        }
    }
}

impl From<&domain::Difference> for view::ConflictField {
    fn from(difference: &domain::Difference) -> Self {
        let row = difference.field.strip_prefix(COMPONENT).and_then(|number| number.parse().ok());
        let field = if row.is_some() { "component".to_owned() } else { difference.field.clone() };
        let value = |text: &Option<String>| {
            let read = text.as_ref().and_then(|text| serde_json::from_str::<Value>(text).ok());
            read.map(|value| facts(&field, &value)).unwrap_or_default()
        };
        Self {
            row,
            ours: value(&difference.ours),
            theirs: value(&difference.theirs),
            taken: difference.taken.map(Into::into),
            field,
        }
    }
}

/// The name a choice is about, as the desk has it.
pub(crate) fn field_name(choice: &view::SideChoice) -> String {
    match choice.row {
        Some(number) => format!("{COMPONENT}{number:04}"),
        None => choice.field.clone(),
    }
}

/// A value line by line, as an officer reads it.
fn facts(field: &str, value: &Value) -> Vec<view::Fact> {
    use view::FactForm as F;
    let fact = |name: &str, form: F, at: &Value| {
        let text = match at {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (!text.is_empty()).then(|| view::Fact { name: name.to_owned(), form, text })
    };
    let of = |name: &str, form: F, path: &str| value.pointer(path).and_then(|at| fact(name, form, at));
    let lines = match field {
        "owner" | "submitter" => vec![
            of("name", F::Text, "/name"),
            of("number", F::Text, "/number"),
            of("address", F::Text, "/address"),
            of("phone", F::Text, "/phone"),
        ],
        "result" => vec![
            of("name", F::Text, "/record/metadata/name"),
            of("decision", F::Text, "/record/metadata/decision_number"),
            of("issued", F::Day, "/record/metadata/issued_on"),
            of("issuer", F::Text, "/record/metadata/issuer"),
            of("returned", F::Moment, "/returned_at"),
            of("officer", F::Text, "/officer"),
        ],
        "outcome" => vec![
            of("decided", F::Word, "/kind"),
            of("code", F::Text, "/code"),
            of("reasons", F::Text, "/reasons/0"),
            of("officer", F::Text, "/officer"),
            of("at", F::Moment, "/at"),
        ],
        "component" => vec![
            of("name", F::Text, "/name"),
            of("source", F::Word, "/source/source"),
            of("database", F::Text, "/source/database"),
        ],
        "identity" => vec![of("answer", F::Word, "/answer"), of("at", F::Moment, "/at")],
        "deadline" => vec![of("", F::Day, "/day")],
        "accepted_at" => vec![fact("", F::Moment, value)],
        "fee" => vec![fact("", F::Money, value)],
        "channel" | "return_method" => vec![fact("", F::Word, value)],
        _ => vec![fact("", F::Text, value)],
    };
    lines.into_iter().flatten().collect()
}

impl From<&desk::Finding> for view::FindingName {
    fn from(finding: &desk::Finding) -> Self {
        match finding {
            desk::Finding::Received => Self::Received,
            desk::Finding::Arriving => Self::Arriving,
            desk::Finding::Kept => Self::Kept,
            desk::Finding::Waiting => Self::Waiting,
            desk::Finding::Refused => Self::Refused,
            desk::Finding::Unknown => Self::Unknown,
            desk::Finding::Differs => Self::Differs,
        }
    }
}

/// A day of the comparison; `code` tells a dossier's code.
pub(crate) fn reconciled_day(
    day: &desk::ReconciledDay,
    code: impl Fn(domain::DossierId) -> Option<String>,
) -> view::ReconciledDay {
    use desk::Finding as F;
    let line = |line: &desk::ReconciledLine| view::ReconciledLine {
        op: line.item.op.to_string(),
        dossier: line.item.dossier.to_string(),
        dossier_code: code(line.item.dossier),
        kind: line.item.kind.into(),
        finding: (&line.finding).into(),
        queued_at: line.item.queued_at.into(),
    };
    let open = day.lines.iter().filter(|line| line.finding != F::Received);
    view::ReconciledDay {
        day: day.day.format_iso(),
        sent: super::small(day.lines.len()),
        received: day.count(&[F::Received, F::Arriving]),
        kept: day.count(&[F::Kept]),
        waiting: day.count(&[F::Waiting, F::Refused]),
        unknown: day.count(&[F::Unknown]),
        differs: day.count(&[F::Differs]),
        lines: open.map(line).collect(),
    }
}
