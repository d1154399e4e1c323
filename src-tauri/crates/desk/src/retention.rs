//! Files that nothing here needs any more: sealed after days, gone after more, and fetched again when somebody asks.

use crate::desk::Desk;
use crate::error::{DeskError, FileError, ReuseError};
use crate::ports::{Batch, FileChange, FileUses, LinkError, Progress};
use motcua_dossier::{
    BlobId, Claim, CorrectedResult, DossierId, DossierState, Due, HeldFile, OutboxState, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// Files looked at in one step; a step is a few milliseconds and one commit.
const STEP: u32 = 100;
/// All files are looked at again after so long.
const ROUND: i64 = 60 * 60 * 1000;
/// How far the round is.
const PLACE: &str = "files_looked_at";

#[derive(Clone, Default, Serialize, Deserialize)]
struct Place {
    /// The last file of the round under way; none between two rounds.
    after: Option<BlobId>,
    /// When the last round ended.
    ended: Option<Timestamp>,
}

impl Desk {
    /// One step of the round over all files. What is cut goes on in the next pass, also after a restart.
    pub(crate) fn tidy_files(&self) -> Result<(), DeskError> {
        let _writing = self.writing();
        let now = self.clock.now();
        let place = self.vault.setting(PLACE)?;
        let place: Place = place.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let rested = place.ended.is_none_or(|ended| !(0..ROUND).contains(&(now.0 - ended.0)));
        if place.after.is_none() && !rested {
            return Ok(());
        }
        let files = self.vault.held_files(place.after.as_ref(), STEP)?;
        let unsent: BTreeSet<DossierId> =
            self.vault.outbox(false)?.into_iter().map(|item| item.dossier).collect();
        let mut changes = vec![];
        for file in &files {
            let uses = self.vault.file_uses(&file.id)?;
            let claim = self.claim(file, &uses, &unsent)?;
            changes.extend(match self.office.retention.due(file, claim, now) {
                Due::Nothing => None,
                Due::Idle => Some(FileChange::Idle(file.id, Some(now))),
                Due::Wanted => Some(FileChange::Idle(file.id, None)),
                Due::Seal => Some(FileChange::Seal(file.id, now)),
                Due::Delete => Some(FileChange::Forget(file.id)),
            });
        }
        let whole = u32::try_from(files.len()).is_ok_and(|n| n == STEP);
        let place = match files.last() {
            Some(last) if whole => Place { after: Some(last.id), ended: place.ended },
            _ => Place { after: None, ended: Some(now) },
        };
        let settings = vec![(PLACE.to_owned(), serde_json::to_string(&place).unwrap_or_default())];
        Ok(self.vault.commit(&Batch { files: changes, settings, ..Batch::default() })?)
    }

    /// What still wants a file. Anything not understood to be over is needed.
    fn claim(
        &self,
        file: &HeldFile,
        uses: &FileUses,
        unsent: &BTreeSet<DossierId>,
    ) -> Result<Claim, DeskError> {
        let can_return =
            |page: &crate::ports::CapturedPage| page.image == file.id || page.thumbnail == file.id;
        if uses.captured || self.live().removed_pages.values().any(can_return) {
            return Ok(Claim::Needed);
        }
        let mut confirmed: Option<Timestamp> = None;
        for op in &uses.lines {
            let Some(queued) = self.vault.queued(*op)? else { return Ok(Claim::Needed) };
            match queued.item.state {
                OutboxState::Received { at } if queued.receipt.is_some() => {
                    confirmed = Some(confirmed.map_or(at, |before| before.max(at)));
                }
                OutboxState::Replaced => {}
                _ => return Ok(Claim::Needed),
            }
        }
        let mut fetched = file.fetched;
        // The Word file of a paper, or the file of a correction nobody agreed to: nobody else has it, so it is sealed and
        // stays.
        let mut origin = !uses.dossiers.is_empty();
        for id in &uses.dossiers {
            let Some(dossier) = self.vault.dossier(*id)? else { return Ok(Claim::Needed) };
            let over = matches!(dossier.state, DossierState::Completed { .. }) && !unsent.contains(id);
            let kept = dossier.receipt == Some(file.id)
                || dossier.withdrawals.iter().any(|withdrawal| withdrawal.package == file.id);
            if !over || kept {
                return Ok(Claim::Needed);
            }
            fetched |= dossier.reuses_file(file.id);
            origin &= dossier.is_origin(file.id) || dossier.is_declined(file.id);
        }
        Ok(match confirmed {
            Some(at) => Claim::Confirmed(at),
            None if fetched => Claim::Fetched,
            None if uses.lines.is_empty() && uses.dossiers.is_empty() => Claim::Loose,
            None if uses.lines.is_empty() && origin => Claim::Loose,
            None => Claim::Needed,
        })
    }

    /// The warehouse has the file: it signed for it, or it came from there.
    pub(crate) fn is_there(&self, file: &BlobId) -> Result<bool, DeskError> {
        let uses = self.vault.file_uses(file)?;
        for op in &uses.lines {
            if self.vault.queued(*op)?.is_some_and(|queued| queued.receipt.is_some()) {
                return Ok(true);
            }
        }
        for id in &uses.dossiers {
            let Some(dossier) = self.vault.dossier(*id)? else { continue };
            if dossier.reuses_file(*file) {
                return Ok(true);
            }
            // A correction another counter made is known here because the warehouse told of it.
            for line in &dossier.steps {
                let names = |of: &CorrectedResult| of.before == *file || of.blob == *file;
                if line.record.act.corrected().is_some_and(names) && self.vault.queued(line.id)?.is_none() {
                    return Ok(true);
                }
            }
        }
        Ok(self.vault.held_file(file)?.is_some_and(|held| held.fetched))
    }

    pub(crate) fn note_fetched(&self, file: BlobId) -> Result<(), DeskError> {
        let files = vec![FileChange::Fetched(file)];
        let _writing = self.writing();
        Ok(self.vault.commit(&Batch { files, ..Batch::default() })?)
    }

    /// "Tải lại": a file whose time here is over comes back from the warehouse, to be read as long as any other.
    ///
    /// # Errors
    /// Nothing here names such a file, the warehouse has it no more or is not reached, the officer stopped.
    pub async fn bring_back(
        &self,
        file: BlobId,
        on_bytes: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), DeskError> {
        if self.vault.has_blob(&file)? {
            return Ok(());
        }
        if !self.is_there(&file)? {
            return Err(FileError::Missing.into());
        }
        let bytes = match self.warehouse.fetch(&file, on_bytes, cancel).await {
            Err(LinkError::Refused(_)) => return Err(ReuseError::FileGone.into()),
            fetched => fetched?,
        };
        if self.vault.put_blob(&bytes)? != file {
            return Err(FileError::ChangedAfterSigning.into());
        }
        Ok(())
    }
}
