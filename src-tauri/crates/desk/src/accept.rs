//! "Tiếp nhận": code, deadline, receipt and the operation for the warehouse, in one commit.

use crate::desk::{Change, Desk};
use crate::error::{DeskError, FilingError, dotted};
use crate::intake::{find_case, find_procedure};
use motcua_dossier::{
    AgencyDefect, Attachment, AttachmentSource, BlobId, ComponentRow, Consent, CopyForm, Day, Deadline,
    Dossier, DossierCode, DossierError, DossierId, DossierState, FieldProblem, OutboxKind, ReferenceData,
    ReturnMethod, RuleKey, TimeLimit, Timestamp,
};
use motcua_pdf::{FormFonts, ReceiptForm, ReceiptRow};
use motcua_wire::{AcceptedDossier, ComponentEvidence, EvidenceSource, OpPayload};

pub(crate) const FONTS: FormFonts<'static> = FormFonts {
    regular: include_bytes!("../../../../assets/fonts/LiberationSerif-Regular.ttf"),
    bold: include_bytes!("../../../../assets/fonts/LiberationSerif-Bold.ttf"),
    italic: include_bytes!("../../../../assets/fonts/LiberationSerif-Italic.ttf"),
    watermark: "",
};

/// Under every page printed for training.
pub const TRAINING_WATERMARK: &str = "BẢN TẬP HUẤN – KHÔNG CÓ GIÁ TRỊ";

impl Desk {
    /// What keeps a dossier from being accepted, field by field; empty when nothing does.
    ///
    /// # Errors
    /// Unknown dossier, the vault is closed.
    pub async fn problems(&self, id: DossierId) -> Result<Vec<FieldProblem>, DeskError> {
        self.acceptance_problems(&self.stored(id)?)
    }

    /// Accepts a dossier: its code comes from the block leased for today, or is provisional when that ran
    /// dry; the receipt is ready for printing when this returns, network or not.
    ///
    /// # Errors
    /// Something is missing, field by field; the receipt cannot be made.
    pub async fn accept(&self, id: DossierId) -> Result<Dossier, DeskError> {
        let reference = self.vault.reference()?;
        let officer = self.officer();
        // A program that has not tried yet does not know whose clock counts.
        if self.live().online.is_none() {
            drop(self.contact().await?);
        }
        let offset = self.server_clock();
        self.change(id, |change| {
            let problems = self.acceptance_problems(&change.dossier)?;
            if !problems.is_empty() {
                return Err(DossierError::Incomplete(problems).into());
            }
            let code = self.take_code(change)?;
            let deadline = due(&reference, change.now, offset, &change.dossier);
            let receipt = self.queue_acceptance(change, &code, change.now, &deadline, &officer)?;
            change.dossier.code = Some(code);
            change.dossier.receipt = Some(receipt);
            change.dossier.state = DossierState::Accepted { at: change.now, deadline };
            Ok(())
        })
    }

    /// When the result would be due if the dossier were accepted now.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn expected_deadline(&self, dossier: &Dossier) -> Result<Deadline, DeskError> {
        Ok(due(&*self.vault.reference()?, self.clock.now(), self.server_clock(), dossier))
    }

    /// By how many milliseconds the server's clock is ahead of the machine's; none when offline.
    pub(crate) fn server_clock(&self) -> Option<i64> {
        let live = self.live();
        (live.online == Some(true)).then(|| live.clock_offset())
    }

    /// Makes the receipt and queues the acceptance of the dossier as it is now; the receipt comes back.
    pub(crate) fn queue_acceptance(
        &self,
        change: &mut Change<'_>,
        code: &DossierCode,
        at: Timestamp,
        deadline: &Deadline,
        officer: &str,
    ) -> Result<BlobId, DeskError> {
        let receipt = self.make_receipt(&change.dossier, code, at, deadline, officer)?;
        let accepted = accepted_of(&change.dossier, code, at, deadline, receipt, officer);
        let mut blobs = vec![receipt];
        blobs.extend(own_files(&change.dossier));
        change.enqueue(OutboxKind::Acceptance, OpPayload::AcceptDossier(Box::new(accepted)), blobs)?;
        Ok(receipt)
    }

    /// The printed receipt of a dossier as it is now, kept on this machine.
    pub(crate) fn make_receipt(
        &self,
        dossier: &Dossier,
        code: &DossierCode,
        at: Timestamp,
        deadline: &Deadline,
        officer: &str,
    ) -> Result<BlobId, DeskError> {
        let form = self.receipt_form(dossier, code, at, deadline, self.name_of(officer)?);
        let pdf = motcua_pdf::receipt(&form, &self.form_fonts()).map_err(|_| FilingError::Receipt)?;
        Ok(self.vault.put_blob(&pdf)?)
    }

    /// The type face of whatever is printed, and its watermark where people only learn.
    pub(crate) fn form_fonts(&self) -> FormFonts<'static> {
        FormFonts { watermark: if self.office.training { TRAINING_WATERMARK } else { "" }, ..FONTS }
    }

    fn acceptance_problems(&self, dossier: &Dossier) -> Result<Vec<FieldProblem>, DeskError> {
        let mut problems = dossier.problems();
        if dossier.state == DossierState::Draft {
            for row in &dossier.components {
                if !self.captured(dossier.id, row.number)?.pages.is_empty() {
                    let field = format!("components.{}", row.number);
                    problems.push(FieldProblem { field, code: "captureUnfinished".to_owned() });
                }
            }
            if self.has_no_case(dossier)? {
                let (field, code) = ("case".to_owned(), "caseEnded".to_owned());
                problems.push(FieldProblem { field, code });
            }
            if dossier.exception.is_none() {
                let defect = |defect: AgencyDefect| FieldProblem {
                    field: "owner.kind".to_owned(),
                    code: defect.code().to_owned(),
                };
                problems.extend(self.agency_defects(dossier)?.into_iter().map(defect));
            }
        }
        Ok(problems)
    }

    /// It was sent for a procedure or a case that had ended when it was opened: nothing says when it would be due.
    fn has_no_case(&self, dossier: &Dossier) -> Result<bool, DeskError> {
        if dossier.submission.is_none() || dossier.working_days > 0 || dossier.working_hours > 0 {
            return Ok(false);
        }
        let reference = self.vault.reference()?;
        let known = find_procedure(&reference, &dossier.procedure);
        Ok(known.and_then(|procedure| find_case(procedure, &dossier.case_code)).is_err())
    }

    /// The next code of the block leased for a day; none when it is dry.
    pub(crate) fn leased_code(
        &self,
        change: &mut Change<'_>,
        day: Day,
    ) -> Result<Option<DossierCode>, DeskError> {
        let mut blocks = self.vault.blocks()?;
        for block in &mut blocks {
            if block.agency == self.office.agency_code
                && block.day == day
                && let Some(code) = block.take()
            {
                change.batch.blocks = Some(blocks);
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// The next code of today's block; a dry block gives a provisional code, never a silent failure.
    fn take_code(&self, change: &mut Change<'_>) -> Result<DossierCode, DeskError> {
        if let Some(code) = self.leased_code(change, change.now.day())? {
            return Ok(code);
        }
        let mut counter = self.vault.counter()?;
        counter.provisional += 1;
        // The last digits of a UUIDv7 are random, its first are the time.
        let device = counter.device.to_string();
        let short: String = device.chars().skip(device.chars().count().saturating_sub(6)).collect();
        let code = DossierCode::provisional(&short, counter.provisional);
        change.batch.counter = Some(counter);
        Ok(code)
    }

    fn receipt_form(
        &self,
        dossier: &Dossier,
        code: &DossierCode,
        at: Timestamp,
        deadline: &Deadline,
        officer: String,
    ) -> ReceiptForm {
        let owner = &dossier.applicant.owner;
        let day = at.in_vietnam().date();
        ReceiptForm {
            agency: self.office.agency_name.clone(),
            unit: self.office.unit_name.clone(),
            place: self.office.place.clone(),
            code: code.to_string(),
            provisional: !code.is_final(),
            received_at: at.format_vn(),
            due: due_text(deadline),
            submitter: dossier.applicant.submitter.as_ref().map_or(&owner.name, |s| &s.name).clone(),
            owner: owner.name.clone(),
            owner_number: owner.number.value().to_owned(),
            address: owner.address.clone(),
            phone: owner.phone.clone(),
            procedure: dossier.procedure_name.clone(),
            rows: dossier.components.iter().filter_map(receipt_row).collect(),
            working_days: limit_text(dossier),
            fee: fee_text(dossier.fee),
            return_place: match dossier.return_method {
                ReturnMethod::Counter => self.office.unit_name.clone(),
                ReturnMethod::Postal => "Qua dịch vụ bưu chính công ích".to_owned(),
                ReturnMethod::Electronic => "Bản điện tử".to_owned(),
            },
            officer,
            day_line: format!("ngày {:02} tháng {:02} năm {}", day.day(), u8::from(day.month()), day.year()),
        }
    }
}

/// When the result of a dossier accepted now is due, by the calendar, the hours and the law of that day. Online,
/// the server's clock counts; without it the machine's does, and the deadline says so.
pub(crate) fn due(
    reference: &ReferenceData,
    now: Timestamp,
    server: Option<i64>,
    dossier: &Dossier,
) -> Deadline {
    let from = Timestamp(now.0 + server.unwrap_or(0));
    let limit = TimeLimit {
        days: dossier.working_days,
        hours: dossier.working_hours,
        same_day_until: reference.rule(RuleKey::SameDayUntil, from.day()).minute(),
    };
    reference.calendar.due(&reference.hours, from, limit, server.is_none())
}

/// `17:00 25/11/2026`, as the form has it; without the hour where nobody gave the office's hours.
pub(crate) fn due_text(deadline: &Deadline) -> String {
    let hour = deadline.minute.map(|m| format!("{:02}:{:02} ", m / 60, m % 60)).unwrap_or_default();
    let mark = if deadline.machine_time { " (giờ máy)" } else { "" };
    format!("{hour}{}{mark}", deadline.day.format_vn())
}

/// The time the procedure gives, in words.
fn limit_text(dossier: &Dossier) -> String {
    match (dossier.working_days, dossier.working_hours) {
        (0, 0) => "Trong ngày làm việc".to_owned(),
        (0, hours) => format!("{hours:02} giờ làm việc"),
        (days, 0) => format!("{days:02} ngày làm việc"),
        (days, hours) => format!("{days:02} ngày {hours:02} giờ làm việc"),
    }
}

fn accepted_of(
    dossier: &Dossier,
    code: &DossierCode,
    at: Timestamp,
    deadline: &Deadline,
    receipt: BlobId,
    officer: &str,
) -> AcceptedDossier {
    AcceptedDossier {
        code: code.clone(),
        channel: dossier.channel,
        return_method: dossier.return_method,
        applicant: dossier.applicant.clone(),
        identity: dossier.identity.clone(),
        procedure: dossier.procedure.clone(),
        case_code: dossier.case_code.clone(),
        reference_version: dossier.reference_version,
        accepted_at: at,
        deadline: deadline.clone(),
        fee: dossier.fee,
        components: dossier.components.iter().map(evidence).collect(),
        consents: counted_consents(dossier),
        receipt,
        officer: officer.to_owned(),
        exception: dossier.exception.clone(),
    }
}

/// Confirmations as they count: each paper still in the dossier, once.
pub(crate) fn counted_consents(dossier: &Dossier) -> Vec<Consent> {
    let mut counted = std::collections::HashSet::new();
    let mut consents = vec![];
    for consent in &dossier.consents {
        let mut consent = consent.clone();
        consent.documents.retain(|d| dossier.reused().any(|r| r.document == *d) && counted.insert(*d));
        if !consent.documents.is_empty() {
            consents.push(consent);
        }
    }
    consents
}

/// What a row shows for itself.
pub(crate) fn evidence(row: &ComponentRow) -> ComponentEvidence {
    let reused = row.reuse().map(|r| EvidenceSource::Warehouse {
        document: r.document,
        version: r.version,
        provenance: r.provenance,
    });
    let own = |a: &Attachment| {
        let document = a.digitized.map(|(_, document)| document);
        match a.source {
            AttachmentSource::Scan { .. } => EvidenceSource::Scan { blob: a.blob, document },
            AttachmentSource::File | AttachmentSource::Warehouse(_) => {
                EvidenceSource::File { blob: a.blob, document }
            }
        }
    };
    let looked_up = row.waiver.as_ref().map(|waiver| EvidenceSource::Database {
        database: waiver.database.clone(),
        note: waiver.note.clone(),
    });
    let own = row.attachment.as_ref().map(own);
    let source = reused.or(own).or(looked_up).unwrap_or(EvidenceSource::Absent);
    ComponentEvidence { number: row.number, name: row.name.clone(), source }
}

/// Files of the dossier that came in here; reused papers are in the warehouse already.
fn own_files(dossier: &Dossier) -> impl Iterator<Item = BlobId> {
    dossier
        .components
        .iter()
        .filter_map(|row| row.attachment.as_ref())
        .filter(|a| !a.is_reused())
        .map(|a| a.blob)
}

fn receipt_row(row: &ComponentRow) -> Option<ReceiptRow> {
    let (source_label, pages) = match (&row.attachment, &row.reservation) {
        (Some(a), _) => {
            let label = match a.source {
                AttachmentSource::Scan { .. } => "Quét",
                AttachmentSource::File => "Tệp tin",
                AttachmentSource::Warehouse(_) => "Kho",
            };
            (label, a.pages)
        }
        (None, Some(_)) => ("Kho (sẽ lấy)", 0),
        (None, None) if row.waiver.is_some() => ("CSDL", 0),
        (None, None) => return None,
    };
    Some(ReceiptRow {
        number: row.number,
        name: row.name.clone(),
        form_label: form_label(row.form).to_owned(),
        quantity: row.quantity,
        source_label: source_label.to_owned(),
        pages,
    })
}

fn form_label(form: CopyForm) -> &'static str {
    match form {
        CopyForm::Original => "Bản chính",
        CopyForm::TrueCopy => "Bản sao y",
        CopyForm::CertifiedCopy => "Bản chứng thực điện tử",
        CopyForm::CopyOfCopy => "Bản sao lục",
        CopyForm::Extract => "Bản trích sao",
        CopyForm::Copy => "Bản sao",
    }
}

/// `1.234.000 đồng`, thousands by dots.
pub(crate) fn fee_text(fee: u64) -> String {
    if fee == 0 {
        return "Không".to_owned();
    }
    dotted(fee) + " đồng"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_written_with_dots_between_thousands() {
        assert_eq!(fee_text(0), "Không");
        assert_eq!(fee_text(8000), "8.000 đồng");
        assert_eq!(fee_text(1_234_567), "1.234.567 đồng");
    }
}
