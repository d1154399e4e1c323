//! Printing: a form goes to the chosen printer, and the journal says so. Nothing waits for it: what is wrong with the
//! printer is a word beside the dossier, never a reason not to accept it.
//!
//! A line of the journal is committed before the print system gets a byte, so that no sheet is unaccounted for. A sheet
//! that may be on paper already is printed again with the mark "Bản in lại lần N"; one that surely is not (taken out of
//! the queue or given up before it began to come out) does not count.

use crate::accept::FONTS;
use crate::desk::Desk;
use crate::error::{DeskError, FilingError, PrintProblem, print_code};
use crate::forms::PrintedForm;
use crate::ports::{
    Batch, JobState, PrintError, PrintRecord, PrintRequest, PrintSheet, PrintState, PrinterInfo, PrinterState,
};
use motcua_dossier::{BlobId, DossierError, DossierId};

const FORMS: Place = Place { setting: "printer", label: "printer_label" };
const SLIPS: Place = Place { setting: "slip_printer", label: "slip_printer_label" };
const AT_ACCEPTANCE: &str = "print_at_acceptance";

/// Copies of the receipt: one for the citizen, one for the dossier.
const RECEIPT_COPIES: u32 = 2;
const ONE_COPY: u32 = 1;

/// Title of every job in the print system, which shows it to whoever looks: it says nothing of anybody.
const TITLE: &str = "Mot Cua";

/// Longer than a print system takes to answer, in milliseconds.
const HANDING_OVER: i64 = 60_000;

/// Where a kind of sheet is printed.
struct Place {
    setting: &'static str,
    label: &'static str,
}

/// What this machine prints on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PrintSettings {
    /// Queue for forms on A4 and A5; none: the window shows them and the officer prints from there.
    pub forms: Option<String>,
    /// What people call it.
    pub forms_label: Option<String>,
    /// Queue for slips of 80 mm.
    pub slips: Option<String>,
    /// What people call it.
    pub slips_label: Option<String>,
    /// The receipt is printed as soon as the dossier is accepted.
    pub at_acceptance: bool,
}

impl Desk {
    /// Printers of this machine.
    ///
    /// # Errors
    /// No print system, or one that does not answer.
    pub async fn printers(&self) -> Result<Vec<PrinterInfo>, DeskError> {
        Ok(self.printer.list().await?)
    }

    /// What this machine prints on.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn print_settings(&self) -> Result<PrintSettings, DeskError> {
        let read = |key: &str| Ok::<_, DeskError>(self.vault.setting(key)?.filter(|value| !value.is_empty()));
        Ok(PrintSettings {
            forms: read(FORMS.setting)?,
            forms_label: read(FORMS.label)?,
            slips: read(SLIPS.setting)?,
            slips_label: read(SLIPS.label)?,
            at_acceptance: read(AT_ACCEPTANCE)?.as_deref() != Some("no"),
        })
    }

    /// Remembers what this machine prints on. Names of people are asked of the print system; one that does not answer,
    /// or does not know the queue, changes nothing.
    ///
    /// # Errors
    /// The queue is not known; the vault is closed.
    pub async fn choose_printers(
        &self,
        forms: Option<&str>,
        slips: Option<&str>,
        at_acceptance: bool,
    ) -> Result<PrintSettings, DeskError> {
        let mut settings = vec![];
        for (place, queue) in [(FORMS, forms), (SLIPS, slips)] {
            let queue = queue.filter(|queue| !queue.is_empty());
            let label = match queue {
                Some(queue) => self.printer.look(queue).await?.label,
                None => String::new(),
            };
            settings.push((place.setting.to_owned(), queue.unwrap_or_default().to_owned()));
            settings.push((place.label.to_owned(), label));
        }
        settings.push((AT_ACCEPTANCE.to_owned(), if at_acceptance { "yes" } else { "no" }.to_owned()));
        {
            let _writing = self.writing();
            self.vault.commit(&Batch { settings, ..Batch::default() })?;
        }
        self.print_settings().await
    }

    /// How the printer of the forms is now; none when none is chosen. Asks the print system.
    ///
    /// # Errors
    /// The print system does not answer, or has no such printer any more; the vault is closed.
    pub async fn printer_state(&self) -> Result<Option<PrinterState>, DeskError> {
        match self.print_settings().await?.forms {
            Some(printer) => Ok(Some(self.printer.look(&printer).await?.state)),
            None => Ok(None),
        }
    }

    /// Journal of the prints of one dossier, oldest first.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn prints(&self, id: DossierId) -> Result<Vec<PrintRecord>, DeskError> {
        Ok(self.vault.prints(id)?)
    }

    /// What F9 does after the acceptance: prints the receipt when a printer is chosen and this machine prints at once.
    /// Comes back when the print system has the sheet; what went wrong is in the journal, and nothing is undone by it.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn print_accepted(&self, id: DossierId) -> Result<Option<PrintRecord>, DeskError> {
        let settings = self.print_settings().await?;
        if settings.forms.is_none() || !settings.at_acceptance {
            return Ok(None);
        }
        self.print(id, PrintedForm::Receipt).await.map(Some)
    }

    /// Prints a form: the receipt twice, any other once. What waits in the queue of the same sheet is taken out first, so
    /// that it does not come out twice. A printer in trouble keeps the sheet waiting; a print system that does not take it
    /// is a line of the journal with its reason.
    ///
    /// # Errors
    /// No printer is chosen, the form cannot be made, the vault is closed. Then nothing is in the journal.
    pub async fn print(&self, id: DossierId, form: PrintedForm) -> Result<PrintRecord, DeskError> {
        let settings = self.print_settings().await?;
        let (printer, label) = match form {
            PrintedForm::Slip => (settings.slips, settings.slips_label),
            _ => (settings.forms, settings.forms_label),
        };
        let printer = printer.ok_or(PrintProblem::NotChosen)?;
        let file = self.file_of(id, form)?;
        let bytes = match &file {
            Some(receipt) => self.held(receipt)?,
            None => self.printed_form(id, form).await?,
        };
        self.withdraw_waiting(id, form).await?;
        let mut record = self.begin_print(id, (form, file), printer, label.unwrap_or_default())?;
        let sheet = match marked(&bytes, record.reprint) {
            Ok(sheet) => sheet,
            Err(error) => {
                record.state = PrintState::Failed;
                self.journal(record)?;
                return Err(error);
            }
        };
        let request = PrintRequest {
            printer: record.printer.clone(),
            title: TITLE.to_owned(),
            sheet: sheet_of(form, &sheet),
            copies: record.copies,
        };
        match self.printer.print(&request, &sheet).await {
            Ok(job) => {
                record.job = Some(job);
                record.state = PrintState::Waiting;
                let number = self.journal(record)?.number;
                self.follow_print(id, number).await
            }
            Err(error) => {
                // Nobody knows whether a system that fell silent or talks nonsense took it: it counts as printed when it
                // is printed again.
                record.state = match error {
                    PrintError::NoSystem | PrintError::UnknownPrinter | PrintError::Refused => {
                        PrintState::Failed
                    }
                    PrintError::Hung | PrintError::Malformed | PrintError::UnknownJob | PrintError::Over => {
                        PrintState::Sending
                    }
                };
                record.trouble = Some(print_code(error).to_owned());
                self.journal(record)
            }
        }
    }

    /// The file that is printed as it is kept: of the receipt, the one there is now. Other forms are set anew.
    fn file_of(&self, id: DossierId, form: PrintedForm) -> Result<Option<BlobId>, DeskError> {
        if form != PrintedForm::Receipt {
            return Ok(None);
        }
        let dossier = self.stored(id)?;
        dossier.state.acceptance().ok_or(DossierError::NotAccepted)?;
        Ok(Some(dossier.receipt.ok_or(FilingError::Receipt)?))
    }

    /// Asks how far a print is, and writes down what is news. A receipt that is on paper is asked for no more. Its bytes go
    /// from the print system with the end of the job. A line that a crash left without a job says so after a while.
    ///
    /// # Errors
    /// No such print; the vault is closed.
    pub async fn follow_print(&self, id: DossierId, number: u32) -> Result<PrintRecord, DeskError> {
        let before = self.print_of(id, number)?;
        if !before.is_open() {
            return Ok(before);
        }
        let mut record = before.clone();
        let Some(job) = before.job.clone() else {
            if self.clock.now().0 - before.at.0 < HANDING_OVER {
                return Ok(before);
            }
            record.trouble = Some(print_code(PrintError::UnknownJob).to_owned());
            return self.journal(record);
        };
        match self.printer.job(&job).await {
            Ok(state) => {
                record.state = state.into();
                record.begun |= state == JobState::Printing;
                record.trouble = match state {
                    JobState::Waiting | JobState::Printing => self.in_the_way(&record.printer).await,
                    JobState::Failed => Some(print_code(PrintError::Refused).to_owned()),
                    JobState::Printed | JobState::Cancelled => None,
                };
            }
            // Taken out of its keeping after it was done; the last word there was stays.
            Err(PrintError::UnknownJob) => {
                record.state = PrintState::Sending;
                record.trouble = Some(print_code(PrintError::UnknownJob).to_owned());
                record.job = None;
            }
            Err(error) => record.trouble = Some(print_code(error).to_owned()),
        }
        let over = record.state.is_over();
        let written = if record == before { record } else { self.journal(record)? };
        if over {
            self.forget_job(&job).await;
        }
        Ok(written)
    }

    /// Takes a print out of the queue. One that is on paper by now stays printed; of one that has begun by now it is
    /// remembered that it may be.
    ///
    /// # Errors
    /// No such print, the print system does not answer; the vault is closed.
    pub async fn cancel_print(&self, id: DossierId, number: u32) -> Result<PrintRecord, DeskError> {
        let record = self.follow_print(id, number).await?;
        let Some(job) = record.job.clone().filter(|_| record.is_open()) else { return Ok(record) };
        match self.printer.cancel(&job).await {
            Ok(()) | Err(PrintError::Over | PrintError::UnknownJob) => self.follow_print(id, number).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Sheets of that form that still wait are taken out of the queue. A print system that does not answer keeps nothing
    /// from going on: the journal says what is known.
    async fn withdraw_waiting(&self, id: DossierId, form: PrintedForm) -> Result<(), DeskError> {
        for record in self.vault.prints(id)? {
            if record.form == form && record.job.is_some() && record.is_open() {
                match self.cancel_print(id, record.number).await {
                    Ok(_) | Err(DeskError::Print(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Writes the line of a print before anything is handed over: of which form, and which file if it is one.
    fn begin_print(
        &self,
        id: DossierId,
        (form, file): (PrintedForm, Option<BlobId>),
        printer: String,
        label: String,
    ) -> Result<PrintRecord, DeskError> {
        let _writing = self.writing();
        let before = self.vault.prints(id)?;
        let same =
            |record: &&PrintRecord| record.form == form && record.file == file && record.may_be_on_paper();
        let record = PrintRecord {
            dossier: id,
            number: before.last().map_or(0, |record| record.number) + 1,
            form,
            file,
            at: self.clock.now(),
            officer: self.officer(),
            copies: if form == PrintedForm::Receipt { RECEIPT_COPIES } else { ONE_COPY },
            printer,
            label,
            job: None,
            state: PrintState::Sending,
            begun: false,
            trouble: None,
            reprint: u32::try_from(before.iter().filter(same).count()).unwrap_or(u32::MAX),
        };
        self.vault.commit(&Batch { prints: vec![record.clone()], ..Batch::default() })?;
        Ok(record)
    }

    /// Writes down how far a print is, and gives what is written: whoever asked late does not open again what is over. In
    /// the commit that says it is on paper the receipt ceases to be asked for.
    fn journal(&self, mut record: PrintRecord) -> Result<PrintRecord, DeskError> {
        let (id, number) = (record.dossier, record.number);
        let asked_for = record.state == PrintState::Printed && record.form == PrintedForm::Receipt;
        if asked_for && !self.stored(id)?.reprint.is_empty() {
            self.change(id, |change| {
                if !self.print_of(id, number)?.state.is_over() {
                    if change.dossier.receipt == record.file {
                        change.dossier.reprint.clear();
                    }
                    change.batch.prints.push(record);
                }
                Ok(())
            })?;
            return self.print_of(id, number);
        }
        let _writing = self.writing();
        let stored = self.print_of(id, number)?;
        if stored.state.is_over() {
            return Ok(stored);
        }
        record.begun |= stored.begun;
        self.vault.commit(&Batch { prints: vec![record.clone()], ..Batch::default() })?;
        Ok(record)
    }

    fn print_of(&self, id: DossierId, number: u32) -> Result<PrintRecord, DeskError> {
        let found = self.vault.prints(id)?.into_iter().find(|record| record.number == number);
        found.ok_or_else(|| PrintProblem::Unknown.into())
    }

    /// What keeps a waiting sheet from coming out, as a code; none while all is well.
    async fn in_the_way(&self, printer: &str) -> Option<String> {
        let code = match self.printer.look(printer).await {
            Ok(info) => state_code(info.state)?,
            Err(error) => print_code(error),
        };
        Some(code.to_owned())
    }

    /// The bytes of a sheet that is printed lie about in the queue no longer than needed.
    async fn forget_job(&self, job: &str) {
        if let Err(error) = self.printer.forget(job).await {
            tracing::warn!(%error, "print job stays in the print system");
        }
    }
}

impl PrintState {
    /// Nothing changes any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Printed | Self::Cancelled | Self::Failed)
    }
}

impl From<JobState> for PrintState {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Waiting => Self::Waiting,
            JobState::Printing => Self::Printing,
            JobState::Printed => Self::Printed,
            JobState::Cancelled => Self::Cancelled,
            JobState::Failed => Self::Failed,
        }
    }
}

impl PrintRecord {
    /// There is more to learn of it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.state.is_over() && (self.job.is_some() || self.trouble.is_none())
    }

    /// The sheet is on paper, or nobody can say that it is not.
    #[must_use]
    pub fn may_be_on_paper(&self) -> bool {
        self.begun || !matches!(self.state, PrintState::Cancelled | PrintState::Failed)
    }
}

/// What is wrong with a printer, as a code; none when nothing is.
fn state_code(state: PrinterState) -> Option<&'static str> {
    match state {
        PrinterState::Ready | PrinterState::Printing => None,
        PrinterState::Stopped => Some("printStopped"),
        PrinterState::PaperOut => Some("printPaperOut"),
        PrinterState::Jammed => Some("printJammed"),
        PrinterState::Offline => Some("printOffline"),
        PrinterState::Trouble => Some("printTrouble"),
    }
}

/// The sheet as it is printed: a reprint says so on every page.
fn marked(pdf: &[u8], reprint: u32) -> Result<Vec<u8>, DeskError> {
    if reprint == 0 {
        return Ok(pdf.to_vec());
    }
    let mark = format!("Bản in lại lần {reprint}");
    Ok(motcua_pdf::marked(pdf, &mark, &FONTS).map_err(|_| FilingError::Receipt)?)
}

fn sheet_of(form: PrintedForm, pdf: &[u8]) -> PrintSheet {
    match form {
        PrintedForm::Control => PrintSheet::A4,
        PrintedForm::Slip => {
            let height = motcua_pdf::page_size(pdf).map_or(SLIP_HEIGHT, |(_, height)| height);
            PrintSheet::Slip { height }
        }
        PrintedForm::Receipt | PrintedForm::Step(_) | PrintedForm::Decline => PrintSheet::A5,
    }
}

/// Of a slip whose length cannot be read, in millimetres.
const SLIP_HEIGHT: u32 = 200;
