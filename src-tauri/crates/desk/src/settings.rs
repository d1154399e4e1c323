//! What the province decided for this office, as the reference data held here say it. What somebody wrote into the
//! settings of the machine itself comes before it.

use crate::desk::Desk;
use crate::error::{DeskError, FileError, FilingError};
use crate::papers::disbelief;
use motcua_dossier::{
    Attachment, ComponentRow, Day, ReferenceData, ResultCode, SettingKey, SignerRole, SupportContact,
    USUAL_GRACE_DAYS,
};

/// Minutes without input until the window locks where nobody said anything.
const USUAL_LOCK: u32 = 10;

impl Desk {
    /// Days without contact after which papers of others rest.
    pub(crate) fn grace_days(&self) -> u32 {
        let own = self.office.offline_grace_days;
        own.unwrap_or_else(|| self.decided(SettingKey::OfflineGraceDays, USUAL_GRACE_DAYS))
    }

    /// Minutes without input after which the window locks. Closed it is locked anyway.
    pub(crate) fn lock_after_minutes(&self) -> u32 {
        let own = self.office.lock_after_minutes;
        own.unwrap_or_else(|| self.decided(SettingKey::LockAfterMinutes, USUAL_LOCK))
    }

    fn decided(&self, key: SettingKey, usual: u32) -> u32 {
        let said = self.vault.reference().ok();
        said.and_then(|data| data.setting_number(key, self.agency(), self.day())).unwrap_or(usual)
    }

    /// Whom to ask for help. A closed vault tells nothing: then what was known last.
    pub(crate) fn support(&self) -> Option<SupportContact> {
        match self.vault.reference() {
            Ok(data) => data.support(self.agency(), self.day()),
            Err(_) => self.live().support.clone().or_else(|| self.office.support.clone()),
        }
    }

    /// Whose signature a row's file still lacks today, by what the province decided.
    #[must_use]
    pub fn needs_signature(&self, row: &ComponentRow, data: &ReferenceData) -> Option<SignerRole> {
        row.needs_signature(data, self.agency(), self.day())
    }

    /// "Số hóa" of a row is possible today.
    #[must_use]
    pub fn can_digitize(&self, row: &ComponentRow, data: &ReferenceData) -> bool {
        row.can_digitize(data, self.agency(), self.day())
    }

    /// Refuses a file for the warehouse that lacks a signature.
    pub(crate) fn signed_to_enter(
        &self,
        attachment: &Attachment,
        paper: Option<&ResultCode>,
    ) -> Result<(), DeskError> {
        let rule = self.vault.reference()?.signing(true, self.agency(), paper, self.day());
        match attachment.lacks(rule) {
            None => Ok(()),
            Some(SignerRole::Agency) => Err(FilingError::AgencySignatureMissing.into()),
            Some(SignerRole::Officer | SignerRole::Other) => Err(FilingError::OfficerSignatureMissing.into()),
        }
    }

    /// What every file is that enters the warehouse as a paper of that kind: a PDF with the signatures the province asks for,
    /// and they hold.
    pub(crate) fn fit_to_enter(
        &self,
        attachment: &Attachment,
        paper: Option<&ResultCode>,
        bytes: &[u8],
    ) -> Result<(), DeskError> {
        if !attachment.is_pdf() {
            return Err(FileError::NotPdf.into());
        }
        self.signed_to_enter(attachment, paper)?;
        match disbelief(&self.check_signatures(bytes)?) {
            Some(reason) => Err(reason.into()),
            None => Ok(()),
        }
    }

    fn agency(&self) -> &str {
        self.office.agency_code.as_str()
    }

    fn day(&self) -> Day {
        self.clock.now().day()
    }
}
