//! What an administrator asks of the warehouse and does there: lists of the reference data, officers, machines.

use motcua_dossier::{AgencyCode, Day, DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

/// Most rows one change may touch.
pub const MAX_EDITS: usize = 500;

/// One question or act. The warehouse answers with the variant of [`AdminReply`] of the same name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum AdminRequest {
    /// Which lists there are in a version; the one in force without one.
    Sheets {
        /// Version.
        version: Option<u64>,
    },
    /// The rows of one list.
    Rows {
        /// Version.
        version: u64,
        /// Which list.
        sheet: String,
    },
    /// A version made from another one: looked at, or made.
    Change(SheetChange),
    /// Every version, newest first.
    Versions {},
    /// What differs between two versions.
    Diff {
        /// The one before.
        from: u64,
        /// The one after.
        to: u64,
    },
    /// In which versions a row was not as before.
    History {
        /// Which list.
        sheet: String,
        /// Which row.
        key: String,
    },
    /// Officers and machines within the caller's grant.
    People {},
    /// Something done with an officer or a machine.
    Act(AdminAct),
}

/// Answers to [`AdminRequest`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum AdminReply {
    /// Lists.
    Sheets(SheetList),
    /// Rows.
    Rows {
        /// In the order of the list.
        rows: Vec<SheetRow>,
    },
    /// What became of a change.
    Change(ChangeReport),
    /// Versions.
    Versions {
        /// Newest first.
        versions: Vec<VersionLine>,
    },
    /// Differences.
    Diff {
        /// Row by row.
        rows: Vec<RowDiff>,
    },
    /// Versions of a row.
    History {
        /// In the order they came into force.
        steps: Vec<RowStep>,
    },
    /// Officers and machines.
    People(People),
    /// Done.
    Act(ActDone),
}

/// How a column is typed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ColumnKind {
    /// One line.
    Text,
    /// Several lines.
    Lines,
    /// A whole number or a percentage.
    Number,
    /// dd/MM/yyyy.
    Day,
    /// One of these words.
    Choice {
        /// The words.
        words: Vec<String>,
        /// What each of them means, where that needs saying; empty otherwise, and of a warehouse of before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
    },
}

/// A column of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetColumn {
    /// Stable name, as in the files.
    pub name: String,
    /// For people.
    pub title: String,
    /// How it is typed.
    pub kind: ColumnKind,
}

/// A list of the reference data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetHead {
    /// Stable name, as in the files.
    pub name: String,
    /// For people.
    pub about: String,
    /// Its columns.
    pub columns: Vec<SheetColumn>,
    /// So many columns, from the first, tell a row from the others.
    pub key: u32,
    /// Rows it has.
    pub rows: u32,
}

/// The lists of a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetList {
    /// Which version.
    pub version: u64,
    /// From when.
    pub effective_at: Option<Timestamp>,
    /// The caller may change them: they are the whole province's, so his grant must be too.
    pub may_change: bool,
    /// In the order of the workbook.
    pub sheets: Vec<SheetHead>,
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SheetRow {
    /// What tells it from the others.
    pub key: String,
    /// In the order of the columns.
    pub cells: Vec<String>,
}

/// What is done to one row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetEdit {
    /// Which list.
    pub sheet: String,
    /// The row it was; none for a new one.
    pub key: Option<String>,
    /// The row it becomes, cell by cell; none when it goes.
    pub cells: Option<Vec<String>>,
}

/// A version made from another one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetChange {
    /// The version the officer looked at. Is another one in force on the day, the answer says what differs.
    pub base: u64,
    /// The content of that version comes back; the edits come on top of it.
    pub like: Option<u64>,
    /// Row by row, at most [`MAX_EDITS`].
    pub edits: Vec<SheetEdit>,
    /// First day in force; at once without one.
    pub from: Option<Day>,
    /// Why; asked for when it is saved.
    pub reason: String,
    /// Make it; otherwise it is only looked at.
    pub save: bool,
}

/// One thing that is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EditFault {
    /// Which list.
    pub sheet: String,
    /// Which row; empty when it is about the whole.
    pub key: String,
    /// Column, when it is about one.
    pub column: Option<String>,
    /// Stable code.
    pub code: String,
    /// What is wrong and what to do, in Vietnamese.
    pub message: String,
}

/// A cell that is not the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CellDiff {
    /// Column.
    pub column: String,
    /// In the version before.
    pub before: String,
    /// In the version after.
    pub after: String,
}

/// What happened to a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFate {
    /// It came.
    Added,
    /// It went.
    Removed,
    /// It is another one.
    Changed,
}

/// A row that is not the same in two versions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowDiff {
    /// Which list.
    pub sheet: String,
    /// Which row.
    pub key: String,
    /// What happened to it.
    pub fate: RowFate,
    /// Cells that differ; of a changed row.
    pub cells: Vec<CellDiff>,
}

/// A version that came between.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewerVersion {
    /// Its number.
    pub version: u64,
    /// How it differs from the one the officer looked at.
    pub rows: Vec<RowDiff>,
}

/// What became of a change.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ChangeReport {
    /// The version that has the content now; none when nothing was made.
    pub version: Option<u64>,
    /// The content was there already.
    pub unchanged: bool,
    /// When it comes into force.
    pub effective_at: Option<Timestamp>,
    /// Everything that is wrong; with one fault nothing is made.
    pub faults: Vec<EditFault>,
    /// Row by row, against what would be in force without it.
    pub rows: Vec<RowDiff>,
    /// Another version is in force on that day than the one looked at; nothing is made.
    pub newer: Option<NewerVersion>,
    /// A version that comes into force later and replaces this one.
    pub replaced_by: Option<u64>,
}

/// A version as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VersionLine {
    /// Its number.
    pub version: u64,
    /// From when.
    pub effective_at: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// Why, or from which file.
    pub reason: String,
    /// By whom.
    pub officer: String,
    /// In force now.
    pub in_force: bool,
    /// Comes into force later.
    pub planned: bool,
}

/// A version in which a row was not as before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowStep {
    /// Version.
    pub version: u64,
    /// From when.
    pub effective_at: Timestamp,
    /// What happened.
    pub change: RowDiff,
}

/// A grant as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfficerGrant {
    /// Names it.
    pub id: i64,
    /// Role.
    pub role: crate::Role,
    /// Node of the tree.
    pub node: String,
    /// Field of procedures it is limited to.
    pub procedures: Option<String>,
    /// First day.
    pub from: Option<Day>,
    /// Last day.
    pub until: Option<Day>,
}

/// An officer as an administrator sees him.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfficerLine {
    /// Login name.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// Node of the tree he works in.
    pub node: String,
    /// Works here no longer.
    pub ended: bool,
    /// Can log in.
    pub has_secret: bool,
    /// What he may do, what has ended too.
    pub grants: Vec<OfficerGrant>,
}

/// A machine as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MachineLine {
    /// Identity.
    pub id: DeviceId,
    /// Its agency.
    pub agency: String,
    /// Name for people.
    pub name: String,
    /// A portal, no counter.
    pub portal: bool,
    /// No longer admitted.
    pub revoked: bool,
    /// End of the certificate issued last; none before it enrolled.
    pub certificate_until: Option<Timestamp>,
}

/// A node an administrator may name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unit {
    /// In the tree.
    pub id: String,
    /// For people.
    pub name: String,
    /// Its agency's code, when it is one.
    pub agency: Option<String>,
}

/// Officers and machines within a grant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct People {
    /// By login.
    pub officers: Vec<OfficerLine>,
    /// By agency and name.
    pub machines: Vec<MachineLine>,
    /// Where people and machines may be.
    pub units: Vec<Unit>,
    /// Fields of procedures a grant may be limited to.
    pub fields: Vec<String>,
}

/// Something done with an officer or a machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act", deny_unknown_fields)]
pub enum AdminAct {
    /// A new officer, without any right yet.
    AddOfficer {
        /// Login name.
        login: String,
        /// Name for people.
        name: String,
        /// Node of the tree.
        node: String,
    },
    /// Another first secret; his sessions end.
    NewSecret {
        /// Login name.
        login: String,
    },
    /// Works here no longer, or again.
    EndOfficer {
        /// Login name.
        login: String,
        /// False admits him again.
        ended: bool,
    },
    /// A role at a node and below.
    Grant {
        /// Login name.
        login: String,
        /// Role.
        role: crate::Role,
        /// Node of the tree.
        node: String,
        /// Field of procedures it is limited to.
        procedures: Option<String>,
        /// First day; at once without one.
        from: Option<Day>,
        /// Last day.
        until: Option<Day>,
    },
    /// A grant ends.
    Revoke {
        /// Whose.
        login: String,
        /// Which.
        grant: i64,
    },
    /// A one-time code for a new machine.
    MachineCode {
        /// Its agency.
        agency: AgencyCode,
        /// Its name for people.
        name: String,
    },
    /// A one-time code for a machine that is known.
    MachineCodeAgain {
        /// Which.
        machine: DeviceId,
    },
    /// A machine is admitted no longer.
    RevokeMachine {
        /// Which.
        machine: DeviceId,
    },
}

/// What an act gave.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ActDone {
    /// First secret of an officer, or code of a machine; told this once.
    pub secret: Option<String>,
    /// Last moment a code can be used.
    pub until: Option<Timestamp>,
}

/// Debug output leaves the secret out.
impl std::fmt::Debug for ActDone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActDone").field("until", &self.until).finish_non_exhaustive()
    }
}
