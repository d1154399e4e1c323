//! What the province decided, obeyed at the counter.

use crate::steps::*;
use motcua_desk::FilingError;
use motcua_dossier::{Day, Dossier, OrgNode, OutboxState, Setting, SettingKey, SignerRole};
use motcua_testkit::{OFFICER, Office, PIN, SECRET, pki};

fn set(key: SettingKey, value: &str) -> Setting {
    Setting { key: key.code().into(), value: value.into(), ..Setting::default() }
}

/// A counter whose province decided that.
async fn decided(settings: Vec<Setting>) -> Office {
    let office = Office::ready().await;
    decide(&office, settings).await;
    office
}

async fn decide(office: &Office, settings: Vec<Setting>) {
    let mut data = office.desk.reference().await.unwrap().as_ref().clone();
    data.version += 1;
    data.settings = settings;
    office.warehouse.put_reference(data);
    sync(office).await;
}

async fn signed(office: &Office, id: motcua_dossier::DossierId, fingerprint: &str) -> Dossier {
    let pin = Some(PIN.to_owned().into());
    office.desk.sign(id, &[BIRTH], fingerprint, pin, &Default::default(), &|_| {}).await.unwrap().dossier
}

#[tokio::test]
async fn where_the_province_asks_for_both_the_officer_signs_before_the_agency() {
    let office = decided(vec![set(SettingKey::SignEntering, "officer_then_agency")]).await;
    let data = office.desk.reference().await.unwrap();
    let needs = |d: &Dossier| office.desk.needs_signature(d.component(BIRTH).unwrap(), &data);
    let id = office.open().await.id;
    let dossier = scan(&office, id, BIRTH, 1).await;
    assert_eq!(needs(&dossier), Some(SignerRole::Officer));
    let dossier = signed(&office, id, &pki().agency.fingerprint()).await;
    let said = office.desk.suggest_metadata(id, BIRTH).await.unwrap();
    let refused = office.desk.digitize(id, BIRTH, said.clone()).await.unwrap_err();
    assert_eq!(refused, FilingError::OfficerSignatureMissing.into());
    assert_eq!(needs(&dossier), Some(SignerRole::Officer), "the agency signed too early");
    let dossier = signed(&office, id, &pki().officer.fingerprint()).await;
    assert_eq!(needs(&dossier), Some(SignerRole::Agency));
    let refused = office.desk.digitize(id, BIRTH, said.clone()).await.unwrap_err();
    assert_eq!(refused.code(), "agencySignatureMissing");
    let dossier = signed(&office, id, &pki().agency.fingerprint()).await;
    assert_eq!(needs(&dossier), None);
    assert!(office.desk.can_digitize(dossier.component(BIRTH).unwrap(), &data));
    office.desk.digitize(id, BIRTH, said).await.unwrap();
    sync(&office).await;
    let lines = office.desk.outbox(true).await.unwrap();
    assert!(lines.iter().all(|line| matches!(line.state, OutboxState::Received { .. })), "{lines:?}");
}

#[tokio::test]
async fn a_result_goes_out_with_the_signatures_the_province_asks_for() {
    let office = Office::ready().await;
    let id = accept_scanned(&office).await.id;
    decide(&office, vec![set(SettingKey::SignEntering, "officer_then_agency")]).await;
    scan(&office, id, RESULT, 1).await;
    sign_by_agency(&office, id, &[RESULT]).await;
    let said = office.desk.suggest_metadata(id, RESULT).await.unwrap();
    let refused = office.desk.return_result(id, said).await.unwrap_err();
    assert_eq!(refused, FilingError::OfficerSignatureMissing.into());
}

#[tokio::test]
async fn a_scan_that_stays_asks_for_whom_the_province_named() {
    let office = decided(vec![set(SettingKey::SignStaying, "agency")]).await;
    let data = office.desk.reference().await.unwrap();
    let id = office.open().await.id;
    let dossier = scan(&office, id, FORM, 1).await;
    let needs = |d: &Dossier| office.desk.needs_signature(d.component(FORM).unwrap(), &data);
    assert_eq!(needs(&dossier), Some(SignerRole::Agency));
}

#[tokio::test]
async fn the_days_without_contact_and_the_lock_are_the_provinces() {
    let office =
        decided(vec![set(SettingKey::OfflineGraceDays, "30"), set(SettingKey::LockAfterMinutes, "5")]).await;
    let status = office.desk.status().await;
    assert_eq!((status.offline_days_left, status.lock_after_minutes), (Some(30), 5));
    let usual = decided(vec![]).await.desk.status().await;
    assert_eq!((usual.offline_days_left, usual.lock_after_minutes), (Some(14), 10));
    let own = decided(vec![set(SettingKey::OfflineGraceDays, "30")]).await;
    let own = own.with_settings(|office| office.offline_grace_days = Some(7));
    assert_eq!(own.desk.status().await.offline_days_left, Some(7), "what the machine was set to comes first");
}

#[tokio::test]
async fn whoever_helps_is_known_behind_the_lock_too() {
    let office = decided(vec![set(SettingKey::SupportPhone, "0256 000 000")]).await;
    let phone = |status: motcua_desk::Status| status.support.map(|contact| contact.phone);
    assert_eq!(phone(office.desk.status().await).as_deref(), Some("0256 000 000"));
    office.desk.lock().await;
    assert_eq!(phone(office.desk.status().await).as_deref(), Some("0256 000 000"));
    office.desk.unlock(OFFICER, &SECRET.to_owned().into()).await.unwrap();
    assert_eq!(decided(vec![]).await.desk.status().await.support, None);
}

#[tokio::test]
async fn the_target_is_the_offices_own_on_the_day_and_of_the_period() {
    let office = Office::ready().await;
    let mut data = office.desk.reference().await.unwrap().as_ref().clone();
    data.version += 1;
    let code = office.desk.office().agency_code.as_str().to_owned();
    if !data.tree.iter().any(|node| node.agency_code.as_deref() == Some(&code)) {
        data.tree.push(OrgNode {
            id: "don-vi-mau".into(),
            parent: None,
            name: "Đơn vị mẫu".into(),
            level: String::new(),
            agency_code: Some(code.clone()),
            from: None,
            until: None,
            successor: None,
        });
    }
    let unit = data.tree.iter().find(|node| node.agency_code.as_deref() == Some(&code)).unwrap().id.clone();
    let from = Some(Day::parse("01/01/2026").unwrap());
    data.settings = vec![Setting { unit: Some(unit), from, ..set(SettingKey::ReuseTarget, "7050") }];
    office.warehouse.put_reference(data);
    sync(&office).await;
    assert_eq!(office.desk.status().await.reuse_target, 7050);
    let of = async |from: &str, to: &str| {
        let day = |text: &str| Day::parse(text).unwrap();
        office.desk.compliance(day(from), day(to)).await.unwrap().target
    };
    assert_eq!(of("01/11/2026", "20/11/2026").await, 7050);
    assert_eq!(of("01/11/2025", "20/11/2025").await, 6000, "a period of before has its own target");
}
