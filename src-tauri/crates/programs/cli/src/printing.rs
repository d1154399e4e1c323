//! `motcua print …` and `motcua printer …`.

use crate::arguments::{PrintAction, PrinterAction};
use crate::dossier::parse;
use crate::output::{Failure, Output, sentence, word};
use crate::steps::form_of;
use motcua_desk::ports::{PrintRecord, PrinterInfo};
use motcua_desk::{Desk, PrintSettings, PrintedForm};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(500);

/// Prints and waits for the paper; exit code 4 when it did not come in time.
pub(crate) async fn print(desk: &Desk, action: &PrintAction, output: Output) -> Result<ExitCode, Failure> {
    let id = parse(&action.id)?;
    let form = match action.form.as_str() {
        "receipt" => PrintedForm::Receipt,
        "decline" => PrintedForm::Decline,
        other => form_of(other)?,
    };
    let mut record = desk.print(id, form).await?;
    let ask = u32::try_from(PAUSE.as_millis()).unwrap_or(1000);
    for _ in 0..action.wait.saturating_mul(1000) / ask {
        if !record.is_open() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        record = desk.follow_print(id, record.number).await?;
    }
    output.data(&record, || println!("{}", words(&record)))?;
    let printed = record.state == motcua_desk::ports::PrintState::Printed;
    Ok(if printed { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

/// `motcua printer list`: the vault stays closed.
pub(crate) async fn list(desk: &Desk, output: Output) -> Result<ExitCode, Failure> {
    let list = desk.printers().await?;
    output.data(&list, || {
        for PrinterInfo { id, label, state } in &list {
            println!("{id}\t{label}\t{}", word("printer", state));
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The other sub-commands of `motcua printer`.
pub(crate) async fn run(desk: &Desk, action: &PrinterAction, output: Output) -> Result<ExitCode, Failure> {
    match action {
        PrinterAction::List => return list(desk, output).await,
        PrinterAction::Choose { name, slip, not_at_acceptance } => {
            let settings = desk.choose_printers(name.as_deref(), slip.as_deref(), !not_at_acceptance).await?;
            let PrintSettings { forms, slips, at_acceptance, .. } = &settings;
            let said = serde_json::json!({ "forms": forms, "slips": slips, "at_acceptance": at_acceptance });
            output.data(&said, || {
                println!("A4, A5: {}", forms.as_deref().unwrap_or("chưa chọn"));
                println!("80 mm: {}", slips.as_deref().unwrap_or("chưa chọn"));
                println!("In ngay khi tiếp nhận: {}", if *at_acceptance { "có" } else { "không" });
            })?;
        }
        PrinterAction::Journal { id } => {
            let prints = desk.prints(parse(id)?).await?;
            output.data(&prints, || prints.iter().for_each(|record| println!("{}", words(record))))?;
        }
        PrinterAction::Cancel { id, number } => {
            let record = desk.cancel_print(parse(id)?, *number).await?;
            output.data(&record, || println!("{}", words(&record)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A line of the journal.
pub(crate) fn words(record: &PrintRecord) -> String {
    let form = match record.form {
        PrintedForm::Receipt => "giấy tiếp nhận",
        PrintedForm::Control => "phiếu kiểm soát",
        PrintedForm::Slip => "phiếu 80 mm",
        PrintedForm::Decline => "phiếu không tiếp nhận",
        PrintedForm::Step(_) => "mẫu của bước giải quyết",
    };
    let mut text = format!(
        "{}  {}  {form} · {} bản · {} · {}",
        record.number,
        record.at.format_vn(),
        record.copies,
        record.printer,
        word("print_state", &record.state)
    );
    if record.reprint > 0 {
        text.push_str(&format!(" · in lại lần {}", record.reprint));
    }
    if let Some(code) = &record.trouble {
        let said = sentence("err", code, &BTreeMap::new()).unwrap_or_else(|| code.clone());
        text.push_str(&format!(" · {said}"));
    }
    text
}
