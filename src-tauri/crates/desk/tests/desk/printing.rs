//! Printing: a journal of every sheet, reprints that say so, and a printer that never holds anybody up.

use crate::steps::*;
use motcua_desk::ports::{PrintError, PrintSheet, PrintState, PrinterState};
use motcua_desk::{DeskError, PrintProblem, PrintedForm};
use motcua_dossier::{DossierId, DossierState, ReceiptChange};
use motcua_testkit::{FAKE_PRINTER, FAKE_SLIP_PRINTER, OFFICER, Office};

/// A counter that prints.
async fn printing() -> Office {
    let office = Office::ready().await;
    office.desk.choose_printers(Some(FAKE_PRINTER), Some(FAKE_SLIP_PRINTER), true).await.unwrap();
    office
}

async fn accepted(office: &Office) -> DossierId {
    accept_scanned(office).await.id
}

fn refused(error: &DeskError) -> &'static str {
    error.code()
}

#[tokio::test]
async fn without_a_printer_everything_is_as_before() {
    let office = Office::ready().await;
    let id = accepted(&office).await;
    assert_eq!(office.desk.print_accepted(id).await, Ok(None), "nothing is printed, nothing fails");
    assert_eq!(office.desk.printer_state().await, Ok(None));
    let error = office.desk.print(id, PrintedForm::Receipt).await.unwrap_err();
    assert_eq!(error, DeskError::Printing(PrintProblem::NotChosen));
    assert!(office.desk.prints(id).await.unwrap().is_empty(), "what was not tried is not in the journal");
}

#[tokio::test]
async fn a_printer_is_chosen_by_its_queue_and_shown_by_its_name() {
    let office = printing().await;
    let chosen = office.desk.print_settings().await.unwrap();
    assert_eq!(chosen.forms_label.as_deref(), Some("Máy in quầy 1 (DEMO)"));
    assert_eq!((chosen.slips.as_deref(), chosen.at_acceptance), (Some(FAKE_SLIP_PRINTER), true));
    let unknown = office.desk.choose_printers(Some("khong-co"), None, true).await.unwrap_err();
    assert_eq!(refused(&unknown), "printUnknownPrinter");
    assert_eq!(office.desk.print_settings().await, Ok(chosen), "a queue nobody knows changes nothing");
    office.desk.choose_printers(None, None, true).await.unwrap();
    assert_eq!(office.desk.print_settings().await.unwrap().forms, None);
}

#[tokio::test]
async fn the_receipt_is_printed_twice_as_soon_as_the_dossier_is_accepted_offline_too() {
    let office = printing().await;
    office.warehouse.out(Some(motcua_desk::ports::LinkError::Offline));
    let dossier = accept_scanned(&office).await;
    let record = office.desk.print_accepted(dossier.id).await.unwrap().unwrap();
    assert_eq!((record.number, record.copies, record.reprint), (1, 2, 0));
    assert_eq!((record.state, record.officer.as_str()), (PrintState::Printed, OFFICER));
    assert_eq!(office.desk.prints(dossier.id).await, Ok(vec![record]));
    let [sheet] = &office.printer.out()[..] else { panic!("one job") };
    let receipt = office.desk.content(&dossier.receipt.unwrap()).await.unwrap();
    assert_eq!(sheet.pdf, receipt, "the first print is the receipt, byte by byte");
    assert_eq!((sheet.request.copies, sheet.request.sheet), (2, PrintSheet::A5));
    assert_eq!(sheet.request.title, "Mot Cua", "the queue shows nothing of anybody");
    assert_eq!(office.printer.kept(), 0, "what is printed does not stay in the queue");
}

#[tokio::test]
async fn a_machine_may_print_only_when_it_is_asked_to() {
    let office = printing().await;
    office.desk.choose_printers(Some(FAKE_PRINTER), None, false).await.unwrap();
    let id = accepted(&office).await;
    assert_eq!(office.desk.print_accepted(id).await, Ok(None));
    assert_eq!(office.desk.print(id, PrintedForm::Receipt).await.unwrap().state, PrintState::Printed);
}

#[tokio::test]
async fn the_same_sheet_again_is_a_reprint_and_says_so() {
    let office = printing().await;
    let id = accepted(&office).await;
    for reprint in 0..3 {
        let record = office.desk.print(id, PrintedForm::Receipt).await.unwrap();
        assert_eq!((record.reprint, record.number), (reprint, reprint + 1));
    }
    let slip = office.desk.print(id, PrintedForm::Slip).await.unwrap();
    assert_eq!(
        (slip.reprint, slip.copies, slip.printer.as_str()),
        (0, 1, FAKE_SLIP_PRINTER),
        "another sheet"
    );
    let out = office.printer.out();
    assert_ne!(out[1].pdf, out[0].pdf);
    assert_eq!(
        motcua_pdf::inspect(&out[2].pdf).unwrap().pages,
        motcua_pdf::inspect(&out[0].pdf).unwrap().pages
    );
    assert!(matches!(out[3].request.sheet, PrintSheet::Slip { height } if (60..400).contains(&height)));
}

#[tokio::test]
async fn a_printer_without_paper_keeps_the_sheet_and_nothing_else_waits() {
    let office = printing().await;
    office.printer.put(FAKE_PRINTER, PrinterState::PaperOut);
    let dossier = accept_scanned(&office).await;
    assert!(matches!(dossier.state, DossierState::Accepted { .. }));
    let record = office.desk.print_accepted(dossier.id).await.unwrap().unwrap();
    assert_eq!((record.state, record.trouble.as_deref()), (PrintState::Waiting, Some("printPaperOut")));
    assert_eq!(office.desk.printer_state().await, Ok(Some(PrinterState::PaperOut)));
    office.printer.put(FAKE_PRINTER, PrinterState::Ready);
    let record = office.desk.follow_print(dossier.id, 1).await.unwrap();
    assert_eq!((record.state, record.trouble), (PrintState::Printed, None), "it came out by itself");
    assert_eq!(office.printer.out().len(), 1);
}

#[tokio::test]
async fn printing_again_takes_what_waits_out_of_the_queue_and_counts_no_reprint() {
    let office = printing().await;
    office.printer.put(FAKE_PRINTER, PrinterState::Jammed);
    let id = accepted(&office).await;
    office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    let again = office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    assert_eq!((again.number, again.reprint), (2, 0), "nothing is on paper yet");
    office.printer.put(FAKE_PRINTER, PrinterState::Ready);
    assert_eq!(office.desk.follow_print(id, 2).await.unwrap().state, PrintState::Printed);
    let states: Vec<_> = office.desk.prints(id).await.unwrap().into_iter().map(|r| r.state).collect();
    assert_eq!(states, [PrintState::Cancelled, PrintState::Printed]);
    assert_eq!(office.printer.out().len(), 1, "one sheet, not two");
}

#[tokio::test]
async fn a_print_is_taken_out_of_the_queue() {
    let office = printing().await;
    office.printer.put(FAKE_PRINTER, PrinterState::Stopped);
    let id = accepted(&office).await;
    office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    assert_eq!(office.desk.cancel_print(id, 1).await.unwrap().state, PrintState::Cancelled);
    office.printer.put(FAKE_PRINTER, PrinterState::Ready);
    assert_eq!(office.desk.follow_print(id, 1).await.unwrap().state, PrintState::Cancelled);
    assert!(office.printer.out().is_empty());
    assert_eq!(office.printer.kept(), 0, "its bytes are gone too");
    let unknown = office.desk.cancel_print(id, 7).await.unwrap_err();
    assert_eq!(refused(&unknown), "printUnknown");
}

#[tokio::test]
async fn a_print_system_that_does_not_run_is_a_line_of_the_journal() {
    let office = printing().await;
    office.printer.close(Some(PrintError::NoSystem));
    let dossier = accept_scanned(&office).await;
    assert!(matches!(dossier.state, DossierState::Accepted { .. }));
    let record = office.desk.print_accepted(dossier.id).await.unwrap().unwrap();
    assert_eq!((record.state, record.trouble.as_deref()), (PrintState::Failed, Some("printNoSystem")));
    office.printer.close(None);
    let record = office.desk.print(dossier.id, PrintedForm::Receipt).await.unwrap();
    assert_eq!((record.state, record.reprint), (PrintState::Printed, 0), "the first sheet there is");
}

#[tokio::test]
async fn a_sheet_nobody_can_vouch_for_counts_as_printed() {
    for (error, code) in [(PrintError::Hung, "printHung"), (PrintError::Malformed, "printMalformed")] {
        let office = printing().await;
        office.printer.close(Some(error));
        let id = accepted(&office).await;
        let record = office.desk.print(id, PrintedForm::Receipt).await.unwrap();
        assert_eq!((record.state, record.trouble.as_deref()), (PrintState::Sending, Some(code)));
        office.printer.close(None);
        assert_eq!(office.desk.print(id, PrintedForm::Receipt).await.unwrap().reprint, 1, "{code}");
    }
}

#[tokio::test]
async fn a_sheet_that_had_begun_to_come_out_counts_though_it_was_taken_out_of_the_queue() {
    let office = printing().await;
    office.printer.put(FAKE_PRINTER, PrinterState::PaperOut);
    let id = accepted(&office).await;
    assert!(!office.desk.print(id, PrintedForm::Receipt).await.unwrap().begun);
    office.printer.begin(FAKE_PRINTER);
    let again = office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    assert_eq!(
        (again.number, again.reprint, again.begun),
        (2, 1, false),
        "a part of the first may be on paper"
    );
    let first = office.desk.prints(id).await.unwrap().remove(0);
    assert_eq!((first.state, first.begun), (PrintState::Cancelled, true));
    office.printer.begin(FAKE_PRINTER);
    assert_eq!(office.desk.follow_print(id, 2).await.unwrap().state, PrintState::Printing);
    let cancelled = office.desk.cancel_print(id, 2).await.unwrap();
    assert_eq!((cancelled.state, cancelled.begun), (PrintState::Cancelled, true), "it stays known");
    office.printer.put(FAKE_PRINTER, PrinterState::Ready);
    let third = office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    assert_eq!((third.state, third.reprint), (PrintState::Printed, 2));
}

#[tokio::test]
async fn no_sheet_comes_out_that_is_not_in_the_journal() {
    let mut office = printing().await;
    let id = accepted(&office).await;
    office.vault.die_after(Some(0));
    assert_eq!(refused(&office.desk.print(id, PrintedForm::Receipt).await.unwrap_err()), "vaultStorage");
    assert!(office.printer.out().is_empty(), "without its line nothing is handed over");
    // The machine dies between the hand-over and its second line.
    office.vault.die_after(Some(1));
    office.desk.print(id, PrintedForm::Receipt).await.unwrap_err();
    office.restart();
    let [left] = &office.desk.prints(id).await.unwrap()[..] else { panic!("one line") };
    assert_eq!((left.state, left.job.as_deref()), (PrintState::Sending, None));
    assert!(left.is_open(), "it may still be on its way");
    office.clock.pass(std::time::Duration::from_secs(61));
    let left = office.desk.follow_print(id, 1).await.unwrap();
    assert_eq!(left.trouble.as_deref(), Some("printUnknownJob"), "nobody can say any more");
    assert_eq!(office.desk.print(id, PrintedForm::Receipt).await.unwrap().reprint, 1, "it may be on paper");
}

#[tokio::test]
async fn who_asks_late_does_not_open_again_what_is_over() {
    let office = printing().await;
    let id = accepted(&office).await;
    office.printer.put(FAKE_PRINTER, PrinterState::PaperOut);
    office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    office.printer.put(FAKE_PRINTER, PrinterState::Ready);
    let (one, other) = tokio::join!(office.desk.follow_print(id, 1), office.desk.follow_print(id, 1));
    assert_eq!((one.unwrap().state, other.unwrap().state), (PrintState::Printed, PrintState::Printed));
    assert_eq!(office.desk.prints(id).await.unwrap()[0].state, PrintState::Printed);
}

#[tokio::test]
async fn a_receipt_made_anew_is_asked_for_until_it_is_on_paper() {
    let office = Office::new();
    office.desk.refresh_reference().await.unwrap();
    office.desk.choose_scanner(motcua_testkit::FAKE_DEVICE).await.unwrap();
    office.desk.choose_printers(Some(FAKE_PRINTER), None, true).await.unwrap();
    let id = accepted(&office).await;
    office.desk.print_accepted(id).await.unwrap();
    sync(&office).await;
    let named = office.desk.dossier(id).await.unwrap();
    assert_eq!(named.reprint, [ReceiptChange::FinalCode].into());
    office.printer.put(FAKE_PRINTER, PrinterState::PaperOut);
    let record = office.desk.print(id, PrintedForm::Receipt).await.unwrap();
    assert_eq!(record.reprint, 0, "another receipt, and its first print");
    assert!(!office.desk.dossier(id).await.unwrap().reprint.is_empty(), "it is in the queue, not on paper");
    office.printer.put(FAKE_PRINTER, PrinterState::Ready);
    office.desk.follow_print(id, record.number).await.unwrap();
    assert!(office.desk.dossier(id).await.unwrap().reprint.is_empty());
}

#[tokio::test]
async fn what_cannot_be_made_is_not_printed() {
    let office = printing().await;
    let draft = office.open().await.id;
    for form in [PrintedForm::Receipt, PrintedForm::Control, PrintedForm::Slip] {
        assert_eq!(refused(&office.desk.print(draft, form).await.unwrap_err()), "dossierNotAccepted");
    }
    assert!(office.desk.prints(draft).await.unwrap().is_empty());
    office.desk.lock().await;
    assert_eq!(refused(&office.desk.print(draft, PrintedForm::Slip).await.unwrap_err()), "vaultLocked");
}
