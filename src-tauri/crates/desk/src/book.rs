//! "Sổ theo dõi hồ sơ" (form 06; Thông tư 01/2018/TT-VPCP): what the office accepted in a span of days, as far as this
//! machine knows. Of dossiers of other counters only what the warehouse tells the office is known; the rest of their row
//! stays empty, to be written by hand.

use crate::accept::due_text;
use crate::desk::Desk;
use crate::error::{BookError, DeskError};
use crate::spreadsheet::Spreadsheet;
use motcua_dossier::{
    Day, Deadline, Dossier, DossierCode, DossierId, DossierState, OfficeDossier, Phase, ReturnMethod,
    StepAct, Timestamp,
};
use motcua_pdf::{BookForm, BookRow, OfficeForm, office_form};

/// Most days of one book: any year.
const MOST_DAYS: i64 = 366;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The dossiers accepted from one day to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Book {
    /// First day, counted.
    pub from: Day,
    /// Last day, counted.
    pub to: Day,
    /// In the order of acceptance; each dossier once.
    pub lines: Vec<BookLine>,
}

/// A dossier in the book. No more of people than form 06 prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookLine {
    /// Which.
    pub dossier: DossierId,
    /// This machine has it; others are known by what the warehouse tells the office.
    pub here: bool,
    /// Mã hồ sơ.
    pub code: Option<DossierCode>,
    /// Tên thủ tục hành chính.
    pub procedure: String,
    /// Tên cá nhân, tổ chức.
    pub owner: String,
    /// Địa chỉ; empty when it is not known here.
    pub address: String,
    /// Số điện thoại; empty when it is not known here.
    pub phone: String,
    /// Cơ quan chủ trì giải quyết.
    pub agency: String,
    /// When it was accepted.
    pub received: Timestamp,
    /// When the result is due, after everything that was promised since.
    pub due: Deadline,
    /// Day of the first hand-over.
    pub forwarded: Option<Day>,
    /// Day the result was returned.
    pub returned: Option<Day>,
    /// Phương thức nhận kết quả, where it is known here.
    pub way: Option<ReturnMethod>,
    /// Ghi chú.
    pub note: Option<BookNote>,
}

/// What is out of the ordinary with a dossier in the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BookNote {
    /// More was asked for on that day; the clock stands.
    AwaitingSupplement(Day),
    /// Refused on that day.
    Refused(Day),
    /// Stopped on that day as the citizen wished.
    Stopped(Day),
    /// Taken back on that day, before the warehouse had it. The code stays used.
    TakenBack(Day),
    /// Due on that day at first; another day was promised since.
    FirstDue(Day),
}

impl Book {
    /// A table for a spreadsheet: the columns of the form, one line for each dossier.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let mut table = Spreadsheet::new(&[
            "stt",
            "ma_ho_so",
            "ten_thu_tuc",
            "so_luong_bo",
            "ten_ca_nhan_to_chuc",
            "dia_chi",
            "so_dien_thoai",
            "co_quan_chu_tri",
            "ngay_nhan",
            "ngay_hen_tra",
            "ngay_chuyen",
            "ngay_nhan_ket_qua",
            "ngay_tra",
            "phuong_thuc_nhan",
            "ky_nhan",
            "ghi_chu",
        ]);
        for row in self.rows() {
            let (number, quantity) = (row.number.to_string(), row.quantity.to_string());
            let fields: [&str; 16] = [
                &number,
                &row.code,
                &row.procedure,
                &quantity,
                &row.name,
                &row.address,
                &row.phone,
                &row.agency,
                &row.received,
                &row.due,
                &row.forwarded,
                &row.resolved,
                &row.returned,
                &row.way,
                &row.signed,
                &row.note,
            ];
            table.line(&fields);
        }
        table.finish()
    }

    fn rows(&self) -> impl Iterator<Item = BookRow> {
        (1_u32..).zip(&self.lines).map(|(number, line)| line.row(number))
    }
}

impl BookLine {
    fn row(&self, number: u32) -> BookRow {
        BookRow {
            number,
            code: self.code.as_ref().map(ToString::to_string).unwrap_or_default(),
            procedure: self.procedure.clone(),
            // A counter takes one set of each dossier, as the receipt says.
            quantity: 1,
            name: self.owner.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
            agency: self.agency.clone(),
            received: self.received.format_vn(),
            due: due_text(&self.due),
            forwarded: self.forwarded.map(Day::format_vn).unwrap_or_default(),
            // When the result came from the agency is not told to the counter.
            resolved: String::new(),
            returned: self.returned.map(Day::format_vn).unwrap_or_default(),
            way: self.way.map(way_word).unwrap_or_default().to_owned(),
            signed: String::new(),
            note: self.note.map(BookNote::words).unwrap_or_default(),
        }
    }

    fn of_own(dossier: Dossier, agency: &str) -> Option<Self> {
        let (received, first) = dossier.state.acceptance()?;
        let standing = dossier.standing()?;
        let returned = match &dossier.state {
            DossierState::Completed { at, .. } => Some(at.day()),
            DossierState::Draft
            | DossierState::Declined(_)
            | DossierState::SetAside(_)
            | DossierState::Accepted { .. }
            | DossierState::Withdrawn { .. } => None,
        };
        let note = match &dossier.state {
            DossierState::Withdrawn { at, .. } => Some(BookNote::TakenBack(at.day())),
            DossierState::Draft
            | DossierState::Declined(_)
            | DossierState::SetAside(_)
            | DossierState::Accepted { .. }
            | DossierState::Completed { .. } => {
                let again = (first.day != standing.due.day).then_some(BookNote::FirstDue(first.day));
                BookNote::of(standing.phase).or(again)
            }
        };
        let sent = |act: &StepAct| matches!(act, StepAct::HandedOver { .. });
        let forwarded = dossier.steps_taken().find(|step| sent(&step.act)).map(|step| step.at.day());
        let owner = dossier.applicant.owner;
        Some(Self {
            dossier: dossier.id,
            here: true,
            code: dossier.code,
            procedure: dossier.procedure_name,
            owner: owner.name,
            address: owner.address,
            phone: owner.phone,
            agency: agency.to_owned(),
            received,
            due: standing.due,
            forwarded,
            returned,
            way: Some(dossier.return_method),
            note,
        })
    }

    fn of_office(row: OfficeDossier, agency: &str) -> Self {
        Self {
            dossier: row.id,
            here: false,
            code: Some(row.code),
            procedure: row.procedure_name,
            owner: row.owner_name,
            address: String::new(),
            phone: String::new(),
            agency: agency.to_owned(),
            received: row.accepted_at,
            due: row.deadline,
            forwarded: None,
            returned: row.returned_at.map(Timestamp::day),
            way: None,
            note: BookNote::of(row.phase),
        }
    }
}

impl BookNote {
    fn of(phase: Phase) -> Option<Self> {
        match phase {
            Phase::Working | Phase::ResultProposed { .. } => None,
            Phase::AwaitingSupplement { since } => Some(Self::AwaitingSupplement(since.day())),
            Phase::Refused { at } => Some(Self::Refused(at.day())),
            Phase::Stopped { at } => Some(Self::Stopped(at.day())),
        }
    }

    /// As the form says it.
    fn words(self) -> String {
        let (what, day) = match self {
            Self::AwaitingSupplement(day) => ("Chờ bổ sung từ", day),
            Self::Refused(day) => ("Từ chối", day),
            Self::Stopped(day) => ("Dừng theo yêu cầu", day),
            Self::TakenBack(day) => ("Đã bỏ", day),
            Self::FirstDue(day) => ("Hẹn lần đầu", day),
        };
        format!("{what} {}", day.format_vn())
    }
}

impl Desk {
    /// What the office accepted from one day to another, both counted, as far as this machine knows. It needs no line.
    ///
    /// # Errors
    /// The first day is after the last; more than 366 days; the vault is closed.
    pub async fn book(&self, from: Day, to: Day) -> Result<Book, DeskError> {
        let (first, end) = span(from, to)?;
        let agency = &self.office.agency_name;
        let own = self.vault.accepted(first, end)?;
        let mut lines: Vec<BookLine> =
            own.into_iter().filter_map(|dossier| BookLine::of_own(dossier, agency)).collect();
        // Those this counter has are not among them, but for drafts of it that another counter accepted.
        let mut others = self.vault.office_accepted(first, end)?;
        let beside = self.beside_unsettled()?;
        others.extend(beside.into_iter().filter(|row| (first..end).contains(&row.accepted_at)));
        lines.extend(others.into_iter().map(|row| BookLine::of_office(row, agency)));
        lines.sort_by_key(|line| (line.received, line.dossier));
        Ok(Book { from, to, lines })
    }

    /// Sets the book as PDF (A4 landscape).
    ///
    /// # Errors
    /// A name is too long for any place; the vault is closed.
    pub async fn printed_book(&self, book: &Book) -> Result<Vec<u8>, DeskError> {
        let form = OfficeForm::Book(BookForm {
            head: self.office_head("06", self.clock.now())?,
            from: book.from.format_vn(),
            until: book.to.format_vn(),
            rows: book.rows().collect(),
        });
        Ok(office_form(&form, &self.form_fonts()).map_err(|_| BookError::NotSet)?)
    }
}

/// From the first moment of a day to the one after the last of another.
pub(crate) fn span(from: Day, to: Day) -> Result<(Timestamp, Timestamp), BookError> {
    let days = (to.0 - from.0).whole_days() + 1;
    if days < 1 {
        return Err(BookError::Reversed);
    }
    if days > MOST_DAYS {
        return Err(BookError::TooLong);
    }
    Ok((from.start(), Timestamp(to.start().0 + DAY)))
}

fn way_word(way: ReturnMethod) -> &'static str {
    match way {
        ReturnMethod::Counter => "Trực tiếp tại quầy",
        ReturnMethod::Postal => "Bưu chính công ích",
        ReturnMethod::Electronic => "Bản điện tử",
    }
}
