//! What is printed after the acceptance: forms 02 to 05, the notice of a stop, the slip. Each is set anew from the dossier
//! and its steps, so a form that was lost is the same again, at every counter of the office. The book is [`crate::book`].
//!
//! The line at the upper right ("Mẫu số …") is reference data: circulars number the forms differently. Where nobody gave
//! one, there is none.

use crate::accept::{due_text, fee_text};
use crate::desk::Desk;
use crate::error::{DeskError, FilingError, StepError};
use motcua_dossier::{
    Deadline, DeclineKind, Declined, Dossier, DossierError, DossierId, DossierState, OpId, StepAct, StepLine,
    StepRecord, Timestamp,
};
use motcua_pdf::{
    ApologyForm, ControlForm, ControlRow, FormHead, FormSubject, OfficeForm, RefusalForm, SlipForm,
    StoppedForm, SupplementForm, office_form,
};
use serde::{Deserialize, Serialize};

/// Which form of a dossier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintedForm {
    /// 01: the receipt as it was made when the dossier was accepted, or anew since.
    Receipt,
    /// Of a step: 02 (a supplement is asked for), 03 (refused), 04 (promised anew), the notice of a stop.
    Step(OpId),
    /// 02 or 03 of a dossier that was not accepted.
    Decline,
    /// 05: who had the dossier, and when.
    Control,
    /// 80 mm: how to find the dossier again.
    Slip,
}

impl Desk {
    /// Sets a form as PDF.
    ///
    /// # Errors
    /// The dossier is not accepted; no such step, or one without a form; a name is too long for any place; the vault is
    /// closed.
    pub async fn printed_form(&self, id: DossierId, which: PrintedForm) -> Result<Vec<u8>, DeskError> {
        let dossier = self.stored(id)?;
        if let (PrintedForm::Decline, DossierState::Declined(said)) = (which, &dossier.state) {
            let form = self.form_of_decline(&dossier, said)?;
            return Ok(office_form(&form, &self.form_fonts()).map_err(|_| FilingError::Receipt)?);
        }
        let (accepted_at, promised) = dossier.state.acceptance().ok_or(DossierError::NotAccepted)?;
        let form = match which {
            PrintedForm::Step(step) => {
                let line = dossier.steps.iter().find(|line| line.id == step).ok_or(StepError::NoForm)?;
                self.form_of_step(&dossier, line)?.ok_or(StepError::NoForm)?
            }
            PrintedForm::Receipt => return self.held(&dossier.receipt.ok_or(FilingError::Receipt)?),
            PrintedForm::Decline => return Err(StepError::NoForm.into()),
            PrintedForm::Control => OfficeForm::Control(ControlForm {
                head: self.head(&dossier, "05", accepted_at)?,
                subject: subject(&dossier),
                received: moment(accepted_at),
                rows: self.hand_overs(&dossier)?,
            }),
            PrintedForm::Slip => OfficeForm::Slip(SlipForm {
                agency: self.office.agency_name.clone(),
                unit: self.office.unit_name.clone(),
                code: code(&dossier),
                provisional: is_provisional(&dossier),
                received: accepted_at.format_vn(),
                due: due_text(promised),
                procedure: dossier.procedure_name.clone(),
                fee: fee_text(dossier.fee),
                contact: self.office.unit_name.clone(),
            }),
        };
        Ok(office_form(&form, &self.form_fonts()).map_err(|_| FilingError::Receipt)?)
    }

    fn form_of_decline(&self, dossier: &Dossier, said: &Declined) -> Result<OfficeForm, DeskError> {
        let reasons: Vec<String> = said.reasons.iter().map(|reason| reason.text.clone()).collect();
        let (subject, officer) = (subject(dossier), self.name_of(&said.officer)?);
        Ok(match said.kind {
            DeclineKind::Supplement => OfficeForm::Supplement(SupplementForm {
                head: self.head(dossier, "02", said.at)?,
                subject,
                items: reasons,
                reason: String::new(),
                contact: self.office.unit_name.clone(),
                contact_phone: String::new(),
                officer,
            }),
            DeclineKind::Refusal => OfficeForm::Refusal(RefusalForm {
                head: self.head(dossier, "03", said.at)?,
                subject,
                reasons,
                submitter: submitter(dossier),
                officer,
            }),
        })
    }

    fn form_of_step(&self, dossier: &Dossier, line: &StepLine) -> Result<Option<OfficeForm>, DeskError> {
        let StepRecord { act, officer, at } = &line.record;
        let officer = self.name_of(officer)?;
        Ok(Some(match act {
            StepAct::SupplementAsked { items, reason, .. } => OfficeForm::Supplement(SupplementForm {
                head: self.head(dossier, "02", *at)?,
                subject: subject(dossier),
                items: items.clone(),
                reason: reason.clone(),
                contact: self.office.unit_name.clone(),
                contact_phone: String::new(),
                officer,
            }),
            StepAct::Refused { reasons } => OfficeForm::Refusal(RefusalForm {
                head: self.head(dossier, "03", *at)?,
                subject: subject(dossier),
                reasons: reasons.clone(),
                submitter: submitter(dossier),
                officer,
            }),
            StepAct::Reappointed { reason, due } => OfficeForm::Apology(ApologyForm {
                head: self.head(dossier, "04", *at)?,
                subject: subject(dossier),
                received: dossier.state.acceptance().map(|(at, _)| moment(at)).unwrap_or_default(),
                due: promised_before(dossier, line.id).map(|due| due_text(&due)).unwrap_or_default(),
                reason: reason.clone(),
                again: due_text(due),
                signer: String::new(),
            }),
            StepAct::Stopped { reason } => OfficeForm::Stopped(StoppedForm {
                head: self.head(dossier, "dung", *at)?,
                subject: subject(dossier),
                asked: at.day().format_vn(),
                reason: reason.clone(),
                since: moment(*at),
                returned: vec![],
                officer,
            }),
            _ => return Ok(None),
        }))
    }

    fn head(&self, dossier: &Dossier, form: &str, at: Timestamp) -> Result<FormHead, DeskError> {
        let (code, provisional) = (code(dossier), is_provisional(dossier));
        Ok(FormHead { code, provisional, ..self.office_head(form, at)? })
    }

    /// The head of a form that is of no single dossier: without a code.
    pub(crate) fn office_head(&self, form: &str, at: Timestamp) -> Result<FormHead, DeskError> {
        let reference = self.vault.reference()?;
        let model = reference.forms.iter().find(|template| template.code == form);
        let day = at.in_vietnam().date();
        Ok(FormHead {
            model: model.map(|template| template.name.clone()).unwrap_or_default(),
            agency: self.office.agency_name.clone(),
            unit: self.office.unit_name.clone(),
            number: String::new(),
            place: self.office.place.clone(),
            day_line: format!("ngày {:02} tháng {:02} năm {}", day.day(), u8::from(day.month()), day.year()),
            code: String::new(),
            provisional: false,
        })
    }

    /// A line of form 05 for each hand-over: it begins when the dossier is sent and ends when it is taken.
    fn hand_overs(&self, dossier: &Dossier) -> Result<Vec<ControlRow>, DeskError> {
        let mut rows: Vec<ControlRow> = vec![];
        let mut holder = self.office.unit_name.clone();
        for record in dossier.steps_taken() {
            match &record.act {
                StepAct::HandedOver { to, note } => {
                    rows.push(ControlRow {
                        from: std::mem::replace(&mut holder, to.unit.clone()),
                        to: to.unit.clone(),
                        at: moment(record.at),
                        giver: self.name_of(&record.officer)?,
                        note: note.clone(),
                        ..ControlRow::default()
                    });
                }
                StepAct::TakenOver { by } => {
                    let taker = self.name_of(&by.officer)?;
                    match rows.last_mut().filter(|row| row.to == by.unit && row.taker.is_empty()) {
                        Some(row) => {
                            row.taker = taker;
                            row.at.push_str(&format!(" – {}", moment(record.at)));
                        }
                        None => rows.push(ControlRow {
                            from: std::mem::replace(&mut holder, by.unit.clone()),
                            to: by.unit.clone(),
                            at: moment(record.at),
                            taker,
                            ..ControlRow::default()
                        }),
                    }
                }
                _ => {}
            }
        }
        Ok(rows)
    }
}

/// When it was due before that step.
fn promised_before(dossier: &Dossier, step: OpId) -> Option<Deadline> {
    let (_, promised) = dossier.state.acceptance()?;
    let before = dossier.steps.iter().take_while(|line| line.id != step).filter(|line| !line.void);
    Some(motcua_dossier::Standing::after(promised.clone(), before.map(|line| &line.record)).due)
}

fn subject(dossier: &Dossier) -> FormSubject {
    let owner = &dossier.applicant.owner;
    FormSubject {
        name: owner.name.clone(),
        number: String::new(),
        address: owner.address.clone(),
        phone: owner.phone.clone(),
        email: String::new(),
        procedure: dossier.procedure_name.clone(),
    }
}

fn submitter(dossier: &Dossier) -> String {
    let applicant = &dossier.applicant;
    applicant.submitter.as_ref().unwrap_or(&applicant.owner).name.clone()
}

fn code(dossier: &Dossier) -> String {
    dossier.code.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn is_provisional(dossier: &Dossier) -> bool {
    dossier.code.as_ref().is_some_and(|code| !code.is_final())
}

/// `08:30 ngày 21/11/2026`.
fn moment(at: Timestamp) -> String {
    let minute = at.minute();
    format!("{:02}:{:02} ngày {}", minute / 60, minute % 60, at.day().format_vn())
}
