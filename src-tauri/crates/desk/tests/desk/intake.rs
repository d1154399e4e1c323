use crate::steps::*;
use motcua_desk::ports::LinkError;
use motcua_desk::{CODES, DossierChange};
use motcua_dossier::{
    Channel, IdNumber, IdentityAnswer, IdentityCheck, LinkFault, OrgNode, Party, PartyKind, ReferenceData,
    ReturnMethod, StoreKind, Timestamp,
};
use motcua_testkit::{FAKE_DEVICE, OFFICER, Office, SECRET, new_dossier, owner, paper_of, pki, reference};
use motcua_wire::Purpose;

#[tokio::test]
async fn the_answers_of_the_identity_check_are_told_apart_from_every_silence() {
    let office = Office::ready().await;
    let check = |number: &'static str| office.desk.check_identity(number);
    let none = check("001203000019").await.unwrap();
    assert!(matches!(none.check, IdentityCheck::Answered { answer: IdentityAnswer::NotRegistered, .. }));
    assert!(none.guide.is_some(), "Chưa có comes with what to do");
    office.warehouse.identity_down(true);
    let cached = check("001203000019").await.unwrap();
    assert!(
        matches!(cached.check, IdentityCheck::Answered { cached: true, .. }),
        "a remembered answer, marked"
    );
    let down = check("099090000495").await.unwrap();
    assert!(matches!(down.check, IdentityCheck::ServiceDown { .. }));
    office.warehouse.out(Some(LinkError::Offline));
    let offline = check("099090000495").await.unwrap();
    assert!(matches!(offline.check, IdentityCheck::Offline { .. }));
    let id = office.open().await.id;
    for (how, told) in [
        (LinkError::Trouble { retry_after: Some(30) }, LinkFault::Trouble),
        (LinkError::Malformed, LinkFault::Malformed),
        (LinkError::Intercepted, LinkFault::Intercepted),
        (LinkError::Unauthorized, LinkFault::Unauthorized),
    ] {
        office.warehouse.out(Some(how));
        let unchecked = check("099090000495").await.unwrap().check;
        let IdentityCheck::LinkFailed { fault, .. } = unchecked else {
            panic!("{unchecked:?}: there is a network")
        };
        assert_eq!(fault, told);
        let kept = office.desk.recheck_identity(id).await.unwrap().identity;
        assert_eq!(kept, unchecked, "the work goes on and the dossier says why");
    }
    office.warehouse.out(Some(LinkError::Cancelled));
    assert_eq!(check("099090000495").await.unwrap_err().code(), "linkCancelled", "no outcome at all");
    office.warehouse.out(None);
    office.warehouse.identity_down(false);
    office.desk.sync_once(&Default::default(), &|_| {}).await.unwrap();
    let later = office.desk.dossier(id).await.unwrap().identity;
    assert!(
        matches!(later, IdentityCheck::Answered { cached: false, .. }),
        "asked again by itself: {later:?}"
    );
    assert_eq!(check("12345").await.unwrap_err().code(), "numberShape");
    assert_eq!(check("0100109107").await.unwrap_err().code(), "numberCheckDigit");
}

#[tokio::test]
async fn procedures_are_found_without_marks_by_initials_and_by_code() {
    let office = Office::ready().await;
    for query in ["", "cap ban sao", "khai sinh", "CBSGKS", "cbsgks", "1.004873", "hộ tịch"] {
        assert_eq!(office.desk.procedures(query).await.unwrap().len(), 1, "{query}");
    }
    assert!(office.desk.procedures("ly hôn").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_dossier_keeps_its_channel_the_way_back_and_both_parties() {
    let office = Office::ready().await;
    let submitter = Party {
        number: IdNumber::parse("001203000019").unwrap(),
        aliases: vec![],
        name: "Lê Thị Khác".into(),
        ..owner()
    };
    for (channel, way_back) in [
        (Channel::Direct, ReturnMethod::Counter),
        (Channel::Postal, ReturnMethod::Postal),
        (Channel::Online, ReturnMethod::Electronic),
    ] {
        let mut new = new_dossier();
        (new.channel, new.return_method) = (channel, way_back);
        new.applicant.submitter = Some(submitter.clone());
        let id = office.desk.open_dossier(new).await.unwrap().id;
        let kept = office.desk.dossier(id).await.unwrap();
        assert_eq!((kept.channel, kept.return_method), (channel, way_back));
        assert_eq!((kept.applicant.owner, kept.applicant.submitter.as_ref()), (owner(), Some(&submitter)));
    }
}

#[tokio::test]
async fn an_agency_is_an_applicant_of_its_own_kind_with_a_store_of_its_own() {
    let office = Office::ready().await;
    for (kind, number, store) in [
        (PartyKind::Agency, "000.91.20.H08", StoreKind::Agency),
        (PartyKind::Enterprise, "0100109106", StoreKind::Personal),
        (PartyKind::Citizen, "099090000495", StoreKind::Personal),
    ] {
        let mut new = new_dossier();
        let number = IdNumber::parse(number).unwrap();
        new.applicant.owner = Party { kind, number, aliases: vec![], ..owner() };
        let id = office.desk.open_dossier(new).await.unwrap().id;
        let dossier = scan(&office, id, BIRTH, 1).await;
        let metadata = office.desk.suggest_metadata(id, BIRTH).await.unwrap();
        assert_eq!((dossier.applicant.owner.kind, metadata.store), (kind, store));
    }
}

#[tokio::test]
async fn another_owner_drops_what_was_taken_from_the_first_ones_papers() {
    let office = Office::ready().await;
    let (paper, file) = paper_of(1, BIRTH_CODE, Some(&pki().agency));
    office.warehouse.hold(paper, &file);
    let dossier = office.open().await;
    office.desk.auto_attach(dossier.id, &|_| {}, &Default::default()).await.unwrap();
    office.desk.confirm_reuse(dossier.id, motcua_dossier::ConsentMethod::Spoken, None).await.unwrap();
    let mut change = DossierChange {
        channel: Channel::Postal,
        return_method: ReturnMethod::Postal,
        applicant: dossier.applicant.clone(),
        case_code: dossier.case_code.clone(),
    };
    let kept = office.desk.update_dossier(dossier.id, change.clone()).await.unwrap();
    assert!(!kept.component(BIRTH).unwrap().is_empty(), "the same owner keeps the paper");
    change.applicant.owner =
        Party { number: IdNumber::parse("001203000019").unwrap(), name: "Lê Thị Khác".into(), ..owner() };
    let changed = office.desk.update_dossier(dossier.id, change.clone()).await.unwrap();
    assert!(changed.component(BIRTH).unwrap().is_empty());
    assert!(changed.consents.is_empty());
    assert_eq!(changed.identity, IdentityCheck::NotAsked);
    change.case_code = "khong-co".into();
    assert_eq!(office.desk.update_dossier(dossier.id, change).await.unwrap_err().code(), "caseUnknown");
}

#[tokio::test]
async fn an_owner_under_whom_a_paper_was_filed_stays() {
    let office = Office::ready().await;
    let dossier = office.open().await;
    scan(&office, dossier.id, BIRTH, 1).await;
    sign_by_agency(&office, dossier.id, &[BIRTH]).await;
    digitize(&office, dossier.id, BIRTH).await;
    let mut applicant = dossier.applicant.clone();
    applicant.owner.number = IdNumber::parse("001203000019").unwrap();
    let change = DossierChange {
        channel: dossier.channel,
        return_method: dossier.return_method,
        applicant,
        case_code: dossier.case_code.clone(),
    };
    assert_eq!(office.desk.update_dossier(dossier.id, change).await.unwrap_err().code(), "ownerFixed");
}

#[tokio::test]
async fn a_closed_counter_tells_so_and_opens_again_with_everything() {
    let office = Office::ready().await;
    let dossier = office.open().await;
    let asked = office.desk.check_identity(owner().number.value()).await.unwrap().check;
    office.desk.lock().await;
    let error = office.desk.dossier(dossier.id).await.unwrap_err();
    assert_eq!(error.code(), "vaultLocked");
    assert!(CODES.contains(&error.code()));
    let wrong = office.desk.unlock(OFFICER, &"khong-phai-no".to_owned().into()).await.unwrap_err();
    assert_eq!(wrong.code(), "vaultWrongSecret");
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    assert_eq!(office.desk.dossier(dossier.id).await.unwrap(), dossier);
    assert_eq!(office.open().await.identity, asked, "asked before the lock, opened after it");
    let status = office.desk.status().await;
    assert_eq!((status.reference_version, status.block_left, status.queued), (3, 20, 0));
}

#[tokio::test]
async fn an_officer_is_called_by_his_name_once_it_is_known() {
    let office = Office::ready().await;
    assert_eq!(office.desk.officer_name(OFFICER).await.unwrap(), OFFICER);
    office.desk.name_officer(OFFICER, " Nguye\u{302}\u{303}n  Thị\tThử\u{0} ").await.unwrap();
    assert_eq!(office.desk.officer_name(OFFICER).await.unwrap(), "Nguyễn Thị Thử");
    assert_eq!(office.desk.officer_name("minh").await.unwrap(), "minh", "each has his own");
    office.desk.name_officer(OFFICER, " ").await.unwrap();
    assert_eq!(office.desk.officer_name(OFFICER).await.unwrap(), OFFICER);
}

#[tokio::test]
async fn the_scanner_is_named_as_people_call_it_once_it_was_listed() {
    let office = Office::ready().await;
    assert_eq!(office.desk.scanner_label().await.unwrap(), None, "chosen by its id, never listed");
    office.desk.scanners(&Default::default()).await.unwrap();
    let label = office.desk.scanner_label().await.unwrap();
    assert_eq!(label.as_deref(), Some("Máy quét thử nghiệm"));
    office.desk.lock().await;
    office.desk.scanners(&Default::default()).await.unwrap();
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    office.desk.choose_scanner(FAKE_DEVICE).await.unwrap();
    assert_eq!(office.desk.scanner_label().await.unwrap(), label, "the same scanner keeps its label");
    office.desk.choose_scanner("escl:other").await.unwrap();
    assert_eq!(office.desk.scanner_label().await.unwrap(), None, "another has not the label of the first");
}

#[tokio::test]
async fn reference_data_are_taken_whole_and_later_only_and_a_dossier_keeps_its_version() {
    let office = Office::ready().await;
    let held = office.desk.refresh_reference().await.unwrap();
    let dossier = office.open().await;
    assert_eq!(dossier.reference_version, held);
    let later = |version, at| ReferenceData {
        version,
        effective_at: Some(Timestamp(at)),
        identity_guide: format!("Hướng dẫn {version}"),
        ..reference()
    };
    let guide = async || office.desk.reference().await.unwrap().identity_guide.clone();
    let loose = OrgNode { parent: Some("không có".into()), ..reference().tree[0].clone() };
    let broken = ReferenceData { tree: vec![loose], ..later(held + 1, 10) };
    let before = guide().await;
    office.warehouse.put_reference(broken);
    assert!(office.desk.refresh_reference().await.is_err());
    assert_eq!(guide().await, before, "what contradicts itself is not taken");
    office.warehouse.put_reference(later(held + 2, 20));
    office.warehouse.forge_reference(true);
    assert_eq!(office.desk.refresh_reference().await.unwrap_err().code(), "referenceForged");
    let report = sync(&office).await;
    assert!(report.online, "the work goes on");
    assert_eq!(guide().await, before, "what nobody signed is not taken");
    office.warehouse.forge_reference(false);
    assert_eq!(office.desk.refresh_reference().await, Ok(held + 2));
    office.warehouse.put_reference(later(held + 3, 10));
    let older = office.desk.refresh_reference().await.unwrap_err();
    assert_eq!(older.code(), "referenceOlder", "it came into force before");
    assert_eq!(guide().await, format!("Hướng dẫn {}", held + 2));
    let kept = office.desk.dossier(dossier.id).await.unwrap();
    assert_eq!(kept.reference_version, held, "a dossier stays with what it was taken under");
}

#[tokio::test]
async fn people_are_looked_up_for_what_the_officer_is_doing() {
    let office = Office::ready().await;
    office.warehouse.looked_up();
    office.desk.check_identity("001203000019").await.unwrap();
    let draft = office.open().await;
    office.desk.offers(draft.id, BIRTH).await.unwrap();
    office.desk.recheck_identity(draft.id).await.unwrap();
    let asked = office.warehouse.looked_up();
    assert!(asked.len() >= 3 && asked.iter().all(|purpose| *purpose == Purpose::Intake), "{asked:?}");
    let accepted = accept_scanned(&office).await;
    office.warehouse.looked_up();
    office.desk.recheck_identity(accepted.id).await.unwrap();
    assert_eq!(office.warehouse.looked_up(), [Purpose::Correction]);
    scan(&office, accepted.id, RESULT, 1).await;
    office.desk.recheck_identity(accepted.id).await.unwrap();
    assert_eq!(office.warehouse.looked_up(), [Purpose::ResultReturn]);
}
