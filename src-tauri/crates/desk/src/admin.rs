//! "Quản trị": what an administrator asks of the warehouse and does there. Nothing waits in the outbox: lists of rules
//! change in one place, and whoever changes them sees what came of it. Without a line he reads the lists this counter
//! works with; officers, machines and earlier versions are at the warehouse alone.

use crate::desk::Desk;
use crate::error::{AdminError, DeskError};
use crate::login::Login;
use crate::ports::LinkError;
use motcua_dossier::ReferenceData;
use motcua_wire::{
    ActDone, AdminAct, AdminReply, AdminRequest, ChangeReport, People, RowDiff, RowStep, SheetChange,
    SheetList, SheetRow, VersionLine, sheets,
};
use std::sync::Arc;

/// Lists as they are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdminLists {
    /// The lists.
    pub list: SheetList,
    /// Without a line: those this counter works with, to be read.
    pub kept: bool,
}

impl Login {
    /// The warehouse knows the officer as an administrator of this office.
    #[must_use]
    pub fn administers(&self) -> bool {
        matches!(self, Self::Known(known) if known.administers())
    }
}

/// The variant that was asked for, or an answer that is not understood.
macro_rules! answer {
    ($asked:expr, $kept:pat => $value:expr) => {
        match $asked {
            $kept => Ok($value),
            _ => Err(LinkError::Malformed.into()),
        }
    };
}

impl Desk {
    /// The lists of a version, or of the one in force.
    ///
    /// # Errors
    /// No contact, no right, no such version.
    pub async fn admin_sheets(&self, version: Option<u64>) -> Result<SheetList, DeskError> {
        answer!(self.ask_admin(AdminRequest::Sheets { version }).await?, AdminReply::Sheets(list) => list)
    }

    /// The lists of a version, or of the one in force; without a line those this counter works with.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`]; without a line and another version than this counter's.
    pub async fn admin_lists(&self, version: Option<u64>) -> Result<AdminLists, DeskError> {
        match self.admin_sheets(version).await {
            Ok(list) => Ok(AdminLists { list, kept: false }),
            Err(error) => {
                let data = self.kept_lists(version, error)?;
                let (version, effective_at) = (data.version, data.effective_at);
                let sheets = sheets::heads(&data);
                let list = SheetList { version, effective_at, may_change: false, sheets };
                Ok(AdminLists { list, kept: true })
            }
        }
    }

    /// What is held here in place of the warehouse's answer; otherwise the error that kept it away.
    fn kept_lists(&self, version: Option<u64>, error: DeskError) -> Result<Arc<ReferenceData>, DeskError> {
        if error != AdminError::Offline.into() || !self.may_administer()? {
            return Err(error);
        }
        let data = self.vault.reference()?;
        let asked = version.unwrap_or(data.version);
        if data.version == 0 || asked != data.version { Err(error) } else { Ok(data) }
    }

    /// The rows of one list; without a line those this counter works with.
    ///
    /// # Errors
    /// As for [`Desk::admin_lists`].
    pub async fn admin_rows(&self, version: u64, sheet: &str) -> Result<Vec<SheetRow>, DeskError> {
        let asked = AdminRequest::Rows { version, sheet: sheet.to_owned() };
        match self.ask_admin(asked).await {
            Ok(reply) => answer!(reply, AdminReply::Rows { rows } => rows),
            Err(error) => {
                let data = self.kept_lists(Some(version), error)?;
                sheets::rows(&data, sheet).ok_or_else(|| AdminError::Gone.into())
            }
        }
    }

    /// Looks at a change of the lists, or makes a version of it.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`]; saved without a reason; somebody else was faster. What is wrong in a row is told
    /// in the report, and nothing is made then.
    pub async fn admin_change(&self, wish: SheetChange) -> Result<ChangeReport, DeskError> {
        if wish.save && wish.reason.trim().is_empty() {
            return Err(AdminError::ReasonMissing.into());
        }
        answer!(self.ask_admin(AdminRequest::Change(wish)).await?, AdminReply::Change(report) => report)
    }

    /// Every version, newest first.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`].
    pub async fn admin_versions(&self) -> Result<Vec<VersionLine>, DeskError> {
        answer!(self.ask_admin(AdminRequest::Versions {}).await?, AdminReply::Versions { versions } => versions)
    }

    /// What differs between two versions.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`].
    pub async fn admin_diff(&self, from: u64, to: u64) -> Result<Vec<RowDiff>, DeskError> {
        answer!(self.ask_admin(AdminRequest::Diff { from, to }).await?, AdminReply::Diff { rows } => rows)
    }

    /// In which versions a row was not as before.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`].
    pub async fn admin_history(&self, sheet: &str, key: &str) -> Result<Vec<RowStep>, DeskError> {
        let asked = AdminRequest::History { sheet: sheet.to_owned(), key: key.to_owned() };
        answer!(self.ask_admin(asked).await?, AdminReply::History { steps } => steps)
    }

    /// Officers and machines within the administrator's grant.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`].
    pub async fn admin_people(&self) -> Result<People, DeskError> {
        answer!(self.ask_admin(AdminRequest::People {}).await?, AdminReply::People(people) => people)
    }

    /// Something done with an officer or a machine. A secret or a code is told this once.
    ///
    /// # Errors
    /// As for [`Desk::admin_sheets`]; the warehouse does not take it.
    pub async fn admin_act(&self, act: AdminAct) -> Result<ActDone, DeskError> {
        answer!(self.ask_admin(AdminRequest::Act(act)).await?, AdminReply::Act(done) => done)
    }

    async fn ask_admin(&self, asked: AdminRequest) -> Result<AdminReply, DeskError> {
        // A closed vault has nobody at work.
        self.vault.reference()?;
        self.warehouse.admin(&asked).await.map_err(|error| match &error {
            LinkError::Offline => AdminError::Offline.into(),
            LinkError::Refused(code) => match code.as_str() {
                "adminNotGranted" => AdminError::NotGranted.into(),
                "adminBeyondGrant" => AdminError::BeyondGrant.into(),
                "adminGone" | "referenceUnknown" => AdminError::Gone.into(),
                "adminOwnRight" => AdminError::OwnRight.into(),
                "adminUnfit" => AdminError::Unfit.into(),
                "officerExists" => AdminError::OfficerExists.into(),
                "referenceOvertaken" => AdminError::Overtaken.into(),
                _ => error.into(),
            },
            _ => error.into(),
        })
    }
}
