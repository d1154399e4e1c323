//! Feedback on papers (inventory H), as the agency hears it that issued them, whoever reported one, and whoever uses one
//! that was found wrong (decision 24).
//!
//! The list is kept as it was heard last, so that it is there without a line. What this office says goes by the outbox, each
//! feedback under an id of its own that is no dossier.

use crate::desk::{Desk, queue};
use crate::error::{DeskError, FileError, ReportError, ReuseError};
use crate::papers::file_error;
use crate::ports::{Batch, LinkError, Progress};
use crate::sync::{OnEvent, SyncEvent};
use motcua_dossier::{
    BlobId, DocumentId, DocumentRecord, DossierId, DossierState, FeedbackAct, FeedbackRecord, OpId,
    OutboxItem, OutboxKind, OutboxState, same_officer,
};
use motcua_wire::{Feedback, MAX_PAGE, MAX_TEXT, OpPayload};
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// The list as it was heard last.
const FEEDBACK: &str = "feedback";
/// Not empty: the list could not be had when there was news of it.
const DUE: &str = "feedback_due";
/// So many are kept, those that wait for an answer before others and the newest before older ones.
const MOST: usize = 500;
/// Drafts that are looked through for a wrong paper.
const DRAFTS: u32 = 200;

/// A feedback with what this counter knows beside it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct FeedbackLine {
    /// As it was heard last.
    pub feedback: Feedback,
    /// What was said here and the warehouse does not have yet.
    pub unsent: Option<FeedbackAct>,
    /// Drafts of this counter with the paper as it was found wrong.
    pub drafts: Vec<DossierId>,
}

impl FeedbackLine {
    /// This office has yet to say something.
    #[must_use]
    pub fn waits_for_us(&self) -> bool {
        let said = matches!(self.unsent, Some(FeedbackAct::Answered { .. }));
        self.feedback.ours && self.feedback.answer.is_none() && !said
    }
}

/// What the issuing agency found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Kết quả đúng: it is closed with the reason.
    Right,
    /// Cần sửa: nobody is offered the paper until it is filed anew.
    Wrong,
}

impl Desk {
    /// Feedback this office has to do with, as heard last: what waits for it first, each part newest first.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn feedback(&self) -> Result<Vec<FeedbackLine>, DeskError> {
        let heard = self.heard_feedback()?;
        let wrong = |given: &Feedback| given.is_wrong();
        let drafts = if heard.iter().any(wrong) { self.vault.dossiers("", DRAFTS)? } else { vec![] };
        let mut lines = Vec::with_capacity(heard.len());
        for feedback in heard {
            let uses = |draft: &motcua_dossier::Dossier| {
                let of_it = |r: &motcua_dossier::Reuse| {
                    (r.document, r.version) == (feedback.document, feedback.version)
                };
                draft.state == DossierState::Draft && draft.reused().any(of_it)
            };
            let found = drafts.iter().filter(|draft| wrong(&feedback) && uses(draft)).map(|draft| draft.id);
            let drafts = found.collect();
            lines.push(FeedbackLine { unsent: self.unsent_answer(feedback.id)?, drafts, feedback });
        }
        lines.sort_by_key(|line| (!line.waits_for_us(), std::cmp::Reverse(line.feedback.given_at)));
        Ok(lines)
    }

    /// Says what this office found of a paper it issued; durable, and queued, when this returns.
    ///
    /// # Errors
    /// See [`ReportError`]; the vault is closed.
    pub async fn answer_feedback(&self, id: OpId, judgement: Judgement, text: &str) -> Result<(), DeskError> {
        let text = said(text)?;
        let act = match judgement {
            Judgement::Right => FeedbackAct::Answered { feedback: id, corrected: false, text },
            Judgement::Wrong => FeedbackAct::Confirmed { feedback: id, text },
        };
        let _writing = self.writing();
        self.open_feedback(id, &act)?;
        self.say(id, act, None)
    }

    /// Files a paper anew that was found wrong, from a PDF the agency signed; whoever reported it hears so when the
    /// warehouse has the file. What is said of the paper stays as it was.
    ///
    /// # Errors
    /// See [`ReportError`]; the file is no PDF, lacks a signature the province asks for, or its signature does not hold; the vault is closed
    /// or full.
    pub async fn correct_paper(
        &self,
        id: OpId,
        text: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), DeskError> {
        let act = FeedbackAct::Answered { feedback: id, corrected: true, text: said(text)? };
        let attachment = self.attachment_of(bytes, name)?;
        let kind = self.heard_of(id)?.paper.and_then(|paper| paper.record.metadata.result_code);
        self.fit_to_enter(&attachment, kind.as_ref(), bytes)?;
        let _writing = self.writing();
        let given = self.open_feedback(id, &act)?;
        let paper = given.paper.ok_or(ReportError::PaperNotHeard)?;
        if paper.record.blob == attachment.blob {
            return Err(ReportError::SameFile.into());
        }
        // Two officers see a paper before another one takes its place: who found it wrong, and who has the right one.
        if given.from_agency == self.office.agency_code.as_str()
            && same_officer(&given.officer, &self.officer())
        {
            return Err(ReportError::OwnReport.into());
        }
        let record = DocumentRecord {
            supersedes: Some(paper.record.blob),
            blob: attachment.blob,
            size: attachment.size,
            pages: attachment.pages,
            ..paper.record
        };
        let filing = OpPayload::FileDocument { record, owner_name: paper.owner_name };
        self.say(id, act, Some((filing, attachment.blob)))
    }

    /// Brings the paper a feedback is about to this machine, to be looked at. Its signatures are shown, not judged: they may be
    /// what it is about.
    ///
    /// # Errors
    /// Not heard of; its file cannot be had or is no readable PDF; the officer stopped; the vault is closed or full.
    pub async fn bring_reported(
        &self,
        id: OpId,
        on_bytes: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<BlobId, DeskError> {
        self.within_grace()?;
        let paper = self.heard_of(id)?.paper.ok_or(ReportError::PaperNotHeard)?;
        let blob = paper.record.blob;
        if self.vault.has_blob(&blob)? {
            return Ok(blob);
        }
        let bytes = match self.warehouse.fetch(&blob, on_bytes, cancel).await {
            Err(LinkError::Refused(_)) => return Err(ReuseError::FileGone.into()),
            bytes => bytes?,
        };
        motcua_pdf::inspect(&bytes).map_err(|e| file_error(&e))?;
        if self.vault.put_blob(&bytes)? != blob {
            return Err(FileError::ChangedAfterSigning.into());
        }
        Ok(blob)
    }

    /// The list was to be asked for and could not be had.
    pub(crate) fn feedback_due(&self) -> Result<bool, DeskError> {
        Ok(self.vault.setting(DUE)?.is_some_and(|due| !due.is_empty()))
    }

    /// Asks for the list anew. One that cannot be had now is asked for with the next news.
    pub(crate) async fn refresh_feedback(&self, on_event: OnEvent<'_>) -> Result<(), DeskError> {
        let (mut heard, mut after) = (vec![], None);
        loop {
            let page = match self.warehouse.feedback(after, MAX_PAGE).await {
                Ok(page) => page,
                // What was heard before stays, and colleagues' news go on.
                Err(error) if !error.ends_contact() => {
                    tracing::warn!(%error, "the list of feedback cannot be had");
                    let settings = vec![(DUE.to_owned(), "1".to_owned())];
                    return Ok(self.vault.commit(&Batch { settings, ..Batch::default() })?);
                }
                Err(error) => return Err(error.into()),
            };
            heard.extend(page.items);
            while heard.len() > MOST {
                // What still waits for an answer is the last to go.
                let at = heard.iter().position(|given| given.answer.is_some()).unwrap_or(0);
                heard.remove(at);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        {
            let _writing = self.writing();
            if self.heard_feedback()? == heard && !self.feedback_due()? {
                return Ok(());
            }
            let text = serde_json::to_string(&heard).unwrap_or_default();
            let settings = vec![(FEEDBACK.to_owned(), text), (DUE.to_owned(), String::new())];
            self.vault.commit(&Batch { settings, ..Batch::default() })?;
        }
        on_event(SyncEvent::OfficeChanged);
        Ok(())
    }

    /// What was refused here of a feedback that is answered by now is closed: the answer that stands took its place.
    pub(crate) fn close_answered(&self) -> Result<(), DeskError> {
        let _writing = self.writing();
        let mut outbox = self.vault.outbox(false)?;
        outbox.retain(|item| matches!(item.state, OutboxState::NeedsAttention { .. }));
        if outbox.is_empty() {
            return Ok(());
        }
        let mut heard = self.heard_feedback()?;
        heard.retain(|given| given.answer.is_some());
        outbox.retain(|item| heard.iter().any(|given| home_of(given.id) == item.dossier));
        if !outbox.is_empty() {
            let outbox = outbox.into_iter().map(replaced).collect();
            self.vault.commit(&Batch { outbox, ..Batch::default() })?;
        }
        Ok(())
    }

    fn heard_feedback(&self) -> Result<Vec<Feedback>, DeskError> {
        let text = self.vault.setting(FEEDBACK)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// The file of a paper somebody reported, as it was heard last; none of one nobody did.
    pub(crate) fn heard_file(&self, document: DocumentId) -> Result<Option<BlobId>, DeskError> {
        let heard = self.heard_feedback()?.into_iter().filter(|given| given.document == document);
        Ok(heard.filter_map(|given| given.paper).max_by_key(|paper| paper.version).map(|p| p.record.blob))
    }

    fn heard_of(&self, id: OpId) -> Result<Feedback, DeskError> {
        let heard = self.heard_feedback()?.into_iter().find(|given| given.id == id);
        heard.ok_or_else(|| ReportError::NotHeard.into())
    }

    /// The feedback, where this office may say that now.
    fn open_feedback(&self, id: OpId, act: &FeedbackAct) -> Result<Feedback, DeskError> {
        let given = self.heard_of(id)?;
        if !given.ours {
            return Err(ReportError::NotOurs.into());
        }
        let unsent = self.unsent_answer(id)?;
        let closed = given.answer.is_some() || matches!(unsent, Some(FeedbackAct::Answered { .. }));
        let again =
            matches!(act, FeedbackAct::Confirmed { .. }) && (given.confirmed.is_some() || unsent.is_some());
        if closed || again { Err(ReportError::AnsweredBefore.into()) } else { Ok(given) }
    }

    /// What was said last and is on its way; what was refused counts for nothing.
    fn unsent_answer(&self, id: OpId) -> Result<Option<FeedbackAct>, DeskError> {
        let mut said = None;
        for item in self.vault.outbox_of(home_of(id))? {
            let open = !item.state.is_closed() && !matches!(item.state, OutboxState::NeedsAttention { .. });
            if open
                && let Some(queued) = self.vault.queued(item.op)?
                && let OpPayload::Feedback(record) = queued.op.payload
            {
                said = Some(record.act);
            }
        }
        Ok(said)
    }

    fn refused(&self, id: OpId) -> Result<Vec<OutboxItem>, DeskError> {
        let mut lines = self.vault.outbox_of(home_of(id))?;
        lines.retain(|item| matches!(item.state, OutboxState::NeedsAttention { .. }));
        Ok(lines)
    }

    /// Queues what is said, with the paper it speaks of before it, in the place of what was refused.
    fn say(&self, id: OpId, act: FeedbackAct, filing: Option<(OpPayload, BlobId)>) -> Result<(), DeskError> {
        let now = self.clock.now();
        let refused = self.refused(id)?;
        let replaces: BTreeSet<OpId> = refused.iter().map(|item| item.op).collect();
        let mut batch = Batch { outbox: refused.into_iter().map(replaced).collect(), ..Batch::default() };
        let place = (home_of(id), 0, replaces);
        if let Some((payload, blob)) = filing {
            queue(self, &mut batch, now, &place, (OutboxKind::Document, payload, vec![blob]))?;
        }
        let record = FeedbackRecord { act, officer: self.officer(), at: now };
        let payload = OpPayload::Feedback(Box::new(record));
        queue(self, &mut batch, now, &place, (OutboxKind::Feedback, payload, vec![]))?;
        self.vault.commit(&batch)?;
        self.wake.notify_one();
        Ok(())
    }
}

/// Where the answers to a feedback stand in the outbox.
fn home_of(feedback: OpId) -> DossierId {
    DossierId(feedback.0)
}

fn replaced(item: OutboxItem) -> OutboxItem {
    OutboxItem { state: OutboxState::Replaced, ..item }
}

fn said(text: &str) -> Result<String, ReportError> {
    match text.trim() {
        "" => Err(ReportError::AnswerMissing),
        text if text.chars().count() > MAX_TEXT => Err(ReportError::TextTooLong),
        text => Ok(text.to_owned()),
    }
}
