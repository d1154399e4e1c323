//! What the page may ask, one file per area of the screen. A command is DTO in → desk → DTO out; it
//! checks identifiers and words on the way and decides nothing.

pub mod admin;
pub mod book;
pub mod capture;
pub mod correct;
pub mod dossier;
pub mod feedback;
pub mod fees;
pub mod guides;
mod names;
pub mod office;
pub mod online;
pub mod outbox;
pub mod printing;
pub mod queue;
pub mod reuse;
pub mod sign;
pub mod status;
pub mod steps;
pub mod training;

pub use names::{MAIN, PIN};

use crate::view::{self, AppError};
use motcua_desk::MAX_FILE;
use tauri::Runtime;
use tauri::ipc::Invoke;

/// What a command answers.
pub type Answer<T> = Result<T, AppError>;

/// Where the officer wants a file, asked in a dialog of the system; none when he closed it.
async fn chosen<R: Runtime>(dialog: tauri_plugin_dialog::FileDialogBuilder<R>) -> Option<std::path::PathBuf> {
    let (tell, told) = tokio::sync::oneshot::channel();
    dialog.save_file(move |path| drop(tell.send(path)));
    told.await.ok().flatten()?.into_path().ok()
}

/// A file the officer picks in a dialog of the system; none when he closed it.
async fn picked<R: Runtime>(dialog: tauri_plugin_dialog::FileDialogBuilder<R>) -> Option<std::path::PathBuf> {
    let (tell, told) = tokio::sync::oneshot::channel();
    dialog.pick_file(move |path| drop(tell.send(path)));
    told.await.ok().flatten()?.into_path().ok()
}

/// A file the officer picked, with one byte more than the largest may have when it is larger.
async fn read_file(path: std::path::PathBuf) -> Answer<std::io::Result<Vec<u8>>> {
    let read = tokio::task::spawn_blocking(move || motcua_assembly::read_up_to(&path, MAX_FILE + 1));
    read.await.map_err(|_| AppError::internal())
}

/// Writes a file, whole or not at all.
async fn save(path: std::path::PathBuf, bytes: Vec<u8>) -> Answer<()> {
    let written = tokio::task::spawn_blocking(move || motcua_assembly::write_whole(&path, &bytes)).await;
    written.map_err(|_| AppError::internal())?.map_err(|_| AppError::of(crate::error::FILE_NOT_SAVED))
}

/// The handler of all commands of both windows.
pub fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        status::status,
        status::create_vault,
        status::unlock,
        status::lock,
        status::name_officer,
        status::enrol_machine,
        status::lock_idle,
        status::crash_note,
        status::crash_known,
        status::save_crash_report,
        dossier::check_identity,
        dossier::find_procedures,
        dossier::categories,
        dossier::databases,
        dossier::waive,
        dossier::open_dossier,
        dossier::update_dossier,
        dossier::recheck_identity,
        dossier::dossier,
        dossier::list_dossiers,
        capture::list_scanners,
        capture::choose_scanner,
        capture::scan,
        capture::captured_pages,
        capture::remove_page,
        capture::restore_page,
        capture::move_page,
        capture::discard_capture,
        capture::finish_capture,
        status::cancel_job,
        capture::attach_file,
        capture::converter_ready,
        capture::convert_word,
        capture::restore_word,
        capture::detach,
        reuse::offers,
        reuse::auto_attach,
        reuse::take,
        reuse::confirm_reuse,
        reuse::report_paper,
        reuse::bring_paper,
        reuse::bring_back,
        reuse::save_file,
        sign::certificates,
        sign::sign,
        dossier::suggest_metadata,
        dossier::digitize,
        dossier::accept,
        dossier::receipt_printed,
        dossier::guided,
        dossier::return_result,
        fees::enter_fee,
        fees::mend_fee,
        fees::next_fee_receipt,
        fees::fee_shift,
        fees::save_fee_shift,
        book::book,
        book::save_book,
        book::compliance,
        book::save_compliance,
        guides::guides,
        steps::take_step,
        steps::add_paper,
        steps::seats,
        queue::bench,
        queue::office_queue,
        queue::office_overview,
        queue::save_office_queue,
        queue::take_several,
        queue::reassign,
        correct::ask_correction,
        correct::approve_correction,
        correct::refuse_correction,
        correct::take_back_correction,
        correct::corrections_waiting,
        online::submissions,
        online::open_submission,
        online::decline_reasons,
        online::decline,
        online::set_exception,
        feedback::feedback,
        feedback::answer_feedback,
        feedback::correct_paper,
        feedback::bring_reported,
        online::give_back_submission,
        online::discard_draft,
        online::restore_draft,
        online::list_set_aside,
        admin::admin_sheets,
        admin::admin_rows,
        admin::admin_change,
        admin::admin_versions,
        admin::admin_diff,
        admin::admin_history,
        admin::admin_people,
        admin::admin_act,
        outbox::outbox,
        outbox::sync_now,
        outbox::resend,
        outbox::export_package,
        outbox::carry_package,
        outbox::withdrawal_of,
        outbox::withdrawal_approvers,
        outbox::withdraw,
        outbox::save_withdrawn,
        outbox::verify_file,
        office::list_office,
        office::take_up,
        office::begin_work,
        office::end_work,
        office::conflict,
        office::settle_conflict,
        office::reconcile,
        office::send_again,
        training::open_training,
        training::simulate_outage,
        training::reset_training,
        training::end_tour,
        printing::list_printers,
        printing::choose_printers,
        printing::print_form,
        printing::cancel_print,
        sign::submit_pin,
    ]
}

/// The same commands with their types, for the bindings.
#[must_use]
pub fn bindings() -> tauri_specta::Builder<tauri::Wry> {
    tauri_specta::Builder::new()
        .error_handling(tauri_specta::ErrorHandlingMode::Throw)
        // What is sent and what is received have one shape.
        .disable_serde_phases()
        .commands(tauri_specta::collect_commands![
            status::status,
            status::create_vault::<tauri::Wry>,
            status::unlock::<tauri::Wry>,
            status::lock::<tauri::Wry>,
            status::name_officer,
            status::enrol_machine,
            status::lock_idle::<tauri::Wry>,
            status::crash_note,
            status::crash_known,
            status::save_crash_report::<tauri::Wry>,
            dossier::check_identity,
            dossier::find_procedures,
            dossier::categories,
            dossier::databases,
            dossier::waive,
            dossier::open_dossier,
            dossier::update_dossier,
            dossier::recheck_identity,
            dossier::dossier::<tauri::Wry>,
            dossier::list_dossiers,
            capture::list_scanners,
            capture::choose_scanner,
            capture::scan,
            capture::captured_pages,
            capture::remove_page,
            capture::restore_page,
            capture::move_page,
            capture::discard_capture,
            capture::finish_capture,
            status::cancel_job,
            capture::attach_file::<tauri::Wry>,
            capture::converter_ready,
            capture::convert_word,
            capture::restore_word,
            capture::detach,
            reuse::offers,
            reuse::auto_attach,
            reuse::take,
            reuse::confirm_reuse,
            reuse::report_paper,
            reuse::bring_paper,
            reuse::bring_back,
            reuse::save_file::<tauri::Wry>,
            sign::certificates,
            sign::sign::<tauri::Wry>,
            dossier::suggest_metadata,
            dossier::digitize,
            dossier::accept::<tauri::Wry>,
            dossier::receipt_printed,
            dossier::guided,
            dossier::return_result,
            fees::enter_fee,
            fees::mend_fee,
            fees::next_fee_receipt,
            fees::fee_shift,
            fees::save_fee_shift::<tauri::Wry>,
            book::book,
            book::save_book::<tauri::Wry>,
            book::compliance,
            book::save_compliance::<tauri::Wry>,
            guides::guides,
            steps::take_step::<tauri::Wry>,
            steps::add_paper,
            steps::seats,
            queue::bench,
            queue::office_queue,
            queue::office_overview,
            queue::save_office_queue::<tauri::Wry>,
            queue::take_several::<tauri::Wry>,
            queue::reassign::<tauri::Wry>,
            correct::ask_correction::<tauri::Wry>,
            correct::approve_correction::<tauri::Wry>,
            correct::refuse_correction,
            correct::take_back_correction,
            correct::corrections_waiting,
            online::submissions,
            online::open_submission,
            online::decline_reasons,
            online::decline::<tauri::Wry>,
            online::set_exception,
            feedback::feedback,
            feedback::answer_feedback::<tauri::Wry>,
            feedback::correct_paper::<tauri::Wry>,
            feedback::bring_reported,
            online::give_back_submission::<tauri::Wry>,
            online::discard_draft,
            online::restore_draft,
            online::list_set_aside,
            admin::admin_sheets,
            admin::admin_rows,
            admin::admin_change,
            admin::admin_versions,
            admin::admin_diff,
            admin::admin_history,
            admin::admin_people,
            admin::admin_act,
            outbox::outbox,
            outbox::sync_now::<tauri::Wry>,
            outbox::resend::<tauri::Wry>,
            outbox::export_package::<tauri::Wry>,
            outbox::carry_package::<tauri::Wry>,
            outbox::withdrawal_of,
            outbox::withdrawal_approvers,
            outbox::withdraw::<tauri::Wry>,
            outbox::save_withdrawn::<tauri::Wry>,
            outbox::verify_file,
            office::list_office,
            office::take_up,
            office::begin_work,
            office::end_work,
            office::conflict,
            office::settle_conflict::<tauri::Wry>,
            office::reconcile,
            office::send_again::<tauri::Wry>,
            training::open_training,
            training::simulate_outage,
            training::reset_training::<tauri::Wry>,
            training::end_tour,
            printing::list_printers,
            printing::choose_printers,
            printing::print_form::<tauri::Wry>,
            printing::cancel_print,
            sign::submit_pin,
        ])
        .typ::<AppError>()
        .typ::<view::SignPrompt>()
        .typ::<view::DossierChanged>()
}
