//! The inbox: an operation that came before its files is held durably and applied by the server itself
//! when the last of them is there ("Đã gửi, kho đang kiểm").
//!
//! What waits in one dossier never delays another: each lane is settled for itself, and trouble with one,
//! a panic included, ends with that lane.

use crate::feed::CHANGES_DAYS;
use crate::reference::Reference;
use crate::store::{Lane, StoreError};
use crate::warehouse::{Caller, Warehouse};
use motcua_dossier::{BlobId, Timestamp};
use motcua_wire::{KEPT_DAYS, OpResult};
use std::panic::{AssertUnwindSafe, catch_unwind};

impl Warehouse {
    /// A file is in the store: applies what waited for it. Trouble is left to the sweep; whoever sent the
    /// file has done his part.
    pub(crate) fn file_arrived(&self, caller: &Caller, blob: &BlobId) {
        match self.records.read(|v| v.lanes_for(blob, &caller.agency)) {
            Ok(lanes) => self.settle_all(lanes),
            Err(error) => tracing::error!(%error, "inbox could not be read"),
        }
    }

    /// Looks at everything that waits: at the start, and now and then for what a crash, a full disk or a file
    /// that came into scope another way left behind. What waited too long goes.
    pub(crate) fn sweep(&self) {
        let days_ago = |days| Timestamp(self.now().0 - days * 24 * 60 * 60 * 1000);
        match self.records.write(|v| v.drop_kept_before(days_ago(KEPT_DAYS))) {
            Ok(0) => {}
            Ok(dropped) => tracing::warn!(dropped, "operations waited too long for their files"),
            Err(error) => tracing::error!(%error, "inbox could not be swept"),
        }
        if let Err(error) = self.records.write(|v| v.prune_changes(days_ago(CHANGES_DAYS))) {
            tracing::error!(%error, "changes could not be pruned");
        }
        if let Err(error) = self.upkeep() {
            tracing::error!(%error, "what time brings could not be done");
        }
        match self.records.read(|v| v.lanes()) {
            Ok(lanes) => self.settle_all(lanes),
            Err(error) => tracing::error!(%error, "inbox could not be read"),
        }
    }

    fn settle_all(&self, lanes: Vec<Lane>) {
        if lanes.is_empty() {
            return;
        }
        let Ok(Some(reference)) = self.reference() else { return };
        for lane in lanes {
            match catch_unwind(AssertUnwindSafe(|| self.settle(lane, &reference))) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "what waits could not be applied"),
                Err(_) => tracing::error!("what waits could not be applied: panicked"),
            }
        }
    }

    /// Applies what can be applied of a lane, in the machine's order.
    pub(crate) fn settle(&self, lane: Lane, reference: &Reference) -> Result<(), StoreError> {
        let mut after = None;
        while let Some(kept) = self.records.read(|v| v.next_kept(lane, after))? {
            let portal = self.records.read(|v| Ok(v.device(lane.1)?.is_some_and(|row| row.portal)))?;
            let caller = self.machine(lane.1, kept.agency, portal)?;
            after = Some(kept.op.device_seq);
            if !self.missing(&caller, &kept.op)?.is_empty() {
                continue;
            }
            match self.apply(&caller, &kept.op, reference)? {
                OpResult::Applied { .. } | OpResult::Duplicate { .. } => {}
                OpResult::Rejected { code, .. } => {
                    // What cannot go on without it is gone from the lane.
                    tracing::warn!(op = %kept.op.op_id, code, "refused after it waited");
                }
                // What waits for it stays behind it, and papers go on.
                OpResult::Conflict { .. } | OpResult::Deferred { .. } => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::warehouse::on_clock;
    use motcua_dossier::{
        Calendar, CopyForm, DeviceId, DocumentId, DocumentRecord, DossierId, IdNumber, Metadata, OpId,
        ReferenceData, StoreKind,
    };
    use motcua_wire::{MAX_KEPT, Op, OpPayload};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    const DAY: i64 = 24 * 60 * 60 * 1000;

    fn reference() -> Reference {
        let reference = ReferenceData {
            version: 1,
            procedures: vec![],
            categories: vec![],
            tree: vec![],
            calendar: Calendar::default(),
            trust_pem: vec![],
            identity_guide: String::new(),
            ..ReferenceData::default()
        };
        Reference::new(reference).unwrap()
    }

    /// A filing whose file is nowhere.
    fn op(caller: &Caller, made: u16) -> Op {
        let [high, low] = made.to_be_bytes();
        let mark = [0, 0, 0, 0, 0, 0, 0, 0, high, low];
        let record = DocumentRecord {
            id: DocumentId::derive(1, &mark),
            owner: vec![IdNumber::parse("099000000001").unwrap()],
            metadata: Metadata {
                kind: "k".into(),
                category: "c".into(),
                result_code: None,
                name: "n".into(),
                decision_number: String::new(),
                summary: String::new(),
                issuer: String::new(),
                issued_on: None,
                valid_until: None,
                form: CopyForm::Original,
                store: StoreKind::Personal,
                shown: true,
                shared: true,
            },
            blob: BlobId([9; 32]),
            size: 1,
            pages: 1,
            supersedes: None,
        };
        Op {
            op_id: OpId::derive(1, &mark),
            device: caller.device,
            device_seq: made.into(),
            device_time: Timestamp(0),
            schema_version: 1,
            dossier: DossierId::derive(1, &mark),
            base_version: 0,
            replaces: vec![],
            payload: OpPayload::FileDocument { record, owner_name: "Người Mẫu".into() },
        }
    }

    #[test]
    fn a_machine_keeps_so_many_and_none_longer_than_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(100 * DAY));
        let (warehouse, reference) = (on_clock(dir.path(), &now), reference());
        let caller = warehouse.machine(DeviceId::derive(1, &[1; 10]), "a".into(), false).unwrap();
        let other = Caller { device: DeviceId::derive(1, &[2; 10]), ..caller.clone() };
        let full = u16::try_from(MAX_KEPT).unwrap();
        warehouse
            .records
            .write(|v| {
                (0..full).try_for_each(|n| v.keep(&op(&caller, n), &[0; 32], "a", &[], Timestamp(100 * DAY)))
            })
            .unwrap();
        let kept = |caller: &Caller, n| match warehouse.apply(caller, &op(caller, n), &reference).unwrap() {
            OpResult::Deferred { kept, .. } => kept,
            other => panic!("{other:?}"),
        };
        assert!(!kept(&caller, full), "there is no room for one more");
        assert!(kept(&other, full + 1), "another machine has its own");
        now.fetch_add(KEPT_DAYS * DAY, Ordering::SeqCst);
        warehouse.sweep();
        assert_eq!(warehouse.records.read(|v| v.kept_of(caller.device)).unwrap(), MAX_KEPT);
        now.fetch_add(1, Ordering::SeqCst);
        warehouse.sweep();
        assert_eq!(warehouse.records.read(|v| v.kept_of(caller.device)).unwrap(), 0);
        assert!(kept(&caller, full), "and may come again");
    }
}
