//! The life of a dossier after its acceptance: handed on, taken over, more is asked for, promised anew, refused, stopped,
//! originals given back, a result proposed.
//!
//! Each step is an operation beside its dossier, like an entry of the fees: it leaves the dossier's version alone, meets no
//! lease, and is only ever added. Where the dossier stands is computed from them ([`Standing`]). What the law sets a number
//! for is refused here, before the citizen gets a paper; the warehouse takes what happened.

use crate::accept::due;
use crate::desk::{Change, Desk};
use crate::error::{DeskError, StepError, WithdrawError};
use crate::ports::{Batch, LinkError};
use crate::unlock::login;
use motcua_dossier::{
    Day, Deadline, Dossier, DossierError, DossierId, DossierState, Exception, OpId, OrgNode, OutboxKind,
    Seat, Standing, StepAct, StepDays, StepFault, StepLine, StepRecord, Timestamp, same_officer,
};
use motcua_wire::{DossierSteps, MAX_STEP_ITEMS, MAX_TEXT, OpPayload};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// A colleague agrees that a rule is not kept.
#[derive(Debug)]
pub struct Approval {
    /// Why it is not.
    pub reason: String,
    /// His login name.
    pub approver: String,
    /// His secret.
    pub secret: Zeroizing<String>,
}

/// A step as an officer wishes it; who, when, and until when is added here.
#[derive(Debug)]
pub enum StepWish {
    /// Chuyển hồ sơ.
    HandOver {
        /// To whom.
        to: Seat,
        /// What is to be done there; may be empty.
        note: String,
    },
    /// Nhận hồ sơ: by the officer himself, where it was sent.
    TakeOver,
    /// Yêu cầu bổ sung (form 02).
    AskSupplement {
        /// What, one entry each.
        items: Vec<String>,
        /// Why.
        reason: String,
        /// Needed beyond the number the law allows.
        approval: Option<Approval>,
    },
    /// What was asked for is there: the time limit begins anew.
    Supplement {
        /// What came; may be empty.
        note: String,
    },
    /// Xin lỗi và hẹn lại ngày trả (form 04).
    Reappoint {
        /// Why.
        reason: String,
        /// The day promised now; a working day.
        day: Day,
    },
    /// Từ chối (form 03).
    Refuse {
        /// Why, one entry each.
        reasons: Vec<String>,
    },
    /// Dừng giải quyết theo yêu cầu.
    Stop {
        /// What the citizen asked for.
        reason: String,
    },
    /// Trả lại bản chính đã đối chiếu.
    ReturnOriginal {
        /// Which row.
        component: u32,
    },
    /// Đề xuất kết quả.
    ProposeResult {
        /// What; may be empty.
        note: String,
        /// To whom it goes at once, to be signed: one act, two steps, for a hand-over is a line of form 05.
        to: Option<Seat>,
    },
}

impl Desk {
    /// Takes a step of an accepted dossier: durable, and queued, when this returns. Blocks while the secret of a colleague
    /// who agrees is stretched; he is judged as at [`Desk::withdraw`].
    ///
    /// # Errors
    /// The dossier is not accepted; see [`StepError`]; no such row; a colleague who may not agree; the vault is closed.
    pub fn take_step(&self, id: DossierId, wish: StepWish) -> Result<Dossier, DeskError> {
        let officer = self.officer();
        let wish = self.approved(wish, &officer)?;
        self.change(id, |change| {
            let next = wish.to_signer();
            let act = self.act_of(&change.dossier, wish, change.now, &officer)?;
            change.take_step(act, &officer)?;
            match next {
                Some(to) => {
                    let act = self.act_of(&change.dossier, to, change.now, &officer)?;
                    change.take_step(act, &officer).map(drop)
                }
                None => Ok(()),
            }
        })
    }

    /// By when the next steps of a dossier are to be done; none of a draft.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn step_days(&self, dossier: &Dossier) -> Result<Option<StepDays>, DeskError> {
        let (Some(standing), Some((accepted_at, _))) = (dossier.standing(), dossier.state.acceptance())
        else {
            return Ok(None);
        };
        let reference = self.vault.reference()?;
        Ok(Some(reference.step_days(accepted_at, &standing, dossier.steps_taken())))
    }

    /// Where a dossier may be handed to: units of the office's tree, then those it was handed to before, each once.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn seats(&self) -> Result<Vec<String>, DeskError> {
        let (reference, day) = (self.vault.reference()?, self.clock.now().day());
        let mut known: Vec<String> = vec![];
        let used = self.vault.setting(SEATS)?;
        let used: Vec<String> = used.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let tree =
            below(&reference.tree, self.office.agency_code.as_str(), day).map(|node| node.name.clone());
        for unit in used.into_iter().chain(tree) {
            if !known.contains(&unit) {
                known.push(unit);
            }
        }
        Ok(known)
    }

    /// The texts without the space around them, none missing or too long, and the word of the colleague who agrees.
    fn approved(&self, wish: StepWish, officer: &str) -> Result<Approved, DeskError> {
        let StepWish::AskSupplement { items, reason, approval } = wish else {
            return Ok(Approved::Plain(wish));
        };
        let exception = match approval {
            None => None,
            Some(Approval { reason, approver, secret }) => {
                let (reason, approver) = (said(&reason)?, login(&approver));
                if same_officer(&approver, officer) {
                    return Err(WithdrawError::ApproverIsOfficer.into());
                }
                self.try_secret(&approver, || self.vault.proves(&approver, &secret))?;
                self.may_approve(&approver)?;
                Some(Exception { reason, approved_by: approver })
            }
        };
        Ok(Approved::Asked { items: each(items)?, reason: said(&reason)?, exception })
    }

    /// What is recorded, with what the wish leaves open.
    fn act_of(
        &self,
        dossier: &Dossier,
        wish: Approved,
        now: Timestamp,
        officer: &str,
    ) -> Result<StepAct, DeskError> {
        let wish = match wish {
            Approved::Asked { items, reason, exception } => {
                return Ok(StepAct::SupplementAsked { items, reason, exception });
            }
            Approved::Plain(wish) => wish,
        };
        Ok(match wish {
            StepWish::HandOver { to, note } => StepAct::HandedOver {
                to: Seat { unit: said(&to.unit)?, officer: optional(&to.officer)? },
                note: optional(&note)?,
            },
            StepWish::TakeOver => {
                let sent = dossier.standing().and_then(|standing| standing.seat).map(|seat| seat.unit);
                let unit = sent.unwrap_or_else(|| self.office.unit_name.clone());
                StepAct::TakenOver { by: Seat { unit, officer: officer.to_owned() } }
            }
            StepWish::Supplement { note } => {
                let papers = self.supplied(dossier)?;
                StepAct::Supplemented { note: optional(&note)?, due: self.due_anew(dossier, now)?, papers }
            }
            StepWish::Reappoint { reason, day } => {
                let reference = self.vault.reference()?;
                if !reference.calendar.is_working(day) {
                    return Err(StepError::DayOff.into());
                }
                let due = reference.calendar.promised(&reference.hours, day);
                StepAct::Reappointed { reason: said(&reason)?, due }
            }
            StepWish::Refuse { reasons } => StepAct::Refused { reasons: each(reasons)? },
            StepWish::Stop { reason } => StepAct::Stopped { reason: said(&reason)? },
            StepWish::ReturnOriginal { component } => {
                dossier.component(component)?;
                StepAct::OriginalReturned { component }
            }
            StepWish::ProposeResult { note, .. } => StepAct::ResultProposed { note: optional(&note)? },
            StepWish::AskSupplement { .. } => return Err(StepError::Unfit(StepFault::TextMissing).into()),
        })
    }

    /// When a result is due whose dossier is whole now: the whole limit again (Decree 61/2018 art. 19.4).
    fn due_anew(&self, dossier: &Dossier, now: Timestamp) -> Result<Deadline, DeskError> {
        Ok(due(&*self.vault.reference()?, now, self.server_clock(), dossier))
    }

    /// What the warehouse tells of a dossier's steps; none of one it does not know, or of before there were any.
    pub(crate) async fn told_steps(&self, id: DossierId) -> Result<Option<DossierSteps>, DeskError> {
        match self.warehouse.steps(id).await {
            Ok(told) => Ok(told),
            Err(LinkError::Refused(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The steps of a dossier that is here, as the warehouse has them: those of other counters are taken in. True when
    /// something was new.
    pub(crate) async fn refresh_steps(&self, id: DossierId) -> Result<bool, DeskError> {
        let Some(there) = self.told_steps(id).await? else { return Ok(false) };
        let _writing = self.writing();
        let Some(mut dossier) = self.vault.dossier(id)? else { return Ok(false) };
        let steps = merged_steps(&dossier.steps, &there);
        if steps == dossier.steps {
            return Ok(false);
        }
        dossier.steps = steps;
        dossier.revision += 1;
        self.vault.commit(&Batch { dossiers: vec![dossier], ..Batch::default() })?;
        Ok(true)
    }
}

/// Units a dossier was handed to from here, the last one first.
const SEATS: &str = "seats_used";

/// So many of them are remembered.
const SEATS_KEPT: usize = 12;

/// A wish whose colleague has agreed.
enum Approved {
    Plain(StepWish),
    Asked { items: Vec<String>, reason: String, exception: Option<Exception> },
}

impl Approved {
    /// The hand-over that a proposal ends with.
    fn to_signer(&self) -> Option<Self> {
        match self {
            Self::Plain(StepWish::ProposeResult { note, to: Some(to) }) => {
                Some(Self::Plain(StepWish::HandOver { to: to.clone(), note: note.clone() }))
            }
            Self::Plain(_) | Self::Asked { .. } => None,
        }
    }
}

impl Change<'_> {
    /// Takes a step by that officer; its operation.
    pub(crate) fn take_step(&mut self, act: StepAct, officer: &str) -> Result<OpId, DeskError> {
        let returns_original = matches!(act, StepAct::OriginalReturned { .. });
        let corrects = matches!(act, StepAct::ResultCorrected(_));
        let (standing, accepted_at) = match (&self.dossier.state, self.dossier.standing()) {
            (DossierState::Accepted { at, .. }, Some(standing)) if !corrects => (standing, *at),
            // An original that stayed here is given back whenever it is found.
            (DossierState::Completed { accepted_at, .. }, Some(standing)) if returns_original || corrects => {
                (standing, *accepted_at)
            }
            _ => return Err(DossierError::NotAccepted.into()),
        };
        let record = StepRecord { act, officer: officer.to_owned(), at: self.now };
        let rules = self.desk.vault.reference()?.step_rules(accepted_at.day());
        standing.allows(&record, rules).map_err(StepError::Unfit)?;
        if let StepAct::HandedOver { to, .. } = &record.act {
            self.remember_seat(&to.unit)?;
        }
        let files = record.act.files().collect();
        let id = self.enqueue(OutboxKind::Step, OpPayload::Step(Box::new(record.clone())), files)?;
        self.dossier.steps.push(StepLine { id, record, void: false });
        Ok(id)
    }

    fn remember_seat(&mut self, unit: &str) -> Result<(), DeskError> {
        let used = self.desk.vault.setting(SEATS)?;
        let mut used: Vec<String> =
            used.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        used.retain(|known| known != unit);
        used.insert(0, unit.to_owned());
        used.truncate(SEATS_KEPT);
        let text = serde_json::to_string(&used).unwrap_or_default();
        self.batch.settings.push((SEATS.to_owned(), text));
        Ok(())
    }

    /// The step counts no more, or again.
    pub(crate) fn void_step(&mut self, step: OpId, void: bool) {
        for line in self.dossier.steps.iter_mut().filter(|line| line.id == step) {
            line.void = void;
        }
    }
}

/// Nothing more is done to a dossier that is over or waits for the citizen.
pub(crate) fn may_return(standing: &Standing) -> Result<(), StepError> {
    if standing.is_over() {
        return Err(StepError::Unfit(StepFault::Over));
    }
    if !standing.phase.runs() {
        return Err(StepError::Unfit(StepFault::AwaitingSupplement));
    }
    Ok(())
}

/// Nodes of the tree at and below the agency's on a day.
fn below<'a>(tree: &'a [OrgNode], agency: &str, day: Day) -> impl Iterator<Item = &'a OrgNode> {
    let holds = move |node: &&OrgNode| {
        node.from.is_none_or(|from| from <= day) && node.until.is_none_or(|until| day <= until)
    };
    let own = |node: &&OrgNode| node.agency_code.as_deref() == Some(agency);
    let mut within: BTreeSet<&str> = tree.iter().filter(own).map(|node| node.id.as_str()).collect();
    loop {
        let more = tree.iter().filter(|node| node.parent.as_deref().is_some_and(|p| within.contains(p)));
        let found: Vec<&str> = more.map(|node| node.id.as_str()).filter(|id| !within.contains(id)).collect();
        if found.is_empty() {
            break;
        }
        within.extend(found);
    }
    tree.iter().filter(holds).filter(move |node| within.contains(node.id.as_str()))
}

fn optional(text: &str) -> Result<String, StepError> {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT { Err(StepError::TextTooLong) } else { Ok(text.to_owned()) }
}

fn said(text: &str) -> Result<String, StepError> {
    let text = optional(text)?;
    if text.is_empty() { Err(StepError::Unfit(StepFault::TextMissing)) } else { Ok(text) }
}

/// The entries that say something; at least one.
fn each(texts: Vec<String>) -> Result<Vec<String>, StepError> {
    let texts: Vec<String> = texts.iter().map(|text| optional(text)).collect::<Result<_, _>>()?;
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    match texts.len() {
        0 => Err(StepError::Unfit(StepFault::TextMissing)),
        n if n > MAX_STEP_ITEMS => Err(StepError::TextTooLong),
        _ => Ok(texts),
    }
}

/// What the warehouse has, in its order, then what it does not have yet. A step it has counts, whatever was thought of it
/// here.
pub(crate) fn merged_steps(here: &[StepLine], there: &DossierSteps) -> Vec<StepLine> {
    let known: BTreeSet<OpId> = there.entries.iter().map(|entry| entry.id).collect();
    let taken = there.entries.iter().map(|entry| StepLine {
        id: entry.id,
        record: entry.record.clone(),
        void: false,
    });
    taken.chain(here.iter().filter(|line| !known.contains(&line.id)).cloned()).collect()
}
