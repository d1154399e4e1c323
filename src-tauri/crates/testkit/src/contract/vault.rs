//! What every vault promises, whatever it is made of.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use motcua_desk::PrintedForm;
use motcua_desk::ports::{
    Batch, CachedIdentity, CaptureDraft, CapturedPage, Counter, FileChange, FileUses, KeptConflict,
    OfficeRows, PrintRecord, PrintState, QueuedOp, Vault, VaultError, VaultStatus, WrongSecrets,
};
use motcua_dossier::{
    AgencyCode, Applicant, BlobId, Channel, CopyForm, Day, Deadline, DeviceId, DocumentId, DocumentRecord,
    DocumentStatus, DocumentSummary, Dossier, DossierCode, DossierId, DossierState, FeeAct, FeeMethod,
    FeeRecord, HeldFile, IdNumber, IdentityAnswer, IdentityCheck, Load, Metadata, Moved, NumberBlock,
    OfficeDossier, OpId, OutboxItem, OutboxKind, OutboxState, PaperCode, Party, PartyKind, Phase,
    ProcedureCode, Provenance, QueueFilter, QueueState, ReferenceData, ReturnMethod, Seat, StepAct, StepLine,
    StepRecord, StoreKind, Timestamp,
};
use motcua_wire::{Op, OpPayload, SignedReceipt};

/// Officer of the samples.
pub const OFFICER: &str = "canbo.mau";
/// His secret.
pub const SECRET: &str = "Mau-2026-mot-cua";
/// An X25519 public key (of the private key `[7; 32]`).
pub const RECOVERY: [u8; 32] = [
    0x13, 0xbe, 0x4f, 0xea, 0xea, 0xf2, 0x04, 0xc7, 0xfd, 0x33, 0x58, 0xfc, 0x9c, 0x00, 0x72, 0x18, 0x81,
    0xd1, 0x74, 0x27, 0x81, 0x28, 0x22, 0x7e, 0xc6, 0x74, 0xf3, 0x7f, 0x7f, 0xe9, 0x7b, 0x6d,
];

/// Runs the whole suite; `make` gives a vault of its own each time, absent yet.
pub fn vault_contract(make: impl Fn() -> Box<dyn Vault>) {
    it_opens_with_the_secret_only(make().as_ref());
    a_short_secret_makes_no_vault(make().as_ref());
    a_second_officer_opens_the_same_vault(make().as_ref());
    a_locked_vault_says_nothing(make().as_ref());
    a_sealed_vault_opens_to_nobody_here(make().as_ref());
    wrong_secrets_are_kept_for_each_officer_without_a_key(make().as_ref());
    a_dossier_follows_its_revision(make().as_ref());
    dossiers_are_found_without_marks_newest_first(make().as_ref());
    what_was_typed_with_marks_stands_first(make().as_ref());
    numbers_and_codes_are_found_by_either_end(make().as_ref());
    what_is_typed_is_no_language(make().as_ref());
    the_outbox_has_no_gap(make().as_ref());
    the_lines_of_a_dossier_are_found_whatever_became_of_them(make().as_ref());
    what_is_owed_comes_by_its_day_and_leaves_when_it_is_not(make().as_ref());
    what_was_handed_to_somebody_is_found_however_old_it_is(make().as_ref());
    what_was_accepted_is_found_by_its_moment(make().as_ref());
    the_queue_has_what_is_owed_by_day_and_by_whoever_has_it(make().as_ref());
    what_is_unsettled_here_is_in_the_queue_by_the_word_of_the_office(make().as_ref());
    entries_of_fees_are_found_by_day_and_number(make().as_ref());
    an_operation_never_changes(make().as_ref());
    sending_is_queued_again_after_unlock(make().as_ref());
    a_refused_batch_changes_nothing(make().as_ref());
    blobs_are_stored_once_and_come_back(make().as_ref());
    what_is_known_of_an_owner_is_replaced_whole(make().as_ref());
    small_records_come_back(make().as_ref());
    everything_survives_a_lock(make().as_ref());
    the_office_s_dossiers_follow_their_history(make().as_ref());
    the_other_side_of_a_conflict_is_kept(make().as_ref());
    the_journal_of_prints_has_no_gap(make().as_ref());
    a_file_is_sealed_and_goes_and_never_of_unsent_work(make().as_ref());
    what_names_a_file_is_known(make().as_ref());
}

fn change_file(vault: &dyn Vault, change: FileChange) -> Result<(), VaultError> {
    vault.commit(&Batch { files: vec![change], ..Batch::default() })
}

fn a_file_is_sealed_and_goes_and_never_of_unsent_work(vault: &dyn Vault) {
    create(vault);
    let id = vault.put_blob(b"%PDF-1.7 (DEMO)").unwrap();
    let other = vault.put_blob(b"another (DEMO)").unwrap();
    let mut queued = sample_op(1);
    queued.item.blobs = vec![id];
    enqueue(vault, &queued).unwrap();
    let at = Timestamp(1_795_143_600_000);
    let file = |id| HeldFile { id, fetched: false, idle_since: None, sealed_at: None };
    let mut all = vec![file(id), file(other)];
    all.sort_by_key(|file| file.id);
    assert_eq!(vault.held_files(None, 10), Ok(all.clone()));
    assert_eq!(vault.held_files(None, 1), Ok(all[..1].to_vec()));
    assert_eq!(vault.held_files(Some(&all[0].id), 10), Ok(all[1..].to_vec()));
    change_file(vault, FileChange::Idle(id, Some(at))).unwrap();
    change_file(vault, FileChange::Fetched(id)).unwrap();
    let noted = HeldFile { fetched: true, idle_since: Some(at), ..file(id) };
    assert_eq!(vault.held_file(&id), Ok(Some(noted.clone())));
    assert_eq!(change_file(vault, FileChange::Seal(id, at)), Err(VaultError::Stale), "it is unsent");
    assert!(vault.blob(&id).unwrap().is_some());
    let received = OutboxState::Received { at };
    let item = OutboxItem { state: received, ..queued.item };
    vault.commit(&Batch { outbox: vec![item.clone()], ..Batch::default() }).unwrap();
    assert_eq!(change_file(vault, FileChange::Forget(id)), Err(VaultError::Stale), "it can be read");
    change_file(vault, FileChange::Seal(id, at)).unwrap();
    assert_eq!(vault.blob(&id), Ok(None));
    assert_eq!(vault.blob_size(&id), Ok(None));
    assert_eq!(vault.held_file(&id), Ok(Some(HeldFile { sealed_at: Some(at), ..noted })));
    assert_eq!(change_file(vault, FileChange::Seal(id, at)), Err(VaultError::Stale));
    let again = OutboxItem { state: OutboxState::Queued, ..item.clone() };
    vault.commit(&Batch { outbox: vec![again], ..Batch::default() }).unwrap();
    assert_eq!(change_file(vault, FileChange::Forget(id)), Err(VaultError::Stale), "it is unsent again");
    assert!(vault.held_file(&id).unwrap().is_some());
    vault.commit(&Batch { outbox: vec![item], ..Batch::default() }).unwrap();
    assert_eq!(vault.put_blob(b"%PDF-1.7 (DEMO)"), Ok(id), "it came again");
    assert_eq!(vault.blob(&id), Ok(Some(b"%PDF-1.7 (DEMO)".to_vec())));
    let back = vault.held_file(&id).unwrap().unwrap();
    assert_eq!((back.idle_since, back.sealed_at), (None, None));
    change_file(vault, FileChange::Idle(id, Some(at))).unwrap();
    vault.put_blob(b"%PDF-1.7 (DEMO)").unwrap();
    assert_eq!(vault.held_file(&id).unwrap().unwrap().idle_since, None, "somebody wants it");
    change_file(vault, FileChange::Seal(id, at)).unwrap();
    change_file(vault, FileChange::Forget(id)).unwrap();
    assert_eq!(vault.held_file(&id), Ok(None));
    assert_eq!(vault.held_files(None, 10), Ok(vec![file(other)]));
    assert_eq!(change_file(vault, FileChange::Forget(id)), Err(VaultError::Stale));
}

fn what_names_a_file_is_known(vault: &dyn Vault) {
    create(vault);
    assert_eq!(vault.file_uses(&BlobId([9; 32])), Ok(FileUses::default()));
    let (receipt, page) = (BlobId([5; 32]), sample_capture(1).pages[0].clone());
    let mut dossier = Dossier { receipt: Some(receipt), ..sample_dossier(1, "Nguyễn Văn A (DEMO)") };
    commit_dossier(vault, &dossier).unwrap();
    let mut queued = sample_op(1);
    queued.item.blobs = vec![BlobId([4; 32])];
    enqueue(vault, &queued).unwrap();
    vault.commit(&Batch { captures: vec![sample_capture(1)], ..Batch::default() }).unwrap();
    let dossiers = FileUses { dossiers: vec![dossier.id], ..FileUses::default() };
    assert_eq!(vault.file_uses(&receipt), Ok(dossiers.clone()));
    let lines = FileUses { lines: vec![queued.item.op], ..FileUses::default() };
    assert_eq!(vault.file_uses(&queued.item.blobs[0]), Ok(lines));
    for blob in [page.image, page.thumbnail] {
        assert!(vault.file_uses(&blob).unwrap().captured);
    }
    let done = CaptureDraft { pages: vec![], ..sample_capture(1) };
    dossier.receipt = Some(BlobId([6; 32]));
    dossier.revision += 1;
    vault.commit(&Batch { captures: vec![done], dossiers: vec![dossier], ..Batch::default() }).unwrap();
    assert_eq!(vault.file_uses(&receipt), Ok(FileUses::default()));
    assert_eq!(vault.file_uses(&BlobId([6; 32])), Ok(dossiers));
    assert_eq!(vault.file_uses(&page.image), Ok(FileUses::default()));
}

fn the_office_s_dossiers_follow_their_history(vault: &dyn Vault) {
    create(vault);
    let know = |epoch: u64, rows: &[OfficeDossier], complete: bool| {
        let office = Some(OfficeRows { epoch, rows: rows.to_vec(), complete });
        let settings = vec![("cursor".to_owned(), epoch.to_string())];
        vault.commit(&Batch { office, settings, ..Batch::default() }).unwrap();
    };
    let (first, second) = (sample_office(1, "Nguyễn Văn A (DEMO)"), sample_office(2, "Đỗ Thị Bé (DEMO)"));
    know(1, &[first.clone(), second.clone()], true);
    assert_eq!(vault.office("", 10), Ok(vec![second.clone(), first]), "the newer stands first");
    for query in ["do thi be", "Đỗ Thị Bé", "0002", second.code.as_str()] {
        assert_eq!(vault.office(query, 10), Ok(vec![second.clone()]), "{query}");
    }
    assert_eq!(vault.office("...", 10), Ok(vec![]));
    let newer = OfficeDossier { version: 5, owner_name: "Đỗ Thị Bông (DEMO)".into(), ..second.clone() };
    know(1, &[newer.clone(), second.clone()], false);
    assert_eq!(vault.office_dossier(second.id), Ok(Some(newer)), "an older word replaces nothing");
    assert_eq!(vault.office("do thi be", 10), Ok(vec![]));
    assert_eq!(vault.office("bong", 10).unwrap().len(), 1);
    know(2, std::slice::from_ref(&second), false);
    assert_eq!(
        vault.office_dossier(second.id),
        Ok(Some(second.clone())),
        "another history counts from its own start"
    );
    assert_eq!(vault.office("", 10).unwrap().len(), 2, "not everything of it is known yet");
    know(2, &[], true);
    assert_eq!(vault.office("", 10), Ok(vec![second.clone()]), "what the new history does not have is gone");
    assert_eq!(vault.office("nguyen", 10), Ok(vec![]));
    let own = Dossier { id: second.id, ..sample_dossier(2, "Đỗ Thị Bé (DEMO)") };
    commit_dossier(vault, &own).unwrap();
    assert_eq!(vault.office("", 10), Ok(vec![]), "this counter has it itself");
    assert_eq!(vault.office("be", 10), Ok(vec![]));
    assert_eq!(vault.office_dossier(second.id), Ok(Some(second)));
    assert_eq!(vault.setting("cursor"), Ok(Some("2".into())));
}

fn the_other_side_of_a_conflict_is_kept(vault: &dyn Vault) {
    create(vault);
    let op = sample_op(1).item.op;
    assert_eq!(vault.conflict(op), Ok(None));
    let kept =
        |server_version| KeptConflict { op, at: Timestamp(7), server_version, held_by: None, server: None };
    for version in [3, 4] {
        vault.commit(&Batch { conflicts: vec![kept(version)], ..Batch::default() }).unwrap();
        assert_eq!(vault.conflict(op), Ok(Some(kept(version))));
    }
}

fn the_journal_of_prints_has_no_gap(vault: &dyn Vault) {
    create(vault);
    let write = |print: PrintRecord| vault.commit(&Batch { prints: vec![print], ..Batch::default() });
    let dossier = sample_print(1, 1).dossier;
    assert_eq!(vault.prints(dossier), Ok(vec![]));
    assert_eq!(write(sample_print(1, 2)), Err(VaultError::Stale), "the first is 1");
    write(sample_print(1, 1)).unwrap();
    write(sample_print(1, 2)).unwrap();
    assert_eq!(write(sample_print(1, 4)), Err(VaultError::Stale), "no number is left out");
    let printed = PrintRecord { state: PrintState::Printed, trouble: None, ..sample_print(1, 1) };
    write(printed.clone()).unwrap();
    write(sample_print(2, 1)).unwrap();
    assert_eq!(vault.prints(dossier), Ok(vec![printed, sample_print(1, 2)]), "oldest first, of one dossier");
    vault.lock();
    assert_eq!(vault.prints(dossier), Err(VaultError::Locked));
}

/// A line of the journal of prints.
#[must_use]
pub fn sample_print(dossier: u8, number: u32) -> PrintRecord {
    PrintRecord {
        dossier: sample_dossier(dossier, "Nguyễn Văn A (DEMO)").id,
        number,
        form: PrintedForm::Receipt,
        file: Some(BlobId([3; 32])),
        at: Timestamp(1_795_143_600_000),
        officer: OFFICER.to_owned(),
        copies: 2,
        printer: "quay-1".to_owned(),
        label: "Máy in quầy 1 (DEMO)".to_owned(),
        job: Some("17".to_owned()),
        state: PrintState::Waiting,
        begun: false,
        trouble: Some("printPaperOut".to_owned()),
        reprint: number - 1,
    }
}

/// A dossier another counter took in.
#[must_use]
pub fn sample_office(number: u8, owner: &str) -> OfficeDossier {
    let own = sample_dossier(number, owner);
    OfficeDossier {
        id: DossierId::derive(u64::from(number), &[number; 10]),
        version: 3,
        code: DossierCode::parse(&format!("000.01.20.H08-261120-{number:04}")).unwrap(),
        procedure: own.procedure,
        procedure_name: own.procedure_name,
        owner_name: owner.to_owned(),
        owner_number: sample_number(number),
        accepted_at: Timestamp(1_795_143_600_000),
        deadline: Deadline::plain(Day::parse("2026-11-24").unwrap(), 1),
        phase: Phase::Working,
        seat: None,
        on_its_way: false,
        moved: None,
        returned_at: None,
        officer: OFFICER.into(),
        device: Some(sample_device()),
        counter: String::new(),
        holder: None,
    }
}

/// A vault that was just made, with [`OFFICER`] inside.
pub fn create(vault: &dyn Vault) {
    vault.create(OFFICER, &SECRET.to_owned().into(), &RECOVERY, sample_device()).unwrap();
}

fn it_opens_with_the_secret_only(vault: &dyn Vault) {
    assert_eq!(vault.status(), VaultStatus::Absent);
    assert_eq!(vault.unlock(OFFICER, &SECRET.to_owned().into()), Err(VaultError::Absent));
    create(vault);
    assert_eq!(vault.status(), VaultStatus::Open { officer: OFFICER.into() });
    assert_eq!(
        vault.create(OFFICER, &SECRET.to_owned().into(), &RECOVERY, sample_device()),
        Err(VaultError::Exists)
    );
    vault.lock();
    assert_eq!(vault.status(), VaultStatus::Locked { officers: vec![OFFICER.into()] });
    assert_eq!(
        vault.create(OFFICER, &SECRET.to_owned().into(), &RECOVERY, sample_device()),
        Err(VaultError::Exists)
    );
    assert_eq!(vault.unlock(OFFICER, &"Sai-2026-mot-cua".to_owned().into()), Err(VaultError::WrongSecret));
    assert_eq!(vault.unlock("ai.do", &SECRET.to_owned().into()), Err(VaultError::UnknownOfficer));
    assert!(matches!(vault.status(), VaultStatus::Locked { .. }), "a wrong secret opens nothing");
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    assert_eq!(vault.status(), VaultStatus::Open { officer: OFFICER.into() });
}

fn a_short_secret_makes_no_vault(vault: &dyn Vault) {
    let short = "1234567".to_owned().into();
    assert_eq!(vault.create(OFFICER, &short, &RECOVERY, sample_device()), Err(VaultError::WeakSecret));
    assert_eq!(vault.status(), VaultStatus::Absent);
    create(vault);
    assert_eq!(vault.enrol("canbo.hai", &short), Err(VaultError::WeakSecret));
}

fn a_second_officer_opens_the_same_vault(vault: &dyn Vault) {
    create(vault);
    let dossier = sample_dossier(1, "Nguyễn Văn A");
    commit_dossier(vault, &dossier).unwrap();
    let second = "Hai-2026-mot-cua".to_owned().into();
    vault.enrol("canbo.hai", &second).unwrap();
    assert_eq!(vault.proves("canbo.hai", &second), Ok(()));
    assert_eq!(vault.proves("canbo.hai", &SECRET.to_owned().into()), Err(VaultError::WrongSecret));
    assert_eq!(vault.proves("canbo.la", &second), Err(VaultError::UnknownOfficer));
    assert_eq!(
        vault.status(),
        VaultStatus::Open { officer: OFFICER.to_owned() },
        "it stays with its officer"
    );
    vault.lock();
    assert_eq!(vault.proves("canbo.hai", &second), Err(VaultError::Locked));
    assert_eq!(vault.enrol("canbo.ba", &"Ba-2026-mot-cua".to_owned().into()), Err(VaultError::Locked));
    vault.unlock("canbo.hai", &"Hai-2026-mot-cua".to_owned().into()).unwrap();
    assert_eq!(vault.dossier(dossier.id), Ok(Some(dossier)), "drafts belong to the office");
    vault.lock();
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
}

fn a_locked_vault_says_nothing(vault: &dyn Vault) {
    create(vault);
    let id = vault.put_blob(b"page").unwrap();
    vault.lock();
    vault.lock();
    assert_eq!(vault.commit(&Batch::default()), Err(VaultError::Locked));
    assert_eq!(vault.put_blob(b"page"), Err(VaultError::Locked));
    assert_eq!(vault.blob(&id), Err(VaultError::Locked));
    assert_eq!(vault.has_blob(&id), Err(VaultError::Locked));
    assert_eq!(vault.dossiers("", 10), Err(VaultError::Locked));
    assert_eq!(vault.outbox(true), Err(VaultError::Locked));
    assert_eq!(vault.counter(), Err(VaultError::Locked));
    assert_eq!(vault.setting("k"), Err(VaultError::Locked));
}

fn a_sealed_vault_opens_to_nobody_here(vault: &dyn Vault) {
    assert_eq!(vault.seal(Timestamp(5)), Err(VaultError::Absent), "there is nothing to seal");
    create(vault);
    vault.enrol("canbo.hai", &SECRET.to_owned().into()).unwrap();
    vault.seal(Timestamp(7)).unwrap();
    assert_eq!(vault.status(), VaultStatus::Sealed { at: Timestamp(7) });
    assert_eq!(vault.counter(), Err(VaultError::Locked), "closed, whoever had it open");
    vault.seal(Timestamp(9)).unwrap();
    assert_eq!(vault.status(), VaultStatus::Sealed { at: Timestamp(7) }, "the first time counts");
    let secret = SECRET.to_owned().into();
    for officer in [OFFICER, "canbo.hai", "canbo.ba"] {
        assert_eq!(vault.unlock(officer, &secret), Err(VaultError::Sealed));
    }
    let anew = vault.create("canbo.ba", &secret, &RECOVERY, sample_device());
    assert_eq!(anew, Err(VaultError::Exists), "what is in it is not thrown away");
    vault.lock();
    assert_eq!(vault.status(), VaultStatus::Sealed { at: Timestamp(7) });
}

fn wrong_secrets_are_kept_for_each_officer_without_a_key(vault: &dyn Vault) {
    assert_eq!(vault.wrong_secrets(OFFICER), Ok(WrongSecrets::default()), "no vault, nothing wrong");
    create(vault);
    vault.lock();
    let wrong = WrongSecrets { in_a_row: 6, last: Timestamp(1_795_143_600_000) };
    vault.keep_wrong_secrets(OFFICER, wrong).unwrap();
    assert_eq!(vault.wrong_secrets(OFFICER), Ok(wrong));
    assert_eq!(vault.wrong_secrets("canbo.hai"), Ok(WrongSecrets::default()), "a colleague does not wait");
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    assert_eq!(vault.wrong_secrets(OFFICER), Ok(wrong), "the vault counts nothing by itself");
    vault.keep_wrong_secrets(OFFICER, WrongSecrets::default()).unwrap();
    assert_eq!(vault.wrong_secrets(OFFICER), Ok(WrongSecrets::default()));
}

fn a_dossier_follows_its_revision(vault: &dyn Vault) {
    create(vault);
    let mut dossier = sample_dossier(1, "Nguyễn Văn A");
    assert_eq!(vault.dossier(dossier.id), Ok(None));
    commit_dossier(vault, &dossier).unwrap();
    assert_eq!(commit_dossier(vault, &dossier), Err(VaultError::Stale), "revision 1 is there already");
    dossier.revision = 3;
    assert_eq!(commit_dossier(vault, &dossier), Err(VaultError::Stale), "revision 2 is missing");
    dossier.revision = 2;
    dossier.procedure_name = "Đăng ký khai sinh lại".into();
    commit_dossier(vault, &dossier).unwrap();
    assert_eq!(vault.dossier(dossier.id), Ok(Some(dossier)));
    let mut unknown = sample_dossier(2, "Trần Thị B");
    unknown.revision = 2;
    assert_eq!(commit_dossier(vault, &unknown), Err(VaultError::Stale), "a new one starts at 1");
}

fn dossiers_are_found_without_marks_newest_first(vault: &dyn Vault) {
    create(vault);
    let (old, new) = (sample_dossier(1, "Đặng Thị Diệp"), sample_dossier(2, "Nguyễn Văn Hoà"));
    commit_dossier(vault, &new).unwrap();
    commit_dossier(vault, &old).unwrap();
    let found = |query: &str, limit| -> Vec<DossierId> {
        vault.dossiers(query, limit).unwrap().iter().map(|d| d.id).collect()
    };
    assert_eq!(found("", 10), [new.id, old.id]);
    assert_eq!(found("", 1), [new.id]);
    assert_eq!(found("dang thi diep", 10), [old.id]);
    assert_eq!(found("ĐẶNG THỊ", 10), [old.id]);
    assert_eq!(found("văn hòa", 10), [new.id], "the place of the mark does not matter");
    assert_eq!(found("khai sinh", 10), [new.id, old.id], "by procedure");
    assert_eq!(found("khong co ai", 10), [] as [DossierId; 0]);
}

fn what_was_typed_with_marks_stands_first(vault: &dyn Vault) {
    create(vault);
    let names =
        ["Trần Văn Hòa", "Trần Văn Hoa", "Trần Văn Hoà", "Trấn Văn Hóa", "Đỗ Văn Dũng", "Do Van Dung"];
    let dossiers: Vec<Dossier> = (1..).zip(names).map(|(n, name)| sample_dossier(n, name)).collect();
    vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
    let found = |query: &str, limit| -> Vec<String> {
        vault.dossiers(query, limit).unwrap().into_iter().map(|d| d.applicant.owner.name).collect()
    };
    assert_eq!(
        found("hoa", 10),
        ["Trấn Văn Hóa", "Trần Văn Hoà", "Trần Văn Hoa", "Trần Văn Hòa"],
        "newest first"
    );
    assert_eq!(found("hòa", 10), ["Trần Văn Hoà", "Trần Văn Hòa", "Trấn Văn Hóa", "Trần Văn Hoa"]);
    assert_eq!(
        found("Hoà", 2),
        ["Trần Văn Hoà", "Trần Văn Hòa"],
        "those are looked for among all, not among two"
    );
    assert_eq!(found("trần hó", 1), ["Trấn Văn Hóa"], "marks that fit nobody change nothing: the newest");
    assert_eq!(found("do dung", 10), ["Do Van Dung", "Đỗ Văn Dũng"]);
    assert_eq!(found("đỗ", 10), ["Đỗ Văn Dũng", "Do Van Dung"]);
    let decomposed = "Đo\u{302}\u{303} Va\u{306}n";
    assert_eq!(found(decomposed, 10), ["Đỗ Văn Dũng", "Do Van Dung"], "typed by whatever input method");
}

fn numbers_and_codes_are_found_by_either_end(vault: &dyn Vault) {
    create(vault);
    let (mut first, mut second) = (sample_dossier(11, "Trần Thị B"), sample_dossier(12, "Lê Văn C"));
    first.code = Some(DossierCode::parse("000.01.20.H08-261121-0042").unwrap());
    second.applicant.owner.aliases = vec![IdNumber::parse("205404812").unwrap()];
    second.applicant.submitter = Some(Party {
        name: "Phạm Thị Nộp".into(),
        number: sample_number(99),
        ..second.applicant.owner.clone()
    });
    let (a, b) = (first.id, second.id);
    vault.commit(&Batch { dossiers: vec![first, second], ..Batch::default() }).unwrap();
    let found =
        |query: &str| -> Vec<DossierId> { vault.dossiers(query, 10).unwrap().iter().map(|d| d.id).collect() };
    assert_eq!(found("052090"), [b, a], "the beginning");
    assert_eq!(found("000011"), [a], "the end");
    assert_eq!(found("0011 tran"), [a], "the last four digits and a name");
    assert_eq!(found("4812"), [b], "an earlier number");
    assert_eq!(found("000099"), [b], "the submitter's");
    assert_eq!(found("nop pham"), [b]);
    assert_eq!(found("000.01.20.H08-261121-0042"), [a], "the whole code");
    assert_eq!(found("000.01.20.h08-26"), [a]);
    assert_eq!(found("261121-0042"), [a]);
    assert_eq!(found("0042"), [a]);
    assert_eq!(found("H08-0042"), [] as [DossierId; 0], "not out of order");
    assert_eq!(found("09000"), [] as [DossierId; 0], "not out of the middle");
    let mut renamed = vault.dossier(a).unwrap().unwrap();
    renamed.revision += 1;
    renamed.code = None;
    renamed.applicant.owner.name = "Hồ Thị Đổi".into();
    commit_dossier(vault, &renamed).unwrap();
    assert_eq!(
        (found("ho thi doi"), found("0042"), found("tran")),
        (vec![a], vec![], vec![]),
        "as it is now"
    );
}

fn what_is_typed_is_no_language(vault: &dyn Vault) {
    create(vault);
    let dossier = sample_dossier(1, "Nguyễn Văn A");
    commit_dossier(vault, &dossier).unwrap();
    let found = |query: &str| vault.dossiers(query, 10).unwrap().len();
    for query in
        ["%", "*", "\"", "\"\"", "'", "()", "^", ":", "-", "+", "{words}", "words:nguyen", "words : nguyen"]
    {
        assert_eq!(found(query), 0, "{query}");
    }
    for query in ["nguyen OR tran", "nguyen NOT tran", "nguyen AND van", "NEAR(nguyen van)", "NEAR"] {
        assert_eq!(found(query), 0, "{query}: the operators are words, and not there");
    }
    for query in ["\"nguyen\"", "nguyen*", "^nguyen", "(nguyen) van", "nguyen; DROP", "van' --"] {
        assert_eq!(
            found(query),
            usize::from(!query.contains("DROP")),
            "{query}: signs beside words are nothing"
        );
    }
}

fn the_outbox_has_no_gap(vault: &dyn Vault) {
    create(vault);
    assert_eq!(
        vault.counter(),
        Ok(Counter { device: sample_device(), last_sequence: 0, provisional: 0 }),
        "a new vault has sent nothing"
    );
    assert_eq!(enqueue(vault, &sample_op(2)), Err(VaultError::Stale));
    enqueue(vault, &sample_op(1)).unwrap();
    assert_eq!(enqueue(vault, &sample_op(1)), Err(VaultError::Stale));
    assert_eq!(enqueue(vault, &sample_op(3)), Err(VaultError::Stale));
    enqueue(vault, &sample_op(2)).unwrap();
    assert_eq!(vault.counter().unwrap().last_sequence, 2);
    let sequences: Vec<u64> = vault.outbox(false).unwrap().iter().map(|i| i.sequence).collect();
    assert_eq!(sequences, [1, 2], "oldest first");
}

fn what_was_handed_to_somebody_is_found_however_old_it_is(vault: &dyn Vault) {
    create(vault);
    let seat = Some(Seat { unit: "Phòng mẫu".into(), officer: "tu.phap".into() });
    let old = OfficeDossier { seat: seat.clone(), ..sample_office(1, "Người Mẫu Một") };
    let returned = Some(Timestamp(1_795_143_600_001));
    let done = OfficeDossier { seat, returned_at: returned, ..sample_office(2, "Người Mẫu Hai") };
    let rows = vec![old.clone(), done, sample_office(3, "Người Mẫu Ba")];
    let office = OfficeRows { epoch: 1, rows, complete: false };
    vault.commit(&Batch { office: Some(office), ..Batch::default() }).unwrap();
    assert_eq!(vault.office_seated(10), Ok(vec![old]));
}

fn the_queue_has_what_is_owed_by_day_and_by_whoever_has_it(vault: &dyn Vault) {
    create(vault);
    let (today, at) = (Day::parse("2026-11-20").unwrap(), Timestamp(1_795_143_600_000));
    let due = |day: &str| Deadline::plain(Day::parse(day).unwrap(), 1);
    let seat = |officer: &str| Seat { unit: "Phòng Mẫu Đ".into(), officer: officer.into() };
    let step = |n: u8, act| {
        let record = StepRecord { act, officer: "quay.mau".into(), at };
        StepLine { id: OpId::derive(u64::from(n), &[n; 10]), record, void: false }
    };
    let sent = |to: Seat| StepAct::HandedOver { to, note: String::new() };
    let own = |n: u8, day: &str, acts: Vec<StepAct>| Dossier {
        state: DossierState::Accepted { at, deadline: due(day) },
        steps: (n..).zip(acts).map(|(n, act)| step(n, act)).collect(),
        ..sample_dossier(n, "Nguyễn Văn A")
    };
    let late = own(1, "2026-11-18", vec![sent(seat("Tu.Phap"))]);
    let asked = StepAct::SupplementAsked { items: vec!["x".into()], reason: "x".into(), exception: None };
    let waits = own(2, "2026-11-17", vec![sent(seat("")), StepAct::TakenOver { by: seat("tu.phap") }, asked]);
    let counter = own(3, "2026-11-20", vec![]);
    let over = own(4, "2026-11-16", vec![StepAct::Refused { reasons: vec!["x".into()] }]);
    let draft = sample_dossier(5, "Nguyễn Văn A");
    let other = |n: u8, day: &str| OfficeDossier { deadline: due(day), ..sample_office(n, "Người Mẫu") };
    let unit = OfficeDossier { seat: Some(seat("")), on_its_way: true, ..other(21, "2026-11-22") };
    let signs = OfficeDossier {
        seat: Some(seat("lanh.dao")),
        phase: Phase::ResultProposed { since: at },
        ..other(22, "2026-11-30")
    };
    let done = OfficeDossier { returned_at: Some(at), ..other(23, "2026-11-15") };
    // What this counter has itself is newer than what the warehouse tells.
    let told = OfficeDossier { id: late.id, seat: Some(seat("lanh.dao")), ..other(24, "2026-11-30") };
    let office = |epoch, rows, complete| {
        let office = Some(OfficeRows { epoch, rows, complete });
        vault.commit(&Batch { office, ..Batch::default() }).unwrap();
    };
    let dossiers = vec![late.clone(), waits.clone(), counter.clone(), over, draft];
    vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
    office(1, vec![unit.clone(), signs.clone(), done, told], false);

    let found = |filter: &QueueFilter| {
        let page = vault.queue(filter, today, 0, 50).unwrap();
        assert_eq!(page.rows.len(), page.count as usize);
        page.rows.into_iter().map(|row| row.dossier).collect::<Vec<_>>()
    };
    let all = QueueFilter::default();
    let order = [waits.id, late.id, counter.id, unit.id, signs.id];
    assert_eq!(found(&all), order, "by the day, this counter's and the others'");
    let page = |skip, limit| {
        let page = vault.queue(&all, today, skip, limit).unwrap();
        (page.rows.into_iter().map(|row| row.dossier).collect::<Vec<_>>(), page.count)
    };
    assert_eq!(page(0, 2), (order[..2].to_vec(), 5));
    assert_eq!(page(4, 2), (order[4..].to_vec(), 5));
    assert_eq!(page(6, 2), (vec![], 5), "after the last page");
    let mine = |officer: &str| QueueFilter {
        mine: Some(Seat { unit: " phòng mẫu đ".into(), officer: officer.into() }),
        ..QueueFilter::default()
    };
    assert_eq!(found(&mine("TU.PHAP")), [waits.id, late.id, unit.id], "by name, or to anybody of the unit");
    assert_eq!(found(&mine("khac")), [unit.id]);
    let unit_of = |unit: &str| QueueFilter { unit: Some(unit.into()), ..QueueFilter::default() };
    assert_eq!(found(&unit_of("")), [counter.id], "nobody handed it on");
    assert_eq!(found(&unit_of("Phòng mẫu Đ")).len(), 4);
    let officer = QueueFilter { officer: Some("lanh.dao".into()), ..QueueFilter::default() };
    assert_eq!(found(&officer), [signs.id]);
    let state = |state| found(&QueueFilter { state: Some(state), ..QueueFilter::default() });
    assert_eq!(
        state(QueueState::Late),
        [late.id],
        "nothing is late while the citizen brings what is missing"
    );
    assert_eq!(state(QueueState::Today), [counter.id]);
    assert_eq!(state(QueueState::Soon), [unit.id]);
    assert_eq!(state(QueueState::AwaitingSupplement), [waits.id]);
    assert_eq!(state(QueueState::ToReturn), [signs.id]);
    assert_eq!(state(QueueState::OnItsWay), [late.id, unit.id]);
    let row = &vault.queue(&all, today, 1, 1).unwrap().rows[0];
    assert_eq!((row.here, row.moved.clone()), (true, Some(Moved { from: "quay.mau".into(), at })));

    let loads = vault.queue_loads(today).unwrap();
    let told: Vec<(String, u32)> =
        loads.iter().map(|l| (l.seat.clone().map(|s| s.officer).unwrap_or_default(), l.load.all)).collect();
    assert_eq!(told[..2], [(String::new(), 1), (String::new(), 1)], "the counter, then anybody of the unit");
    assert_eq!(told[2], ("lanh.dao".to_owned(), 1));
    assert_eq!((loads.len(), loads[3].load.all), (4, 2), "in small or large letters it is one officer");
    let (load, whole) = (loads[3].load, loads.iter().fold(Load::default(), |sum, seat| sum.with(seat.load)));
    assert_eq!((load.late, load.awaiting, load.on_its_way), (1, 1, 1));
    assert_eq!((whole.all, whole.late, whole.today, whole.soon), (5, 1, 1, 1));
    assert_eq!((whole.awaiting, whole.to_return, whole.on_its_way), (1, 1, 2));

    let returned = Dossier {
        state: DossierState::Completed { at, accepted_at: at, deadline: due("2026-11-18") },
        revision: late.revision + 1,
        ..late
    };
    vault.commit(&Batch { dossiers: vec![returned], ..Batch::default() }).unwrap();
    let returned = OfficeDossier { returned_at: Some(at), version: unit.version + 1, ..unit };
    office(1, vec![returned], false);
    assert_eq!(found(&all), [waits.id, counter.id, signs.id], "what is returned is owed no more");
    office(2, vec![], true);
    assert_eq!(found(&all), [waits.id, counter.id], "another history knows nothing of it");
}

fn what_is_unsettled_here_is_in_the_queue_by_the_word_of_the_office(vault: &dyn Vault) {
    create(vault);
    let (today, at) = (Day::parse("2026-11-20").unwrap(), Timestamp(1_795_143_600_000));
    let deadline = Deadline::plain(Day::parse("2026-11-19").unwrap(), 1);
    let officer = |officer: &str| Some(Seat { unit: "Phòng Mẫu".into(), officer: officer.into() });
    let queue = || {
        let found = vault.queue(&QueueFilter::default(), today, 0, 50).unwrap();
        let rows = found.rows.into_iter();
        rows.map(|row| (row.dossier, row.here, row.seat.map(|seat| seat.officer))).collect::<Vec<_>>()
    };
    let keep = |own: &Dossier| {
        vault.commit(&Batch { dossiers: vec![own.clone()], ..Batch::default() }).unwrap();
    };
    let hear = |told: &OfficeDossier| {
        let office = Some(OfficeRows { epoch: 1, rows: vec![told.clone()], complete: false });
        vault.commit(&Batch { office, ..Batch::default() }).unwrap();
    };
    let mut own = sample_dossier(1, "Nguyễn Văn A");
    let id = own.id;
    let mut told = OfficeDossier {
        id,
        deadline: deadline.clone(),
        seat: officer("tu.phap"),
        ..sample_office(21, "Nguyễn Văn A")
    };
    keep(&own);
    assert_eq!(queue(), [], "a draft is owed to nobody");
    hear(&told);
    let elsewhere = [(id, false, Some("tu.phap".to_owned()))];
    assert_eq!(queue(), elsewhere, "accepted elsewhere, it lies with somebody");
    own.revision += 1;
    keep(&own);
    assert_eq!(queue(), elsewhere, "a change of the draft takes nothing out");
    (told.version, told.seat) = (told.version + 1, officer("lanh.dao"));
    hear(&told);
    assert_eq!(queue(), [(id, false, Some("lanh.dao".to_owned()))], "news of it are heard");
    let accepted = DossierState::Accepted { at, deadline };
    (own.revision, own.state) = (own.revision + 1, accepted.clone());
    keep(&own);
    told.version += 1;
    hear(&told);
    assert_eq!(queue(), [(id, true, None)], "what is accepted here this counter tells itself");
    (own.revision, own.state) = (own.revision + 1, DossierState::Withdrawn { at, was: Box::new(accepted) });
    keep(&own);
    assert_eq!(queue(), [(id, false, Some("lanh.dao".to_owned()))], "taken back here, it stands there");
}

fn what_was_accepted_is_found_by_its_moment(vault: &dyn Vault) {
    create(vault);
    let base: i64 = 1_795_143_600_000;
    let deadline = || Deadline::plain(Day::parse("2026-11-25").unwrap(), 1);
    let accepted = |n: u8, at: i64| Dossier {
        state: DossierState::Accepted { at: Timestamp(base + at), deadline: deadline() },
        ..sample_dossier(n, "Nguyễn Văn A")
    };
    let (first, last, after) = (accepted(1, 20), accepted(2, 10), accepted(3, 30));
    let (at, accepted_at) = (Timestamp(base + 99), Timestamp(base + 15));
    let completed = Dossier {
        state: DossierState::Completed { at, accepted_at, deadline: deadline() },
        ..sample_dossier(4, "Nguyễn Văn A")
    };
    let was = Box::new(accepted(5, 20).state);
    let taken_back =
        Dossier { state: DossierState::Withdrawn { at, was }, ..sample_dossier(5, "Nguyễn Văn A") };
    let was = Box::new(DossierState::Draft);
    let never =
        Dossier { state: DossierState::Withdrawn { at, was }, ..sample_dossier(6, "Nguyễn Văn A") };
    let draft = sample_dossier(7, "Nguyễn Văn A");
    let dossiers =
        vec![first.clone(), last.clone(), after, completed.clone(), taken_back.clone(), never, draft];
    vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
    let found = |from: i64, until: i64| vault.accepted(Timestamp(base + from), Timestamp(base + until));
    assert_eq!(
        found(10, 30),
        Ok(vec![last, completed.clone(), first.clone(), taken_back]),
        "from the first moment on, before the last, in the order of acceptance"
    );
    assert_eq!(found(11, 16), Ok(vec![completed]), "by its acceptance, not by its return");
    assert_eq!(found(99, 100), Ok(vec![]));
    let of_office = |id: DossierId, n: u8, at: i64| OfficeDossier {
        id,
        accepted_at: Timestamp(base + at),
        ..sample_office(n, "Người Mẫu")
    };
    let theirs = |n: u8, at: i64| of_office(sample_office(n, "").id, n, at);
    let rows = vec![theirs(21, 20), theirs(22, 10), theirs(23, 30), of_office(first.id, 24, 20)];
    let office = OfficeRows { epoch: 1, rows: rows.clone(), complete: false };
    vault.commit(&Batch { office: Some(office), ..Batch::default() }).unwrap();
    assert_eq!(
        vault.office_accepted(Timestamp(base + 10), Timestamp(base + 30)),
        Ok(vec![rows[1].clone(), rows[0].clone()]),
        "without those this counter has"
    );
}

fn what_is_owed_comes_by_its_day_and_leaves_when_it_is_not(vault: &dyn Vault) {
    create(vault);
    let dossier = |n: u8, day: &str| {
        let deadline = Deadline::plain(Day::parse(day).unwrap(), 1);
        Dossier {
            state: DossierState::Accepted { at: Timestamp(1_795_143_600_000), deadline },
            ..sample_dossier(n, "Nguyễn Văn A")
        }
    };
    let (late, soon) = (dossier(1, "2026-11-20"), dossier(2, "2026-11-25"));
    let commit = |dossiers: Vec<Dossier>| vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
    commit(vec![soon.clone(), late.clone(), sample_dossier(3, "Nguyễn Văn A")]);
    assert_eq!(vault.owed(10), Ok(vec![late.clone(), soon.clone()]), "a draft is owed to nobody");
    assert_eq!(vault.owed(1), Ok(vec![late.clone()]));
    let act = StepAct::Refused { reasons: vec!["x".into()] };
    let record = StepRecord { act, officer: OFFICER.into(), at: Timestamp(1_795_143_600_000) };
    let line = StepLine { id: OpId::derive(1, &[1; 10]), record, void: false };
    commit(vec![Dossier { steps: vec![line], revision: late.revision + 1, ..late }]);
    assert_eq!(vault.owed(10), Ok(vec![soon]));
}

fn the_lines_of_a_dossier_are_found_whatever_became_of_them(vault: &dyn Vault) {
    create(vault);
    let first = sample_op(1);
    let item = |n: u8| OutboxItem { dossier: first.item.dossier, ..sample_op(n).item };
    for n in 1..=3 {
        let queued = sample_op(n);
        let of_first = QueuedOp {
            item: item(n),
            op: Op { dossier: first.item.dossier, ..queued.op.clone() },
            ..queued.clone()
        };
        enqueue(vault, if n == 2 { &queued } else { &of_first }).unwrap();
    }
    let done = OutboxItem { state: OutboxState::Replaced, ..item(1) };
    vault.commit(&Batch { outbox: vec![done.clone()], ..Batch::default() }).unwrap();
    assert_eq!(
        vault.outbox_of(first.item.dossier),
        Ok(vec![done, item(3)]),
        "all of its lines, and no other"
    );
    assert_eq!(vault.outbox_of(sample_dossier(9, "Không có").id), Ok(vec![]));
}

fn entries_of_fees_are_found_by_day_and_number(vault: &dyn Vault) {
    create(vault);
    let fee = |sequence: u8, act: FeeAct| {
        let queued = sample_op(sequence);
        let record = FeeRecord { act, officer: OFFICER.into(), at: queued.item.queued_at };
        let item = OutboxItem { kind: OutboxKind::Fee, blobs: vec![], ..queued.item };
        QueuedOp { item, op: Op { payload: OpPayload::Fee(Box::new(record)), ..queued.op }, ..queued }
    };
    let paid =
        |number: &str| FeeAct::Paid { amount: 8000, method: FeeMethod::Cash, receipt_number: number.into() };
    let lines = [
        sample_op(1),
        fee(2, paid("BL 01")),
        fee(3, FeeAct::Relieved { amount: 1, reason: "BL 01".into() }),
        fee(4, paid("BL 02")),
        fee(5, paid("BL 01")),
    ];
    for line in &lines {
        enqueue(vault, line).unwrap();
    }
    let at = |n: usize| lines[n].item.queued_at;
    assert_eq!(
        vault.fee_lines(at(1), at(3)).unwrap(),
        lines[1..3],
        "from the first moment on, before the last"
    );
    assert_eq!(
        vault.fee_lines(at(0), Timestamp(at(4).0 + 1)).unwrap(),
        lines[1..],
        "fees alone, oldest first"
    );
    let named = |n: usize| (lines[n].item.dossier, lines[n].item.op);
    let mut found = vault.fee_receipts("BL 01").unwrap();
    found.sort_unstable();
    assert_eq!(found, [named(1), named(4)]);
    let closed = |n: usize, state| Batch {
        outbox: vec![OutboxItem { state, ..lines[n].item.clone() }],
        ..Batch::default()
    };
    vault.commit(&closed(1, OutboxState::Replaced)).unwrap();
    vault.commit(&closed(4, OutboxState::Received { at: Timestamp(1) })).unwrap();
    assert_eq!(vault.fee_receipts("BL 01").unwrap(), [named(4)], "what was replaced counts nothing");
    assert_eq!(vault.fee_receipts("BL 0").unwrap(), [], "the whole number");
}

fn an_operation_never_changes(vault: &dyn Vault) {
    create(vault);
    let queued = sample_op(1);
    enqueue(vault, &queued).unwrap();
    assert_eq!(vault.queued(queued.item.op), Ok(Some(queued.clone())));
    let receipt = SignedReceipt("head.body.signature".into());
    let received = OutboxItem {
        state: OutboxState::Received { at: Timestamp(9) },
        attempts: 2,
        last_error: Some("offline".into()),
        ..queued.item.clone()
    };
    let batch = Batch {
        outbox: vec![received.clone()],
        receipts: vec![(queued.item.op, receipt.clone())],
        ..Batch::default()
    };
    vault.commit(&batch).unwrap();
    assert_eq!(vault.outbox(false), Ok(vec![]), "a received line is no longer waiting");
    assert_eq!(vault.outbox(true), Ok(vec![received.clone()]));
    let held = vault.queued(queued.item.op).unwrap().unwrap();
    assert_eq!(held, QueuedOp { item: received, op: queued.op, receipt: Some(receipt) });
    assert_eq!(vault.queued(OpId::derive(1, &[0xee; 10])), Ok(None));
    let second = sample_op(2);
    enqueue(vault, &second).unwrap();
    let replaced = OutboxItem { state: OutboxState::Replaced, ..second.item };
    vault.commit(&Batch { outbox: vec![replaced], ..Batch::default() }).unwrap();
    assert_eq!(vault.outbox(false), Ok(vec![]), "a replaced line waits for nothing");
    assert_eq!(vault.outbox(true).unwrap().len(), 2);
}

fn sending_is_queued_again_after_unlock(vault: &dyn Vault) {
    create(vault);
    let (sending, waiting) = (sample_op(1), sample_op(2));
    enqueue(vault, &sending).unwrap();
    enqueue(vault, &waiting).unwrap();
    let states = [
        OutboxState::Sending { sent: 1, total: 2 },
        OutboxState::NeedsAttention { code: "fileNotPdf".into() },
    ];
    let changed = [&sending, &waiting].into_iter().zip(states.clone());
    let outbox = changed.map(|(q, state)| OutboxItem { state, ..q.item.clone() }).collect();
    vault.commit(&Batch { outbox, ..Batch::default() }).unwrap();
    vault.lock();
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    let found: Vec<OutboxState> = vault.outbox(false).unwrap().into_iter().map(|i| i.state).collect();
    assert_eq!(found, [OutboxState::Queued, states[1].clone()]);
}

fn a_refused_batch_changes_nothing(vault: &dyn Vault) {
    create(vault);
    let batch = Batch {
        dossiers: vec![sample_dossier(1, "Nguyễn Văn A")],
        enqueue: vec![sample_op(1), sample_op(7)],
        captures: vec![sample_capture(1)],
        settings: vec![("k".into(), "v".into())],
        ..Batch::default()
    };
    assert_eq!(vault.commit(&batch), Err(VaultError::Stale), "7 does not follow 1");
    assert_eq!(vault.dossiers("", 10), Ok(vec![]));
    assert_eq!(vault.outbox(true), Ok(vec![]));
    assert_eq!(vault.counter().unwrap().last_sequence, 0);
    assert_eq!(vault.capture(sample_capture(1).dossier, 1), Ok(None));
    assert_eq!(vault.setting("k"), Ok(None));
}

fn blobs_are_stored_once_and_come_back(vault: &dyn Vault) {
    create(vault);
    let absent = BlobId([3; 32]);
    assert_eq!((vault.has_blob(&absent), vault.blob(&absent)), (Ok(false), Ok(None)));
    for size in [0, 1, 65_535, 65_536, 65_537, 200_000] {
        let bytes: Vec<u8> = (0..size).map(|i: u32| u8::try_from(i % 251).unwrap()).collect();
        let id = vault.put_blob(&bytes).unwrap();
        assert_eq!(vault.put_blob(&bytes), Ok(id), "the same bytes are the same file");
        assert_eq!((vault.has_blob(&id), vault.blob_size(&id)), (Ok(true), Ok(Some(u64::from(size)))));
        assert_eq!(vault.blob(&id), Ok(Some(bytes)), "{size} bytes");
    }
    let abc = vault.put_blob(b"abc").unwrap();
    assert!(abc.to_string().starts_with("ba7816bf8f01cfea"), "identity is SHA-256");
}

fn what_is_known_of_an_owner_is_replaced_whole(vault: &dyn Vault) {
    create(vault);
    let (cccd, cmnd) = (sample_number(1), IdNumber::parse("205404812").unwrap());
    assert_eq!(vault.documents(std::slice::from_ref(&cccd)), Ok((None, vec![])));
    let know = |owner: &IdNumber, at, papers: &[DocumentSummary]| {
        let documents = vec![(owner.clone(), Timestamp(at), papers.to_vec())];
        vault.commit(&Batch { documents, ..Batch::default() }).unwrap();
    };
    let (a, b) = (sample_document(1), sample_document(2));
    know(&cccd, 5, &[a.clone(), b.clone()]);
    assert_eq!(vault.documents(std::slice::from_ref(&cccd)), Ok((Some(Timestamp(5)), vec![a, b.clone()])));
    know(&cccd, 6, std::slice::from_ref(&b));
    assert_eq!(vault.documents(std::slice::from_ref(&cccd)), Ok((Some(Timestamp(6)), vec![b.clone()])));
    know(&cmnd, 4, std::slice::from_ref(&b));
    let (at, papers) = vault.documents(&[cccd.clone(), cmnd]).unwrap();
    assert_eq!(at, Some(Timestamp(4)), "as old as the oldest answer");
    assert_eq!(papers, [b], "known under two numbers, one paper");
    know(&cccd, 7, &[]);
    assert_eq!(vault.documents(&[cccd]), Ok((Some(Timestamp(7)), vec![])), "asked, and there is none");
}

fn small_records_come_back(vault: &dyn Vault) {
    create(vault);
    assert_eq!(vault.reference().unwrap().as_ref(), &ReferenceData::default());
    assert_eq!(vault.blocks(), Ok(vec![]));
    let number = sample_number(1);
    let identity = CachedIdentity { answer: IdentityAnswer::NotRegistered, at: Timestamp(3) };
    let reference =
        ReferenceData { version: 4, identity_guide: "Hướng dẫn".into(), ..Default::default() };
    let blocks = vec![sample_block(1), sample_block(101)];
    let counter = Counter { device: sample_device(), last_sequence: 0, provisional: 2 };
    let draft = sample_capture(2);
    let batch = Batch {
        identities: vec![(number.clone(), identity.clone())],
        captures: vec![draft.clone()],
        reference: Some(reference.clone()),
        blocks: Some(blocks.clone()),
        counter: Some(counter.clone()),
        settings: vec![("scanner".into(), "test:0".into()), ("scanner".into(), "test:1".into())],
        ..Batch::default()
    };
    vault.commit(&batch).unwrap();
    assert_eq!(vault.identity(&number), Ok(Some(identity)));
    assert_eq!(vault.identity(&sample_number(2)), Ok(None));
    assert_eq!(vault.capture(draft.dossier, 2), Ok(Some(draft.clone())));
    assert_eq!(vault.reference().unwrap().as_ref(), &reference);
    assert_eq!(vault.blocks(), Ok(blocks));
    assert_eq!(vault.counter(), Ok(counter));
    assert_eq!(vault.setting("scanner"), Ok(Some("test:1".into())));
    let emptied = CaptureDraft { pages: vec![], ..draft };
    let batch = Batch { captures: vec![emptied], blocks: Some(vec![]), ..Batch::default() };
    vault.commit(&batch).unwrap();
    assert_eq!(vault.capture(draft.dossier, 2), Ok(None), "one without pages is removed");
    assert_eq!(vault.blocks(), Ok(vec![]));
}

fn everything_survives_a_lock(vault: &dyn Vault) {
    create(vault);
    let dossier = sample_dossier(1, "Nguyễn Văn A");
    let blob = vault.put_blob(b"%PDF-1.7").unwrap();
    let queued = sample_op(1);
    commit_dossier(vault, &dossier).unwrap();
    enqueue(vault, &queued).unwrap();
    vault.lock();
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    assert_eq!(vault.dossier(dossier.id), Ok(Some(dossier)));
    assert_eq!(vault.blob(&blob), Ok(Some(b"%PDF-1.7".to_vec())));
    assert_eq!(vault.queued(queued.item.op), Ok(Some(queued)));
    assert_eq!(vault.counter().unwrap().last_sequence, 1);
}

/// Writes one dossier.
///
/// # Errors
/// As the vault.
pub fn commit_dossier(vault: &dyn Vault, dossier: &Dossier) -> Result<(), VaultError> {
    vault.commit(&Batch { dossiers: vec![dossier.clone()], ..Batch::default() })
}

/// Puts one operation into the outbox, the counter with it.
///
/// # Errors
/// As the vault.
pub fn enqueue(vault: &dyn Vault, queued: &QueuedOp) -> Result<(), VaultError> {
    let counter = Counter { last_sequence: queued.item.sequence, ..vault.counter()? };
    vault.commit(&Batch { enqueue: vec![queued.clone()], counter: Some(counter), ..Batch::default() })
}

/// A machine.
#[must_use]
pub fn sample_device() -> DeviceId {
    DeviceId::derive(1_795_143_600_000, &[0xd0; 10])
}

/// A dossier of revision 1; a higher number is a newer one.
#[must_use]
pub fn sample_dossier(number: u8, owner: &str) -> Dossier {
    let at = 1_795_143_600_000 + u64::from(number);
    Dossier {
        id: DossierId::derive(at, &[number; 10]),
        code: None,
        channel: Channel::Direct,
        return_method: ReturnMethod::Counter,
        applicant: Applicant {
            owner: Party {
                kind: PartyKind::Citizen,
                number: sample_number(number),
                aliases: vec![],
                name: owner.to_owned(),
                address: String::new(),
                phone: String::new(),
            },
            submitter: None,
        },
        identity: IdentityCheck::NotAsked,
        procedure: ProcedureCode::parse("1.001193.H08").unwrap(),
        procedure_name: "Thủ tục đăng ký khai sinh".into(),
        reference_version: 1,
        case_code: "thuong".into(),
        working_days: 1,
        working_hours: 0,
        fee: 0,
        fees: vec![],
        steps: vec![],
        components: vec![],
        consents: vec![],
        reports: vec![],
        state: DossierState::Draft,
        result: None,
        receipt: None,
        reprint: Default::default(),
        replaced: Default::default(),
        withdrawals: vec![],
        corrections: vec![],
        guide_due: false,
        submission: None,
        exception: None,
        taken_up: None,
        former_papers: vec![],
        settlements: vec![],
        officer: OFFICER.into(),
        opened_at: Timestamp(i64::try_from(at).unwrap()),
        server_version: 0,
        revision: 1,
    }
}

/// A line of that sequence number.
#[must_use]
pub fn sample_op(sequence: u8) -> QueuedOp {
    let at = Timestamp(1_795_143_600_000 + i64::from(sequence));
    let op = OpId::derive(1_795_143_600_000 + u64::from(sequence), &[sequence; 10]);
    let dossier = sample_dossier(sequence, "Nguyễn Văn A").id;
    let record = sample_document(sequence).record;
    QueuedOp {
        item: OutboxItem {
            op,
            dossier,
            sequence: sequence.into(),
            kind: OutboxKind::Document,
            blobs: vec![record.blob],
            state: OutboxState::Queued,
            attempts: 0,
            queued_at: at,
            last_error: None,
        },
        op: Op {
            op_id: op,
            device: sample_device(),
            device_seq: sequence.into(),
            device_time: at,
            schema_version: 1,
            dossier,
            base_version: 0,
            replaces: vec![],
            payload: OpPayload::FileDocument { record, owner_name: "Nguyễn Văn A".into() },
        },
        receipt: None,
    }
}

/// A paper of the first sample owner.
#[must_use]
pub fn sample_document(number: u8) -> DocumentSummary {
    DocumentSummary {
        record: DocumentRecord {
            id: DocumentId::derive(1_795_143_600_000, &[number; 10]),
            owner: vec![sample_number(1)],
            metadata: Metadata {
                kind: "Kết quả giải quyết".into(),
                category: String::new(),
                result_code: None,
                name: format!("Giấy số {number}"),
                decision_number: String::new(),
                summary: String::new(),
                issuer: "UBND xã An Hòa (DEMO)".into(),
                issued_on: None,
                valid_until: None,
                form: CopyForm::TrueCopy,
                store: StoreKind::Agency,
                shown: true,
                shared: false,
            },
            blob: BlobId([number; 32]),
            size: 1000,
            pages: 1,
            supersedes: None,
        },
        code: PaperCode::parse("052090000001.KQ.G15.000021").unwrap(),
        version: 1,
        uses: 0,
        status: DocumentStatus::Valid,
        provenance: Provenance::Provincial,
        store_name: String::new(),
        owner_name: "Nguyễn Văn A".into(),
        filed_at: Timestamp(1_795_143_600_000),
    }
}

/// A draft of one page.
#[must_use]
pub fn sample_capture(component: u32) -> CaptureDraft {
    let page = CapturedPage {
        image: BlobId([1; 32]),
        thumbnail: BlobId([2; 32]),
        width: 1654,
        height: 2339,
        dpi: 200,
        gray: true,
    };
    CaptureDraft { dossier: sample_dossier(1, "Nguyễn Văn A").id, component, pages: vec![page] }
}

fn sample_number(number: u8) -> IdNumber {
    IdNumber::parse(&format!("052090{number:06}")).unwrap()
}

fn sample_block(next: u32) -> NumberBlock {
    NumberBlock {
        agency: AgencyCode::parse("000.01.20.H08").unwrap(),
        day: Day::parse("2026-11-21").unwrap(),
        next,
        last: next + 99,
    }
}
