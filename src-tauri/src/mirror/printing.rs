//! Printers and the journal of prints as the page shows them.

use crate::view::{self, AppError, PrintStateName, PrinterLight};
use motcua_desk::ports::{PrintRecord, PrintState, PrinterInfo, PrinterState};
use motcua_desk::{PrintSettings, PrintedForm};
use motcua_dossier::{BlobId, OpId};
use std::collections::HashMap;

impl From<PrinterState> for PrinterLight {
    fn from(state: PrinterState) -> Self {
        match state {
            PrinterState::Ready => Self::Ready,
            PrinterState::Printing => Self::Printing,
            PrinterState::Stopped => Self::Stopped,
            PrinterState::PaperOut => Self::PaperOut,
            PrinterState::Jammed => Self::Jammed,
            PrinterState::Offline => Self::Offline,
            PrinterState::Trouble => Self::Trouble,
        }
    }
}

impl From<PrinterInfo> for view::PrinterInfo {
    fn from(info: PrinterInfo) -> Self {
        Self { id: info.id, label: info.label, light: info.state.into() }
    }
}

impl From<PrintSettings> for view::PrintSettings {
    fn from(settings: PrintSettings) -> Self {
        Self {
            forms: settings.forms,
            forms_label: settings.forms_label,
            slips: settings.slips,
            slips_label: settings.slips_label,
            at_acceptance: settings.at_acceptance,
        }
    }
}

/// A form as the page names it.
pub(crate) fn printed_form(name: &str) -> Result<PrintedForm, AppError> {
    Ok(match name {
        "receipt" => PrintedForm::Receipt,
        "control" => PrintedForm::Control,
        "slip" => PrintedForm::Slip,
        "decline" => PrintedForm::Decline,
        step => PrintedForm::Step(OpId::parse(step).map_err(|_| AppError::of("stepNoForm"))?),
    })
}

fn form_name(form: PrintedForm) -> String {
    match form {
        PrintedForm::Receipt => "receipt".to_owned(),
        PrintedForm::Control => "control".to_owned(),
        PrintedForm::Slip => "slip".to_owned(),
        PrintedForm::Decline => "decline".to_owned(),
        PrintedForm::Step(step) => step.to_string(),
    }
}

/// A line of the journal; `receipt` is the one the dossier has now.
pub(super) fn print(
    record: &PrintRecord,
    receipt: Option<BlobId>,
    names: &HashMap<String, String>,
) -> view::Print {
    view::Print {
        number: record.number,
        form: form_name(record.form),
        at: record.at.into(),
        officer: names.get(&record.officer).unwrap_or(&record.officer).clone(),
        copies: record.copies,
        printer: if record.label.is_empty() { record.printer.clone() } else { record.label.clone() },
        state: match record.state {
            PrintState::Sending => PrintStateName::Sending,
            PrintState::Waiting => PrintStateName::Waiting,
            PrintState::Printing => PrintStateName::Printing,
            PrintState::Printed => PrintStateName::Printed,
            PrintState::Cancelled => PrintStateName::Cancelled,
            PrintState::Failed => PrintStateName::Failed,
        },
        trouble: record.trouble.clone(),
        reprint: record.reprint,
        outdated: record.form == PrintedForm::Receipt && record.file != receipt,
    }
}
