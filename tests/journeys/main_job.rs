//! The main job, both rounds, through `motcua demo`; every signed file before the outside judges.

use crate::counter::{Counter, text};
use crate::judges::judge;

#[test]
fn a_scanned_paper_becomes_a_signed_pdf_in_the_warehouse_and_the_next_dossier_reuses_it() {
    let Some(counter) = Counter::prepare() else { return };
    let done = counter.motcua(&["demo"]);
    assert!(done.status.success(), "the demo walks to its end: {}", text(&done.stderr));
    let steps: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let names: Vec<&str> = steps.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    for wanted in
        ["Scan File", "Ký số", "Số hóa", "Tiếp nhận", "Kho đã nhận", "Trả kết quả", "Lấy từ kho", "0 → 1"]
    {
        assert!(names.iter().any(|n| n.contains(wanted)), "no step «{wanted}» in {names:?}");
    }
    let authority = counter.path().join("authority");
    let mut judged = 0;
    for entry in std::fs::read_dir(counter.path().join("out")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with("giay-tiep-nhan.pdf") {
            continue;
        }
        judge(&path, &authority.join("root.pem"), &authority.join("issuing.pem"), 1);
        judged += 1;
    }
    assert!(judged >= 3, "scans and the result were signed and exported, not {judged} files");

    let again = counter.motcua(&["demo"]);
    assert!(again.status.success(), "a second start goes on with what is there: {}", text(&again.stderr));
    assert_eq!(
        counter.data(&["dossier", "list"]).as_array().unwrap().len(),
        4,
        "nothing of the first run is lost"
    );
}
