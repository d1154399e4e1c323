//! The letters to the person: supplement, refusal, apology, stop.

use super::{ApologyForm, FormHead, FormSubject, RefusalForm, StoppedForm, SupplementForm};
use crate::sheet::{Cut, Heading, LINE, Paper, Run, SIZE, Sheet, Signer};
use crate::{FormFonts, PdfError};

const SIGN: &str = "(Ký và ghi rõ họ tên)";
/// Body sizes and lines for a letter that leaves room.
const LARGER: [(f32, f32); 3] = [(11.4, 15.6), (10.8, 14.8), (10.2, 13.9)];
/// Where a paragraph begins.
const INDENT: f32 = 18.0;
/// Between paragraphs.
const GAP: f32 = 3.0;
/// To be written on by hand.
const DOTS: &str = "………………………";

impl SupplementForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        largest(&self.head, |size| self.on(size, fonts))
    }

    fn on(&self, size: (f32, f32), fonts: &FormFonts<'_>) -> Result<Sheet, PdfError> {
        let titles = ["PHIẾU YÊU CẦU BỔ SUNG,", "HOÀN THIỆN HỒ SƠ"];
        let name = "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ";
        let mut sheet = begin(name, &self.head, &titles, size, fonts)?;
        let signers = [Signer { title: "NGƯỜI HƯỚNG DẪN", how: SIGN, name: &self.officer }];
        let tail = sheet.signed(&signers)?;
        subject(&mut sheet, &self.subject);
        lead(&mut sheet, "Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau:");
        numbered(&mut sheet, &self.items, 0.0, 0.0);
        let spans = [
            (Cut::Regular, "Trong quá trình hoàn thiện hồ sơ nếu có vướng mắc, ông (bà) liên hệ với "),
            (Cut::Bold, &*or_dots(&self.contact)),
            (Cut::Regular, "số điện thoại "),
            (Cut::Bold, &*or_dots(&self.contact_phone)),
            (Cut::Regular, "để được hướng dẫn./."),
        ];
        let closing = Closing::new(&sheet, &spans, tail);
        let reason = if self.reason.trim().is_empty() { "–" } else { &self.reason };
        let spans = [(Cut::Regular, "Lý do: "), (Cut::Regular, reason)];
        let lines = sheet.flow(sheet.paper.left, 0.0, &spans);
        sheet.y += GAP;
        sheet.place(lines, closing.tall);
        closing.place(&mut sheet);
        sheet.signatures(&signers)?;
        Ok(sheet)
    }
}

impl RefusalForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        largest(&self.head, |size| self.on(size, fonts))
    }

    fn on(&self, size: (f32, f32), fonts: &FormFonts<'_>) -> Result<Sheet, PdfError> {
        let titles = ["PHIẾU TỪ CHỐI TIẾP NHẬN", "GIẢI QUYẾT HỒ SƠ"];
        let mut sheet = begin("Phiếu từ chối tiếp nhận giải quyết hồ sơ", &self.head, &titles, size, fonts)?;
        let signers = [
            Signer { title: "NGƯỜI NỘP HỒ SƠ", how: SIGN, name: &self.submitter },
            Signer { title: "NGƯỜI TIẾP NHẬN HỒ SƠ", how: SIGN, name: &self.officer },
        ];
        let tail = sheet.signed(&signers)?;
        subject(&mut sheet, &self.subject);
        let text = format!(
            "Qua xem xét, {} thông báo không tiếp nhận, giải quyết hồ sơ này với lý do cụ thể như sau:",
            or_dots(&self.head.unit).trim_end()
        );
        lead(&mut sheet, &text);
        let words = "Xin thông báo để ông (bà) được biết và thực hiện./.";
        let closing = Closing::new(&sheet, &[(Cut::Regular, words)], tail);
        numbered(&mut sheet, &self.reasons, closing.tall, 0.0);
        closing.place(&mut sheet);
        sheet.signatures(&signers)?;
        Ok(sheet)
    }
}

impl ApologyForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        largest(&self.head, |size| self.on(size, fonts))
    }

    fn on(&self, size: (f32, f32), fonts: &FormFonts<'_>) -> Result<Sheet, PdfError> {
        let titles = ["PHIẾU XIN LỖI", "VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ"];
        let mut sheet = begin("Phiếu xin lỗi và hẹn lại ngày trả kết quả", &self.head, &titles, size, fonts)?;
        let how = "(Ký, ghi rõ họ tên, đóng dấu)";
        let signers = [Signer { title: "THỦ TRƯỞNG CƠ QUAN, ĐƠN VỊ", how, name: &self.signer }];
        let tail = sheet.signed(&signers)?;
        let (subject, agency) = (&self.subject, or_dots(&self.head.agency));
        let agency = agency.trim_end();
        let spans = [(Cut::Regular, "Kính gửi: "), (Cut::Bold, &*or_dots(&subject.name))];
        let lines = sheet.flow(sheet.paper.left + 58.0, 0.0, &spans);
        sheet.place(lines, 0.0);
        let (received, procedure) = (or_dots(&self.received), or_dots(&subject.procedure));
        let took = format!("{agency} tiếp nhận hồ sơ của ông (bà) đề nghị giải quyết thủ tục hành chính: ");
        let code = format!("{}.", or_dots(&self.head.code).trim_end());
        let procedure = format!("{}; ", procedure.trim_end());
        let received = format!("{}, ", received.trim_end());
        let spans = [
            (Cut::Regular, "Lúc "),
            (Cut::Regular, &*received),
            (Cut::Regular, &*took),
            (Cut::Bold, &*procedure),
            (Cut::Regular, "mã số hồ sơ: "),
            (Cut::Bold, &*code),
        ];
        paragraph(&mut sheet, &spans, 0.0);
        let due = format!("{}.", or_dots(&self.due).trim_end());
        let label = "Thời gian hẹn trả kết quả giải quyết hồ sơ: ";
        paragraph(&mut sheet, &[(Cut::Regular, label), (Cut::Bold, &due)], 0.0);
        let late = format!(
            "Tuy nhiên, {agency} chưa thể trả kết quả giải quyết hồ sơ của ông (bà) đúng thời hạn nêu trên. \
             Lý do: "
        );
        paragraph(&mut sheet, &[(Cut::Regular, &late), (Cut::Regular, &or_dots(&self.reason))], 0.0);
        let sorry = format!("{agency} xin lỗi ông (bà) vì sự chậm trễ này và hẹn trả kết quả vào: ");
        let again = format!("{}.", or_dots(&self.again).trim_end());
        let words = "Rất mong ông (bà) thông cảm./.";
        let closing = Closing::new(&sheet, &[(Cut::Regular, words)], tail);
        paragraph(&mut sheet, &[(Cut::Regular, &sorry), (Cut::Bold, &again)], closing.tall);
        closing.place(&mut sheet);
        sheet.signatures(&signers)?;
        Ok(sheet)
    }
}

impl StoppedForm {
    pub(super) fn set(&self, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
        largest(&self.head, |size| self.on(size, fonts))
    }

    fn on(&self, size: (f32, f32), fonts: &FormFonts<'_>) -> Result<Sheet, PdfError> {
        let titles = ["THÔNG BÁO", "DỪNG GIẢI QUYẾT HỒ SƠ"];
        let mut sheet = begin("Thông báo dừng giải quyết hồ sơ", &self.head, &titles, size, fonts)?;
        let unit = or_dots(&self.head.unit);
        let title = self.head.unit.to_uppercase();
        let signers = [Signer { title: &title, how: SIGN, name: &self.officer }];
        let tail = sheet.signed(&signers)?;
        subject(&mut sheet, &self.subject);
        let asked = format!("{}, ", or_dots(&self.asked).trim_end());
        let reason = format!("{};", or_dots(&self.reason).trim_end());
        let spans = [
            (Cut::Regular, "Theo đề nghị của "),
            (Cut::Bold, &*format!("{}, ", or_dots(&self.subject.name).trim_end())),
            (Cut::Regular, "ngày "),
            (Cut::Regular, &*asked),
            (Cut::Regular, "với lý do: "),
            (Cut::Regular, &*reason),
        ];
        paragraph(&mut sheet, &spans, 0.0);
        let since = format!("{}.", or_dots(&self.since).trim_end());
        let words = format!("{unit}thông báo dừng giải quyết hồ sơ nêu trên kể từ: ");
        paragraph(&mut sheet, &[(Cut::Regular, &words), (Cut::Bold, &since)], 0.0);
        let words = "Xin thông báo để ông (bà) được biết./.";
        let closing = Closing::new(&sheet, &[(Cut::Regular, words)], tail);
        if self.returned.is_empty() {
            let words = "Không có giấy tờ phải trả lại.";
            paragraph(&mut sheet, &[(Cut::Regular, words)], closing.tall);
        } else {
            lead(&mut sheet, "Trả lại ông (bà):");
            numbered(&mut sheet, &self.returned, closing.tall, 0.0);
        }
        closing.place(&mut sheet);
        sheet.signatures(&signers)?;
        Ok(sheet)
    }
}

/// The letter in the largest size in which it takes one page; a longer one in the least.
fn largest(
    head: &FormHead,
    set: impl Fn((f32, f32)) -> Result<Sheet, PdfError>,
) -> Result<Vec<u8>, PdfError> {
    let mut sheet = set((SIZE, LINE))?;
    if sheet.turned() == 0 {
        for size in LARGER {
            let larger = set(size)?;
            if larger.turned() == 0 {
                sheet = larger;
                break;
            }
        }
    }
    Ok(sheet.finish(&format!("Mã hồ sơ {}", head.code)))
}

fn begin(
    name: &str,
    head: &FormHead,
    titles: &[&str],
    size: (f32, f32),
    fonts: &FormFonts<'_>,
) -> Result<Sheet, PdfError> {
    let mut sheet = Sheet::new(name, Paper::A5, fonts)?;
    (sheet.size, sheet.line) = size;
    sheet.head(head)?;
    sheet.title(head, &Heading { titles, label: "Mã hồ sơ: ", note: "" })?;
    Ok(sheet)
}

fn subject(sheet: &mut Sheet, subject: &FormSubject) {
    sheet.entry("Hồ sơ của: ", &subject.name, Cut::Bold);
    if !subject.number.trim().is_empty() {
        sheet.entry("Số định danh: ", &subject.number, Cut::Regular);
    }
    sheet.entry("Địa chỉ: ", &subject.address, Cut::Regular);
    contacts(sheet, &subject.phone, &subject.email);
    sheet.entry("Nội dung yêu cầu giải quyết: ", &subject.procedure, Cut::Bold);
}

/// Phone and e-mail on one line when both are short.
fn contacts(sheet: &mut Sheet, phone: &str, email: &str) {
    let (phone_label, email_label) = ("Số điện thoại: ", "Email: ");
    let stop = f32::midpoint(sheet.paper.left, sheet.paper.right);
    let wide = |label: &str, value: &str| sheet.width(Cut::Regular, sheet.size, &format!("{label}{value}"));
    let beside = wide(phone_label, phone) + 12.0 < stop - sheet.paper.left
        && wide(email_label, email) < sheet.paper.right - stop;
    if beside {
        let dash = |text: &str| if text.trim().is_empty() { "–".to_owned() } else { text.to_owned() };
        let (phone, email) = (dash(phone), dash(email));
        let mut lines =
            sheet.flow(sheet.paper.left, 0.0, &[(Cut::Regular, phone_label), (Cut::Regular, &phone)]);
        let right = sheet.flow(stop, 0.0, &[(Cut::Regular, email_label), (Cut::Regular, &email)]);
        if let Some(line) = lines.first_mut() {
            line.extend(right.into_iter().flatten());
        }
        sheet.place(lines, 0.0);
    } else {
        sheet.entry(phone_label, phone, Cut::Regular);
        sheet.entry(email_label, email, Cut::Regular);
    }
}

/// A sentence that the lines below complete: it does not stay behind when they turn the page.
fn lead(sheet: &mut Sheet, text: &str) {
    sheet.y += GAP;
    let lines = sheet.flow(sheet.paper.left, INDENT, &[(Cut::Regular, text)]);
    sheet.place(lines, 2.0 * sheet.line);
}

fn paragraph(sheet: &mut Sheet, spans: &[(Cut, &str)], tail: f32) {
    sheet.y += GAP;
    let lines = sheet.flow(sheet.paper.left, INDENT, spans);
    sheet.place(lines, tail);
}

/// The last paragraph: what stands above it does not leave it alone with the signatures.
struct Closing {
    lines: Vec<Vec<Run>>,
    tail: f32,
    tall: f32,
}

impl Closing {
    fn new(sheet: &Sheet, spans: &[(Cut, &str)], tail: f32) -> Self {
        let lines = sheet.flow(sheet.paper.left, INDENT, spans);
        let own: f32 = lines.iter().map(|_| sheet.line).sum();
        Self { lines, tail, tall: own + GAP + tail }
    }

    fn place(self, sheet: &mut Sheet) {
        sheet.y += GAP;
        sheet.place(self.lines, self.tail);
    }
}

/// A numbered list; without any item, two lines to write on.
/// The end of the list keeps `tail` of room below it on its page; `gap` is the room between two items.
pub(super) fn numbered(sheet: &mut Sheet, items: &[String], tail: f32, gap: f32) {
    let left = sheet.paper.left;
    // The widest number sets the edge of all.
    let edge = left + INDENT.max(sheet.width(Cut::Regular, sheet.size, &format!("{}. ", items.len())) + 4.0);
    let line = dots(sheet, sheet.paper.right - edge);
    let blank = [line.clone(), line];
    let items = if items.is_empty() { &blank } else { items };
    for (number, item) in items.iter().enumerate() {
        let label = format!("{}.", number + 1);
        let x = edge - 4.0 - sheet.width(Cut::Regular, sheet.size, &label);
        let text = if item.trim().is_empty() { "–" } else { item };
        let mut lines = sheet.flow(edge, 0.0, &[(Cut::Regular, text)]);
        if let Some(first) = lines.first_mut() {
            first.push(Run { cut: Cut::Regular, x, text: label });
        }
        sheet.place(lines, if number + 1 == items.len() { tail } else { 0.0 });
        sheet.y += gap;
    }
}

/// As many dots as the room has.
fn dots(sheet: &Sheet, room: f32) -> String {
    let mut line = String::new();
    while sheet.width(Cut::Regular, sheet.size, &line) + 2.0 * sheet.size < room {
        line.push('…');
    }
    line
}

/// A text and a space after it; dots to write on when it is empty.
fn or_dots(text: &str) -> String {
    format!("{} ", if text.trim().is_empty() { DOTS } else { text.trim() })
}
