//! Guides for people, and what digitizing rests on.

use super::Answer;
use crate::shell::Shell;
use crate::view::Guides;
use tauri::State;

/// The guides in force today, and what digitizing rests on.
#[tauri::command]
#[specta::specta]
pub async fn guides(shell: State<'_, Shell>) -> Answer<Guides> {
    let (guides, basis) = (shell.desk.guides().await?, shell.desk.digitizing_basis().await?);
    Ok(Guides {
        guides: guides.iter().map(Into::into).collect(),
        digitizing: basis.iter().map(motcua_dossier::LegalDocument::cited).collect(),
    })
}
