//! What an officer is called on paper and on screen; a login is not a name.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::ports::Batch;
use unicode_normalization::UnicodeNormalization;

impl Desk {
    /// Remembers the officer's name; an empty one forgets it.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn name_officer(&self, officer: &str, name: &str) -> Result<(), DeskError> {
        let words: Vec<_> = name.split_whitespace().collect();
        let name = words.join(" ").nfc().filter(|c| !c.is_control()).take(100).collect();
        let _writing = self.writing();
        self.vault.commit(&Batch { settings: vec![(key(officer), name)], ..Batch::default() })?;
        Ok(())
    }

    /// The officer's name; the login while none is known.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn officer_name(&self, officer: &str) -> Result<String, DeskError> {
        self.name_of(officer)
    }

    /// The officer has seen the first tour, or said that he does not want it.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn end_tour(&self, officer: &str) -> Result<(), DeskError> {
        let _writing = self.writing();
        let settings = vec![(tour_key(officer), "yes".to_owned())];
        self.vault.commit(&Batch { settings, ..Batch::default() })?;
        Ok(())
    }

    /// Whether the first tour need not be offered to him again.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn tour_seen(&self, officer: &str) -> Result<bool, DeskError> {
        Ok(self.vault.setting(&tour_key(officer))?.is_some())
    }

    pub(crate) fn name_of(&self, officer: &str) -> Result<String, DeskError> {
        let known = self.vault.setting(&key(officer))?.filter(|name| !name.is_empty());
        Ok(known.unwrap_or_else(|| officer.to_owned()))
    }
}

fn key(officer: &str) -> String {
    format!("officer_name.{officer}")
}

fn tour_key(officer: &str) -> String {
    format!("tour_seen.{officer}")
}
