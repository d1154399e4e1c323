//! What the officer tells a citizen: guides in force today, each as a hand-out too, and what digitizing rests on.

use crate::desk::Desk;
use crate::error::{DeskError, GuideError};
use motcua_dossier::{Guide, LegalDocument};
use motcua_pdf::{GuideForm, OfficeForm, office_form};

impl Desk {
    /// The guides in force today.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn guides(&self) -> Result<Vec<Guide>, DeskError> {
        Ok(self.vault.reference()?.guides_on(self.today()))
    }

    /// What digitizing rests on today, the newest first.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn digitizing_basis(&self) -> Result<Vec<LegalDocument>, DeskError> {
        Ok(self.vault.reference()?.digitizing_basis(self.today()))
    }

    /// Sets a guide as a hand-out of A5. It names nobody but the office.
    ///
    /// # Errors
    /// No guide of that key today; a name is too long for any place; the vault is closed.
    pub async fn printed_guide(&self, key: &str) -> Result<Vec<u8>, DeskError> {
        let guide = self.vault.reference()?.guide_on(key, self.today()).ok_or(GuideError::Unknown)?;
        let contact = if guide.contact.is_empty() {
            format!("{}, {}", self.office.unit_name, self.office.agency_name)
        } else {
            guide.contact
        };
        let form = OfficeForm::Guide(GuideForm {
            agency: self.office.agency_name.clone(),
            unit: self.office.unit_name.clone(),
            title: guide.title,
            lead: guide.lead,
            steps: guide.steps,
            notes: guide.notes,
            link: guide.link.unwrap_or_default(),
            contact,
            day_line: format!("In ngày {}", self.today().format_vn()),
        });
        Ok(office_form(&form, &self.form_fonts()).map_err(|_| GuideError::NotSet)?)
    }
}
