//! The dossier: owner, procedure, completeness, filing, acceptance, result.

use super::Answer;
use crate::mirror::{blob_id, clean, dossier_id, procedure_code};
use crate::shell::Shell;
use crate::view::{
    Category, Database, Dossier, DossierLine, IdentityCheck, IntakeChannel, Metadata, Party, ProcedureChoice,
    ReturnMethod,
};
use motcua_desk::{DossierChange, NewDossier};
use motcua_dossier as domain;
use tauri::{AppHandle, Runtime, State};

/// "Xác minh danh tính số".
#[tauri::command]
#[specta::specta]
pub async fn check_identity(shell: State<'_, Shell>, number: String) -> Answer<IdentityCheck> {
    Ok((&shell.desk.check_identity(&number).await?).into())
}

/// The ten best procedures for what was typed.
#[tauri::command]
#[specta::specta]
pub async fn find_procedures(shell: State<'_, Shell>, query: String) -> Answer<Vec<ProcedureChoice>> {
    Ok(shell.desk.procedures(&query).await?.iter().map(Into::into).collect())
}

/// Danh mục giấy tờ.
#[tauri::command]
#[specta::specta]
pub async fn categories(shell: State<'_, Shell>) -> Answer<Vec<Category>> {
    Ok(shell.desk.categories().await?.iter().map(Into::into).collect())
}

/// Databases in which officers look things up.
#[tauri::command]
#[specta::specta]
pub async fn databases(shell: State<'_, Shell>) -> Answer<Vec<Database>> {
    Ok(shell.desk.databases().await?.iter().map(Into::into).collect())
}

/// "Khai thác từ CSDL": the row's paper is not handed in.
#[tauri::command]
#[specta::specta]
pub async fn waive(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    database: String,
    note: String,
) -> Answer<Dossier> {
    let done = shell.desk.waive(dossier_id(&id)?, component, &clean(&database), &clean(&note)).await?;
    shell.dossier(done).await
}

/// Opens a dossier; durable when this returns.
#[tauri::command]
#[specta::specta]
pub async fn open_dossier(
    shell: State<'_, Shell>,
    channel: IntakeChannel,
    return_method: ReturnMethod,
    owner: Party,
    submitter: Option<Party>,
    procedure_code: String,
    case_code: String,
) -> Answer<Dossier> {
    let new = NewDossier {
        channel: channel.into(),
        return_method: return_method.into(),
        applicant: applicant(owner, submitter)?,
        identity: domain::IdentityCheck::NotAsked,
        procedure: self::procedure_code(&procedure_code)?,
        case_code,
    };
    shell.dossier(shell.desk.open_dossier(new).await?).await
}

/// Changes a draft.
#[tauri::command]
#[specta::specta]
pub async fn update_dossier(
    shell: State<'_, Shell>,
    id: String,
    channel: IntakeChannel,
    return_method: ReturnMethod,
    owner: Party,
    submitter: Option<Party>,
    case_code: String,
) -> Answer<Dossier> {
    let change = DossierChange {
        channel: channel.into(),
        return_method: return_method.into(),
        applicant: applicant(owner, submitter)?,
        case_code,
    };
    shell.dossier(shell.desk.update_dossier(dossier_id(&id)?, change).await?).await
}

/// Checks the owner of a dossier again.
#[tauri::command]
#[specta::specta]
pub async fn recheck_identity(shell: State<'_, Shell>, id: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.recheck_identity(dossier_id(&id)?).await?).await
}

/// One dossier. Prints of it that are not over are asked after from here on.
#[tauri::command]
#[specta::specta]
pub async fn dossier<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>, id: String) -> Answer<Dossier> {
    let id = dossier_id(&id)?;
    for record in shell.desk.prints(id).await? {
        shell.follow_print(&app, &record);
    }
    shell.dossier(shell.desk.dossier(id).await?).await
}

/// The newest dossiers that fit what was typed.
#[tauri::command]
#[specta::specta]
pub async fn list_dossiers(shell: State<'_, Shell>, query: String) -> Answer<Vec<DossierLine>> {
    shell.lines(&shell.desk.dossiers(&query).await?).await
}

/// What the desk would write about a row's paper (0 is the result).
#[tauri::command]
#[specta::specta]
pub async fn suggest_metadata(shell: State<'_, Shell>, id: String, component: u32) -> Answer<Metadata> {
    Ok((&shell.desk.suggest_metadata(dossier_id(&id)?, component).await?).into())
}

/// "Số hóa": the row's paper enters the owner's warehouse.
#[tauri::command]
#[specta::specta]
pub async fn digitize(
    shell: State<'_, Shell>,
    id: String,
    component: u32,
    metadata: Metadata,
) -> Answer<Dossier> {
    let done = shell.desk.digitize(dossier_id(&id)?, component, metadata.try_into()?).await?;
    shell.dossier(done).await
}

/// "Tiếp nhận": code, receipt, outbox, all at once. The printer is given the receipt behind it; nothing waits for that.
#[tauri::command]
#[specta::specta]
pub async fn accept<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>, id: String) -> Answer<Dossier> {
    let accepted = shell.desk.accept(dossier_id(&id)?).await?;
    shell.print_accepted(&app, accepted.id);
    shell.dossier(accepted).await
}

/// The receipt was printed for the citizen; one made since is still to be printed.
#[tauri::command]
#[specta::specta]
pub async fn receipt_printed(shell: State<'_, Shell>, id: String, receipt: String) -> Answer<Dossier> {
    let done = shell.desk.receipt_printed(dossier_id(&id)?, blob_id(&receipt)?).await?;
    shell.dossier(done).await
}

/// The owner was told how to get an identity account.
#[tauri::command]
#[specta::specta]
pub async fn guided(shell: State<'_, Shell>, id: String) -> Answer<Dossier> {
    shell.dossier(shell.desk.guided(dossier_id(&id)?).await?).await
}

/// Returns the result.
#[tauri::command]
#[specta::specta]
pub async fn return_result(shell: State<'_, Shell>, id: String, metadata: Metadata) -> Answer<Dossier> {
    let done = shell.desk.return_result(dossier_id(&id)?, metadata.try_into()?).await?;
    shell.dossier(done).await
}

fn applicant(owner: Party, submitter: Option<Party>) -> Answer<domain::Applicant> {
    Ok(domain::Applicant {
        owner: owner.try_into()?,
        submitter: submitter.map(TryInto::try_into).transpose()?,
    })
}
