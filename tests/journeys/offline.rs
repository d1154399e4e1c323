//! No network, and the server going away in the middle.

use crate::counter::{Counter, text};

const OWNER: &str = "034199900999";
const NAME: &str = "PHẠM THỊ NGOẠI TUYẾN";

#[test]
fn a_day_begun_offline_is_sent_by_itself_once_the_network_is_there() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();

    let identity = counter.data(&["identity", OWNER]);
    assert_eq!(identity["check"]["outcome"], "offline", "no network is said, not «Chưa có»");
    let id = open(&counter, "1.000894");
    fill(&counter, &id);
    let accepted = counter.data(&["dossier", "accept", &id]);
    let code = accepted["code"].as_str().unwrap().to_owned();
    assert!(!code.starts_with("TAM-"), "the receipt printed offline has its final code");
    let sync = counter.motcua(&["sync"]);
    assert_eq!(sync.status.code(), Some(3), "no contact has its own exit code");
    assert_eq!(counter.waiting().len(), 2, "the paper and the acceptance wait");

    counter.start_warehouse();
    counter.drain();
    counter.data(&["dossier", "scan", &id, "0", "--device", "pnm:0", "--pages", "1"]);
    let agency = counter.agency();
    counter.cut_warehouse();
    counter.data(&["dossier", "sign", &id, "0", "--certificate", &agency]);
    counter.data(&["dossier", "return", &id]);
    counter.start_warehouse();
    counter.drain();
    counter.drain();

    let next = open(&counter, "1.000894");
    let offers = counter.data(&["dossier", "offers", &next, "2"]);
    let names: Vec<String> = offers["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["fit"].to_string() + &o["name"].to_string())
        .collect();
    assert_eq!(names.len(), 2, "the paper and the result are there once each: {names:?}");
    assert_eq!(names.iter().filter(|n| n.starts_with("\"exact\"")).count(), 1, "{names:?}");
}

#[test]
fn a_paper_reserved_offline_is_fetched_verified_and_attached_by_itself() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    // Round one leaves a paper of this owner in the warehouse; asking for offers brings its metadata here.
    let id = open(&counter, "1.000894");
    fill(&counter, &id);
    counter.data(&["dossier", "accept", &id]);
    counter.drain();
    let next = open(&counter, "1.000894");
    let offers = counter.data(&["dossier", "offers", &next, "2"]);
    let document = offers["items"][0]["document"].as_str().unwrap().to_owned();
    // Another machine's paper would not be here: forget the file, keep the metadata.
    let here = offers["items"][0]["here"].as_bool().unwrap();
    counter.cut_warehouse();
    let taken = counter.data(&["dossier", "take", &next, "2", &document]);
    let row = &taken["components"][1];
    assert_eq!(row["attachment"].is_null(), !here, "what is here is attached, what is not is reserved");
    counter.data(&["dossier", "confirm", &next]);
    counter.data(&["dossier", "scan", &next, "1", "--device", "pnm:1", "--pages", "1"]);
    counter.data(&["dossier", "accept", &next]);
    counter.start_warehouse();
    counter.drain();
    let uses = counter.data(&["dossier", "offers", &open(&counter, "1.000894"), "2"]);
    assert_eq!(uses["items"][0]["uses"], 1, "one use, once");
}

#[test]
fn a_refused_document_says_why_and_stops_no_other() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let id = open(&counter, "1.000894");
    counter.data(&["dossier", "scan", &id, "2", "--device", "pnm:0", "--pages", "1"]);
    let unsigned = counter.motcua(&["dossier", "digitize", &id, "2"]);
    assert!(!unsigned.status.success());
    assert!(text(&unsigned.stderr).contains("agencySignatureMissing"), "{}", text(&unsigned.stderr));
    let early = counter.motcua(&["dossier", "accept", &id]);
    assert!(text(&early.stderr).contains("dossierIncomplete"), "{}", text(&early.stderr));
}

pub(crate) fn open(counter: &Counter, procedure: &str) -> String {
    let arguments = ["dossier", "open", "--owner", OWNER, "--name", NAME, "--procedure", procedure];
    counter.data(&arguments)["id"].as_str().unwrap().to_owned()
}

/// Scans both required papers, signs and digitizes the one that enters the warehouse.
pub(crate) fn fill(counter: &Counter, id: &str) {
    counter.data(&["dossier", "scan", id, "1", "--device", "pnm:1", "--pages", "1"]);
    counter.data(&["dossier", "scan", id, "2", "--device", "pnm:0", "--pages", "1"]);
    counter.data(&["dossier", "sign", id, "2", "--certificate", &counter.agency()]);
    counter.data(&["dossier", "digitize", id, "2", "--issued-on", &today()]);
}

/// A day within the component's age limit.
fn today() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let done = std::process::Command::new("date")
        .args(["-d", &format!("@{seconds}"), "+%Y-%m-%d"])
        .output()
        .unwrap();
    text(&done.stdout).trim().to_owned()
}
