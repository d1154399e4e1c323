//! Nothing acknowledged is lost when the process is killed: a child commits and says what was
//! acknowledged, the parent kills it at a random moment and looks.

use super::{RECOVERY_PRIVATE, created};
use motcua_desk::ports::{Batch, Vault};
use motcua_dossier::{BlobId, Dossier};
use motcua_testkit::contract::vault::{self as contract, OFFICER};
use motcua_vault::SealedVault;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const CHILD: &str = "MOTCUA_VAULT_KILL_DIR";
const ROUNDS: usize = 20;

/// Not a test of its own: what the killed process does.
#[test]
fn child_commits_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let vault = SealedVault::open_with_recovery(Path::new(&dir), &RECOVERY_PRIVATE).unwrap();
    let mut out = std::io::stdout().lock();
    let mut dossier = stored(&vault);
    loop {
        dossier.revision += 1;
        let sequence = vault.counter().unwrap().last_sequence + 1;
        let size = usize::try_from(dossier.revision % 7).unwrap() * 20_000;
        let mut bytes = dossier.revision.to_le_bytes().to_vec();
        bytes.resize(8 + size, 0x5a);
        let blob = vault.put_blob(&bytes).unwrap();
        writeln!(out, "blob {blob}").unwrap();
        out.flush().unwrap();
        let mut queued = contract::sample_op(1);
        queued.item.sequence = sequence;
        queued.item.op = motcua_dossier::OpId::derive(sequence, &[9; 10]);
        queued.item.blobs = vec![blob];
        let batch = Batch { dossiers: vec![dossier.clone()], enqueue: vec![queued], ..Batch::default() };
        vault.commit(&batch).unwrap();
        writeln!(out, "revision {} sequence {sequence}", dossier.revision).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let vault = created(dir.path());
    contract::commit_dossier(&vault, &contract::sample_dossier(1, "Nguyễn Văn A")).unwrap();
    drop(vault);
    let path = dir.path().join("vault");
    let mut acknowledged = Acknowledged { revision: 1, ..Acknowledged::default() };
    for round in 0..ROUNDS {
        kill_at_a_random_moment(&path, &mut acknowledged);
        let vault = SealedVault::open_with_recovery(&path, &RECOVERY_PRIVATE).unwrap();
        vault.check().unwrap();
        let revision = stored(&vault).revision;
        // One more than was heard of: it was killed between the commit and its word.
        assert!(
            (acknowledged.revision..=acknowledged.revision + 1).contains(&revision),
            "round {round}: {revision} is stored, {} was acknowledged",
            acknowledged.revision
        );
        let counter = vault.counter().unwrap();
        let lines = vault.outbox(true).unwrap();
        assert_eq!(counter.last_sequence, revision - 1, "dossier, outbox and counter move together");
        assert!(lines.iter().map(|l| l.sequence).eq(1..=counter.last_sequence), "no gap, nothing twice");
        for line in &lines {
            assert_eq!(vault.has_blob(&line.blobs[0]), Ok(true), "file before row");
        }
        for blob in acknowledged.blobs.drain(..) {
            assert!(vault.blob(&blob).unwrap().is_some(), "round {round}");
        }
        acknowledged.revision = revision;
        assert!(vault.status() != motcua_desk::ports::VaultStatus::Open { officer: OFFICER.into() });
    }
    assert!(acknowledged.revision > ROUNDS as u64, "the child really worked: {}", acknowledged.revision);
}

#[derive(Default)]
struct Acknowledged {
    revision: u64,
    blobs: Vec<BlobId>,
}

fn stored(vault: &SealedVault) -> Dossier {
    vault.dossier(contract::sample_dossier(1, "").id).unwrap().unwrap()
}

fn kill_at_a_random_moment(path: &Path, acknowledged: &mut Acknowledged) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_commits_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut heard = String::new();
    // The first acknowledgement says that it is at work.
    while !heard.contains("revision ") {
        assert_ne!(lines.read_line(&mut heard).unwrap(), 0, "the child ended by itself: {heard}");
    }
    std::thread::sleep(Duration::from_micros(u64::from(random()) % 60_000));
    child.kill().unwrap();
    lines.read_to_string(&mut heard).unwrap();
    child.wait().unwrap();
    for line in heard.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n')) {
        if let Some((_, id)) = line.rsplit_once("blob ") {
            acknowledged.blobs.push(BlobId::parse(id).unwrap());
        } else if let Some(rest) = line.strip_prefix("revision ") {
            acknowledged.revision = rest.split(' ').next().unwrap().parse().unwrap();
        }
    }
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}
