//! Backup, restore and scrub: what was acknowledged comes back, from the backup and from the counters.

use crate::paper;
use crate::world::{OWNER, World, accept, file_document, fresh_uuid, is_applied, push, push_all, upload};
use motcua_desk::ports::{LinkError, Warehouse};
use motcua_dossier::{DossierId, IdNumber, NumberBlock};
use motcua_warehouse::{
    BackupError, ServeError, add_officer, back_up, check, end_officer, officers, restore, revoke_device,
    scrub,
};
use motcua_wire::{Op, OpPayload, OpResult, Purpose, SignedReceipt};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// What a counter keeps of what it sent: the operations and the sealed files.
#[derive(Default)]
struct Sent {
    ops: Vec<Op>,
    files: Vec<Vec<u8>>,
    receipts: Vec<SignedReceipt>,
}

impl Sent {
    /// Files a paper and accepts a dossier, as one counter does.
    async fn day(&mut self, world: &World, mark: &str) -> NumberBlock {
        let line = world.line(0);
        let (page, receipt) = (world.signed(mark), paper::pdf(1, &format!("receipt {mark}")));
        upload(&line, &page).await;
        let blob = upload(&line, &receipt).await;
        let mut block = world.lease(0, 5).await;
        let code = block.take().unwrap();
        let filed = world.op(0, DossierId(fresh_uuid()), 0, file_document(paper::record(OWNER, &page, 1)));
        let accepted = world.op(
            0,
            DossierId(fresh_uuid()),
            0,
            OpPayload::AcceptDossier(Box::new(accept(code, blob, vec![]))),
        );
        for op in [filed, accepted] {
            let OpResult::Applied { receipt, .. } = push(&line, &op).await else { panic!("not applied") };
            self.receipts.push(receipt);
            self.ops.push(op);
        }
        self.files.extend([page, receipt]);
        block
    }

    /// What a counter does when the epoch has risen.
    async fn push_again(&self, world: &World) -> Vec<OpResult> {
        let line = world.line(0);
        for file in &self.files {
            upload(&line, file).await;
        }
        push_all(&line, &self.ops).await
    }
}

fn target(world: &World) -> PathBuf {
    world.dir.path().join("backup")
}

fn shelf(folder: &Path, bytes: &[u8]) -> PathBuf {
    let name = paper::blob(bytes).to_string();
    folder.join("blobs").join(&name[..2]).join(name)
}

async fn papers(world: &World) -> usize {
    world.line(0).documents(&[IdNumber::parse(OWNER).unwrap()], Purpose::Intake).await.unwrap().len()
}

#[tokio::test]
async fn after_a_restore_the_counters_repair_the_server_and_everything_is_there_once() {
    let mut world = World::new().await;
    let mut sent = Sent::default();
    sent.day(&world, "before the backup").await;
    let made = back_up(&world.config, &target(&world), false, None).unwrap();
    assert_eq!((made.blobs, made.blobs_missing.len()), (2, 0));
    let held = sent.day(&world, "after the backup").await;
    let cursor = world.line(0).changes(None, 500, 0).await.unwrap().next_cursor;
    world.down().await;
    std::fs::remove_dir_all(&world.config.data).unwrap();
    // A file of the time before the backup is lost from the backup's disk as well.
    std::fs::remove_file(shelf(&target(&world), &sent.files[0])).unwrap();

    let restored = restore(&target(&world), &world.config.data, false).unwrap();
    assert_eq!(restored.blobs_missing, [paper::blob(&sent.files[0]).to_string()]);
    assert!(restored.epoch > 1);
    world.config = motcua_warehouse::Config::load(&world.config.data).unwrap();
    world.up().await;
    assert_eq!(world.line(0).about().await.unwrap().epoch, restored.epoch, "counters see that it rose");

    assert!(world.line(0).changes(Some(&cursor), 500, 0).await.is_err(), "a place in a lost history is none");

    let fresh = world.lease(1, 200).await;
    assert!(fresh.next > held.last, "ordinals of a forgotten lease are never given again");
    let answers = sent.push_again(&world).await;
    assert!(matches!(&answers[0], OpResult::Duplicate { receipt, .. } if *receipt == sent.receipts[0]));
    assert!(matches!(&answers[1], OpResult::Duplicate { receipt, .. } if *receipt == sent.receipts[1]));
    assert!(is_applied(&answers[2]), "{:?}", answers[2]);
    assert!(is_applied(&answers[3]), "a code printed under a forgotten lease is taken: {:?}", answers[3]);
    let again = sent.push_again(&world).await;
    assert!(again.iter().all(|a| matches!(a, OpResult::Duplicate { .. })), "{again:?}");
    assert_eq!(papers(&world).await, 2);
    let report = check(&world.config).unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.receipts, 4);
}

#[tokio::test]
async fn whoever_was_revoked_or_dismissed_after_the_backup_stays_out() {
    let mut world = World::new().await;
    let secret = "Mat-khau-mau-1".to_owned().into();
    add_officer(&world.config, "canbo.mau", "Nguyễn Thị Mẫu", "xa", &secret).unwrap();
    back_up(&world.config, &target(&world), false, None).unwrap();
    revoke_device(&world.config, world.devices[1]).unwrap();
    end_officer(&world.config, "canbo.mau", true).unwrap();
    world.down().await;
    let restored = restore(&target(&world), &world.config.data, true).unwrap();
    assert!(restored.access_kept);
    world.config = motcua_warehouse::Config::load(&world.config.data).unwrap();
    world.up().await;
    assert!(world.line(0).reference(0).await.is_ok());
    assert_eq!(world.line(1).reference(0).await.unwrap_err(), LinkError::Revoked);
    assert!(officers(&world.config).unwrap()[0].ended);
    world.down().await;
    std::fs::remove_dir_all(&world.config.data).unwrap();
    let restored = restore(&target(&world), &world.config.data, false).unwrap();
    assert!(!restored.access_kept, "without the records nobody knows who was revoked, and that is said");
}

#[tokio::test]
async fn a_backup_beside_a_busy_server_is_whole_whenever_it_is_made() {
    let world = World::new().await;
    let (config, to) = (world.config.clone(), target(&world));
    let backups = tokio::task::spawn_blocking(move || {
        (0..4).map(|_| back_up(&config, &to, false, None).unwrap()).collect::<Vec<_>>()
    });
    let mut sent = Sent::default();
    for n in 0.. {
        sent.day(&world, &format!("busy {n}")).await;
        if backups.is_finished() {
            break;
        }
    }
    for (n, made) in backups.await.unwrap().into_iter().enumerate() {
        assert_eq!(made.blobs_missing, [""; 0]);
        let data = world.dir.path().join(format!("restored-{n}"));
        let restored = restore(&made.generation, &data, false).unwrap();
        assert_eq!(restored.blobs, made.blobs);
        let report = check(&motcua_warehouse::Config::load(&data).unwrap()).unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
    assert!(check(&world.config).unwrap().is_clean());
}

#[tokio::test]
async fn a_second_backup_copies_only_what_is_new_and_old_generations_go_when_told() {
    let world = World::new().await;
    let mut sent = Sent::default();
    sent.day(&world, "one").await;
    let first = back_up(&world.config, &target(&world), false, None).unwrap();
    assert_eq!((first.blobs_new, first.removed), (2, 0));
    sent.day(&world, "two").await;
    let second = back_up(&world.config, &target(&world), false, Some(1)).unwrap();
    assert_eq!((second.blobs, second.blobs_new, second.removed), (4, 2, 1));
    assert!(!first.generation.exists() && second.generation.exists());
    let damaged = shelf(&target(&world), &sent.files[0]);
    std::fs::write(&damaged, b"rust").unwrap();
    let third = back_up(&world.config, &target(&world), true, None).unwrap();
    assert_eq!((third.blobs_new, third.blobs_renewed), (0, 1), "a whole run reads earlier files again");
    assert_eq!(std::fs::read(&damaged).unwrap(), sent.files[0]);
}

#[tokio::test]
async fn a_changed_backup_is_refused_and_nothing_is_touched() {
    let world = World::new().await;
    let made = back_up(&world.config, &target(&world), false, None).unwrap();
    let data = world.dir.path().join("fresh");
    for name in ["records.db", "receipt.key", "blobs.list"] {
        let path = made.generation.join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed.push(b'\n');
        std::fs::write(&path, changed).unwrap();
        let refused = restore(&target(&world), &data, false).unwrap_err();
        assert!(matches!(&refused, BackupError::Changed(file) if file == name), "{refused:?}");
        std::fs::write(&path, whole).unwrap();
    }
    let manifest = made.generation.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"version\": 1", "\"version\": 99")).unwrap();
    assert!(matches!(restore(&target(&world), &data, false).unwrap_err(), BackupError::Newer(99)));
    std::fs::write(&manifest, text.replace("receipt.key", "../receipt.key")).unwrap();
    assert!(matches!(restore(&target(&world), &data, false).unwrap_err(), BackupError::Changed(_)));
    std::fs::write(&manifest, text.replace("motcua-backup", "something")).unwrap();
    assert!(matches!(restore(&target(&world), &data, false).unwrap_err(), BackupError::NotABackup));
    assert!(!data.exists(), "a refused backup leaves no trace");
    assert!(matches!(restore(world.dir.path(), &data, false).unwrap_err(), BackupError::NotABackup));
}

#[tokio::test]
async fn a_directory_in_use_is_never_restored_over() {
    let mut world = World::new().await;
    let mut sent = Sent::default();
    sent.day(&world, "kept").await;
    let made = back_up(&world.config, &target(&world), false, None).unwrap();
    sent.day(&world, "later").await;
    let refused = restore(&made.generation, &world.config.data, true).unwrap_err();
    assert!(matches!(refused, BackupError::Held), "a server runs there: {refused:?}");
    world.down().await;
    let refused = restore(&made.generation, &world.config.data, false).unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty), "{refused:?}");
    let restored = restore(&made.generation, &world.config.data, true).unwrap();
    assert_eq!((restored.blobs, restored.blobs_kept), (2, 2), "whole files stay where they are");
    let aside = restored.set_aside.unwrap();
    assert!(aside.join("records.db").is_file() && aside.join("warehouse.json").is_file());
    world.config = motcua_warehouse::Config::load(&world.config.data).unwrap();
    world.up().await;
    sent.push_again(&world).await;
    assert_eq!(papers(&world).await, 2);
}

#[tokio::test]
async fn a_restore_that_was_cut_is_not_served_and_can_be_run_again() {
    let mut world = World::new().await;
    let mut sent = Sent::default();
    sent.day(&world, "cut").await;
    back_up(&world.config, &target(&world), false, None).unwrap();
    world.down().await;
    std::fs::remove_dir_all(&world.config.data).unwrap();
    let first = restore(&target(&world), &world.config.data, false).unwrap();
    // As if the power had failed just before the end.
    std::fs::write(world.config.data.join("restoring"), b"").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = motcua_warehouse::Config::load(&world.config.data).unwrap();
    let refused = motcua_warehouse::start(config, listener).await.err().unwrap();
    assert!(matches!(refused, ServeError::HalfRestored), "{refused:?}");
    let again = restore(&target(&world), &world.config.data, false).unwrap();
    assert!(again.epoch > first.epoch, "no epoch is given twice");
    world.config = motcua_warehouse::Config::load(&world.config.data).unwrap();
    world.up().await;
    assert_eq!(papers(&world).await, 1);
}

#[tokio::test]
async fn two_servers_never_share_a_directory() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let second = motcua_warehouse::start(world.config.clone(), listener).await.err().unwrap();
    assert!(matches!(second, ServeError::Held), "{second:?}");
}

#[tokio::test]
async fn a_scrub_finds_a_changed_and_a_lost_file_and_the_counter_brings_them_back() {
    let world = World::new().await;
    let mut sent = Sent::default();
    sent.day(&world, "scrubbed").await;
    assert!(scrub(&world.config, 1, false).unwrap().is_clean());
    std::fs::write(shelf(&world.config.data, &sent.files[0]), b"rust").unwrap();
    std::fs::remove_file(shelf(&world.config.data, &sent.files[1])).unwrap();
    let found = scrub(&world.config, 1, false).unwrap();
    assert_eq!(found.changed, [paper::blob(&sent.files[0]).to_string()]);
    assert_eq!(found.missing, [paper::blob(&sent.files[1]).to_string()]);
    assert_eq!(scrub(&world.config, 1, true).unwrap().set_aside, 1);
    assert!(world.config.data.join("damaged").join(&found.changed[0]).is_file());
    sent.push_again(&world).await;
    let whole = scrub(&world.config, 1, false).unwrap();
    assert!(whole.is_clean() && whole.files == 2, "{whole:?}");
    let shared = scrub(&world.config, 30, false).unwrap();
    assert!(shared.part < 30 && shared.files <= 2);
}
