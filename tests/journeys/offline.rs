//! No network, and the server going away in the middle.

use crate::counter::{Counter, program, text};
use crate::judges::{judge, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const OWNER: (&str, &str) = ("034199900999", "PHẠM THỊ NGOẠI TUYẾN");
/// Of the demo warehouse: exactly one provincial paper fits, and its file is at the warehouse only.
const SEEDED: (&str, &str) = ("099001000001", "Nguyễn Văn Mẫu");
/// Of the demo warehouse: the paper was changed after it was signed.
const CHANGED: (&str, &str) = ("099005000005", "Hoàng Văn Sai Ký");

#[test]
fn a_day_begun_offline_is_sent_by_itself_once_the_network_is_there() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();

    let identity = counter.data(&["identity", OWNER.0]);
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
fn a_counter_that_never_reached_the_warehouse_does_the_whole_job_and_sends_it_once() {
    let Some(mut counter) = Counter::prepare() else { return };
    // The server is down from the first unlock; what the counter knows came with its installation.
    assert_eq!(counter.motcua(&["sync"]).status.code(), Some(3), "no contact, ever");
    let identity = counter.data(&["identity", OWNER.0]);
    assert_eq!(identity["check"]["outcome"], "offline");
    let found = counter.data(&["procedures", "dang ky ket hon"]);
    assert!(found[0]["code"].as_str().unwrap().starts_with("1.000894"), "{found}");

    let mut codes = BTreeSet::new();
    let mut ids = vec![];
    for round in 0..2 {
        let id = open(&counter, "1.000894");
        fill(&counter, &id);
        let paper = counter.temporary().join(format!("{round}.pdf"));
        let accepted = counter.data(&["dossier", "accept", &id, "--receipt", &paper.to_string_lossy()]);
        let code = accepted["code"].as_str().unwrap().to_owned();
        assert!(code.starts_with("TAM-"), "no block was ever leased: {code}");
        assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF-"), "the receipt is ready for printing");
        assert_eq!(accepted["state"]["deadline"]["machine_time"], true, "the deadline says whose time it is");
        codes.insert(code);
        ids.push(id);
    }
    assert_eq!(codes.len(), 2, "no provisional code was given twice");
    counter.data(&["dossier", "scan", &ids[0], "0", "--device", "pnm:0", "--pages", "1"]);
    counter.data(&["dossier", "sign", &ids[0], "0", "--certificate", &counter.agency()]);
    counter.data(&["dossier", "return", &ids[0]]);
    assert_eq!(counter.motcua(&["sync"]).status.code(), Some(3));
    assert_eq!(counter.waiting().len(), 5, "two papers, two acceptances and a result wait");

    counter.start_warehouse();
    counter.drain();
    counter.drain();
    let all = counter.data(&["outbox", "--all"]);
    let count = |state: &str| all.as_array().unwrap().iter().filter(|i| i["state"]["state"] == state).count();
    assert_eq!(
        (count("received"), count("replaced")),
        (5, 3),
        "what carried a provisional code stays here, and the result numbered before it: {all}"
    );
    assert_eq!(all.as_array().unwrap().len(), 8, "{all}");
    for id in &ids {
        let code = counter.data(&["dossier", "show", id])["code"].as_str().unwrap().to_owned();
        assert!(codes.insert(code.clone()) && !code.starts_with("TAM-"), "a final code of its own: {code}");
    }
    let asked = |counter: &Counter| {
        let list = counter.data(&["dossier", "list"]);
        list.as_array().unwrap().iter().filter(|d| d["reprint"] == json!(["final_code"])).count()
    };
    assert_eq!(asked(&counter), 2, "both citizens hold a receipt with a provisional code");
    let paper = counter.temporary().join("again.pdf");
    let saved = counter.data(&["dossier", "receipt", &ids[0], "--out", &paper.to_string_lossy()]);
    assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF-") && saved["reprint"] == json!([]));
    if let Some((_, said)) = run("pdftotext", &["-layout", &paper.to_string_lossy(), "-"]) {
        assert!(said.contains(saved["code"].as_str().unwrap()) && !said.contains("TẠM"), "{said}");
        assert!(
            said.contains("Nguyễn Thị Thử Nghiệm") && !said.contains("canbo.demo"),
            "a name, no login: {said}"
        );
    }
    assert_eq!(asked(&counter), 1, "what was saved for printing is not asked for again");
    let next = open(&counter, "1.000894");
    let offers = counter.data(&["dossier", "offers", &next, "2"]);
    let items = offers["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "both papers and the result are there once each: {offers}");
    assert_eq!(items.iter().filter(|o| o["fit"] == "exact").count(), 2, "{offers}");
    let identity = counter.data(&["dossier", "show", &ids[1]])["identity"]["outcome"].clone();
    assert_eq!(identity, "answered", "the identity was asked again by itself");
    // From the first contact on codes are final at once.
    fill(&counter, &next);
    let accepted = counter.data(&["dossier", "accept", &next]);
    let code = accepted["code"].as_str().unwrap();
    assert!(!code.starts_with("TAM-"), "{code}");
    assert_eq!(accepted["state"]["deadline"]["machine_time"], false, "the server's clock counts");
    counter.drain();
}

#[test]
fn work_that_leaves_on_a_stick_is_in_the_warehouse_once_and_is_sent_all_the_same() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();
    let id = open(&counter, "1.000894");
    fill(&counter, &id);
    counter.data(&["dossier", "accept", &id]);
    let stick = counter.temporary().join("quầy 1.mcgoi");
    let to = stick.to_string_lossy();
    let said = counter.data(&["outbox", "export", "--to", &to]);
    assert_eq!(said["operations"].as_array().unwrap().len(), 2, "{said}");
    assert_eq!((&said["dossiers"], &said["missing"]), (&json!(1), &json!(0)));
    let told = counter.data(&["package", "info", &to]);
    assert_eq!((&told["whole"], &told["header"]["operations"]), (&json!(true), &json!(2)));
    let sealed = std::fs::read(&stick).unwrap();
    for clear in [OWNER.0, OWNER.1, "%PDF", "000.01.20"] {
        assert!(!sealed.windows(clear.len()).any(|w| w == clear.as_bytes()), "{clear} is not in the clear");
    }
    assert_eq!(counter.waiting().len(), 2, "nothing left the outbox");
    let one = said["operations"][0].as_str().unwrap();
    let alone = counter.data(&["outbox", "export", "--to", &format!("{to}.1"), "--op", one]);
    assert_eq!(alone["operations"], json!([one]));

    // Without any officer's secret, by the agency's recovery key.
    let rescued = format!("{to}.rescued");
    let key = counter.path().join("authority/recovery.key");
    let said = counter.data(&["outbox", "rescue", "--key", &key.to_string_lossy(), "--to", &rescued]);
    assert_eq!((said["operations"].as_array().unwrap().len(), &said["missing"]), (2, &json!(0)));
    let stranger = counter.temporary().join("other.key");
    std::fs::write(&stranger, "07".repeat(32)).unwrap();
    let refused =
        counter.motcua(&["outbox", "rescue", "--key", &stranger.to_string_lossy(), "--to", &rescued]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    std::fs::write(format!("{to}.cut"), &sealed[..sealed.len() - 1]).unwrap();
    let (code, answers, error) = import(&counter, &format!("{to}.cut"), &[]);
    assert!(code == Some(3) && answers.is_empty() && error.contains("cut off"), "{error}");
    let (code, answers, error) = import(&counter, &to, &[]);
    assert_eq!((code, answers), (Some(0), vec!["applied".to_owned(); 2]), "{error}");
    for again in [&*to, &*rescued] {
        let (code, answers, _) = import(&counter, again, &[]);
        assert_eq!((code, answers), (Some(0), vec!["duplicate".to_owned(); 2]), "again changes nothing");
    }

    counter.start_warehouse();
    counter.drain();
    let next = open(&counter, "1.000894");
    let offers = counter.data(&["dossier", "offers", &next, "2"]);
    assert_eq!(offers["items"].as_array().unwrap().len(), 1, "the paper is there once: {offers}");

    // A counter with a line brings it instead of a person; it waits for the key.
    assert_eq!(counter.data(&["package", "send", &to])["taken"], false);
    let waiting = warehouse(&counter, "packages", &[]);
    let waiting: Value = serde_json::from_slice(&waiting.stdout).unwrap();
    assert_eq!((&waiting[0]["operations"], &waiting[0]["taken_at"]), (&json!(2), &Value::Null), "{waiting}");
    let taken = warehouse(&counter, "import-package", &["--carried", "--key", &recovery_key(&counter)]);
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken.stderr));
    assert_eq!(counter.data(&["package", "send", &to])["taken"], true);
}

/// `motcua-warehouse import-package`: its exit code, the answer to each line, what it said.
fn import(counter: &Counter, package: &str, more: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let done =
        warehouse(counter, "import-package", &[more, &["--key", &recovery_key(counter), package]].concat());
    let report: Value = serde_json::from_slice(&done.stdout).unwrap_or(Value::Null);
    let answers = report["lines"]
        .as_array()
        .map(|lines| lines.iter().map(|l| l["answer"]["result"].as_str().unwrap().to_owned()).collect());
    (done.status.code(), answers.unwrap_or_default(), text(&done.stderr))
}

fn recovery_key(counter: &Counter) -> String {
    counter.path().join("authority/recovery.key").to_string_lossy().into_owned()
}

/// A command on the data of the demo's warehouse.
fn warehouse(counter: &Counter, command: &str, more: &[&str]) -> std::process::Output {
    std::process::Command::new(program("motcua-warehouse"))
        .args(command.split(' '))
        .args(["--json", "--data"])
        .arg(counter.path().join("warehouse"))
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn a_revoked_machine_is_sealed_at_its_contact_and_its_work_is_saved_either_way() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    counter.cut_warehouse();
    let id = open(&counter, "1.000894");
    fill(&counter, &id);
    counter.data(&["dossier", "accept", &id]);
    let draft = open(&counter, "1.000894");
    counter.data(&["dossier", "scan", &draft, "1", "--device", "pnm:0", "--pages", "1"]);
    let devices = warehouse(&counter, "device list", &[]);
    let devices: Value = serde_json::from_slice(&devices.stdout).unwrap();
    let device = devices[0]["id"].as_str().unwrap().to_owned();
    assert!(warehouse(&counter, "device revoke", &[&device]).status.success());
    let still = counter.data(&["outbox"]);
    assert_eq!(still.as_array().unwrap().len(), 2, "without a contact the counter works on");

    counter.start_warehouse();
    let told = counter.motcua(&["sync"]);
    assert!(
        !told.status.success() && text(&told.stderr).contains("mã: deviceRevoked"),
        "{}",
        text(&told.stderr)
    );
    let refused = counter.motcua(&["outbox"]);
    assert!(text(&refused.stderr).contains("mã: vaultSealed"), "{}", text(&refused.stderr));
    assert_eq!(counter.data(&["vault", "status"])["status"], "sealed");
    let keys = std::fs::read_to_string(counter.path().join("vault/keys.json")).unwrap();
    assert!(!keys.contains("canbo.demo"), "no officer's key is left");

    // A machine that does not come back: what it had not sent arrives by hand.
    let package = counter.temporary().join("rescued.mcgoi").to_string_lossy().into_owned();
    let key = recovery_key(&counter);
    counter.data(&["outbox", "rescue", "--key", &key, "--to", &package]);
    let (code, _, error) = import(&counter, &package, &[]);
    assert!(code == Some(3) && error.contains("--revoked"), "{code:?} {error}");
    let (code, answers, error) = import(&counter, &package, &["--revoked"]);
    assert_eq!((code, answers), (Some(0), vec!["applied".to_owned(); 2]), "{error}");

    // One that was revoked by mistake: admitted first, opened then, and it goes on where it was.
    let reopen = |counter: &Counter| {
        let mut command = counter.command(&["vault", "reopen", "canbo.demo", "--key", &key]);
        command.env("MOTCUA_NEW_SECRET", "Demo-2026-mot-cua").output().unwrap()
    };
    let early = reopen(&counter);
    assert!(text(&early.stderr).contains("mã: deviceRevoked"), "{}", text(&early.stderr));
    let code = warehouse(&counter, "device code", &["--device", &device]);
    let code: Value = serde_json::from_slice(&code.stdout).unwrap();
    counter.data(&["enrol", "--code", code["code"].as_str().unwrap()]);
    let done = reopen(&counter);
    assert!(done.status.success(), "{}", text(&done.stderr));
    counter.drain();
    let all = counter.data(&["outbox", "--all"]);
    let received = |item: &Value| item["state"]["state"] == "received";
    assert!(all.as_array().unwrap().iter().all(received), "{all}");
    let paper = counter.temporary().join("draft.pdf").to_string_lossy().into_owned();
    counter.data(&["dossier", "export", &draft, "1", "--out", &paper]);
    assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF-"), "also what was not accepted yet");
}

#[test]
fn a_counter_without_a_catalogue_says_so_and_what_to_do() {
    let Some(mut counter) = Counter::prepare() else { return };
    // Installed without the province's file, and never synchronised.
    std::fs::remove_file(counter.path().join("reference.json")).unwrap();
    std::fs::remove_dir_all(counter.path().join("vault")).unwrap();
    counter.data(&["vault", "create"]);
    let open_it = ["dossier", "open", "--owner", OWNER.0, "--name", OWNER.1, "--procedure", "1.000894"];
    for arguments in [&open_it[..], &["procedures", "ket hon"]] {
        let refused = counter.motcua(arguments);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        for wanted in ["Máy chưa có danh mục thủ tục", "Kết nối mạng một lần", "mã: referenceMissing"]
        {
            assert!(said.contains(wanted), "no «{wanted}» in {said}");
        }
    }
    counter.start_warehouse();
    counter.data(&["sync"]);
    let unknown = counter.motcua(&[&open_it[..7], &["9.999999"]].concat());
    assert!(text(&unknown.stderr).contains("mã: procedureUnknown"), "{}", text(&unknown.stderr));
    counter.data(&open_it);
}

#[test]
fn a_paper_reserved_offline_is_fetched_verified_and_attached_by_itself() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let id = open_for(&counter, SEEDED, "1.000894");
    // Online the picker brings what is known of the owner's papers; none of their files was ever here.
    let offer = fitting(&counter, &id);
    let document = offer["document"].as_str().unwrap().to_owned();
    assert_eq!((&offer["here"], &offer["uses"]), (&json!(false), &json!(0)), "{offer}");
    assert_eq!(offer["provenance"], "provincial", "{offer}");
    counter.cut_warehouse();

    assert_eq!(fitting(&counter, &id)["here"], false, "offline the picker says the file is not here");
    let taken = counter.data(&["dossier", "take", &id, "2", &document]);
    let row = &taken["components"][1];
    assert!(row["attachment"].is_null(), "nothing is attached that is not here: {row}");
    assert_eq!(row["reservation"]["reuse"]["document"], document.as_str(), "it is reserved: {row}");
    counter.data(&["dossier", "confirm", &id]);
    counter.data(&["dossier", "scan", &id, "1", "--device", "pnm:1", "--pages", "1"]);
    counter.data(&["dossier", "accept", &id]);

    counter.start_warehouse();
    let sync = counter.data(&["sync"]);
    assert_eq!(sync["fetched"], 1, "the network is back and the paper comes by itself: {sync}");
    counter.drain();
    let row = counter.data(&["dossier", "show", &id])["components"][1].clone();
    assert!(row["reservation"].is_null(), "{row}");
    let signature = &row["attachment"]["signatures"][0];
    assert_eq!(
        (&signature["role"], &signature["signer"]),
        (&json!("agency"), &json!("UBND xã An Hòa (DEMO)")),
        "its signature was verified here: {row}"
    );
    assert_eq!(row["attachment"]["source"]["document"], document.as_str(), "{row}");
    let exported = counter.path().join("fetched.pdf");
    counter.data(&["dossier", "export", &id, "2", "--out", &exported.to_string_lossy()]);
    let authority = counter.path().join("authority");
    judge(&exported, &authority.join("root.pem"), &authority.join("issuing.pem"), 1);

    counter.data(&["sync"]);
    let after = fitting(&counter, &open_for(&counter, SEEDED, "1.000894"));
    assert_eq!(after["document"], document.as_str());
    assert_eq!((&after["here"], &after["uses"]), (&json!(true), &json!(1)), "one use, counted once: {after}");
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
    assert!(counter.waiting().is_empty(), "nothing of the refused paper waits to be sent");

    // A paper of the warehouse that was changed after it was signed is refused by name, too.
    let wrong = open_for(&counter, CHANGED, "1.000894");
    let offers = counter.data(&["dossier", "offers", &wrong, "2"]);
    let document = offers["items"][0]["document"].as_str().unwrap().to_owned();
    let refused = counter.motcua(&["dossier", "take", &wrong, "2", &document]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("mã: "), "{}", text(&refused.stderr));
    let row = counter.data(&["dossier", "show", &wrong])["components"][1].clone();
    assert!(row["attachment"].is_null() && row["reservation"].is_null(), "{row}");

    // Another dossier opened after them goes its whole way.
    let other = open(&counter, "1.000894");
    fill(&counter, &other);
    counter.data(&["dossier", "accept", &other]);
    counter.drain();
    let received = counter.data(&["outbox", "--all"]);
    let of_other = received.as_array().unwrap().iter().filter(|i| i["dossier"] == other.as_str());
    assert_eq!(of_other.filter(|i| i["state"]["state"] == "received").count(), 2, "{received}");
    assert_eq!(received.as_array().unwrap().len(), 2, "and nothing else went out: {received}");
    // The refused one is as it was and can be mended.
    counter.data(&["dossier", "sign", &id, "2", "--certificate", &counter.agency()]);
    counter.data(&["dossier", "digitize", &id, "2", "--issued-on", &today()]);
    counter.drain();
}

/// The first paper that fits the second row exactly.
fn fitting(counter: &Counter, id: &str) -> Value {
    let offers = counter.data(&["dossier", "offers", id, "2"]);
    let exact: Vec<&Value> =
        offers["items"].as_array().unwrap().iter().filter(|o| o["fit"] == "exact").collect();
    assert_eq!(exact.len(), 1, "exactly one paper of this owner fits: {offers}");
    exact[0].clone()
}

pub(crate) fn open(counter: &Counter, procedure: &str) -> String {
    open_for(counter, OWNER, procedure)
}

pub(crate) fn open_for(counter: &Counter, (owner, name): (&str, &str), procedure: &str) -> String {
    let arguments = ["dossier", "open", "--owner", owner, "--name", name, "--procedure", procedure];
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
pub(crate) fn today() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let done = std::process::Command::new("date")
        .args(["-d", &format!("@{seconds}"), "+%Y-%m-%d"])
        .output()
        .unwrap();
    text(&done.stdout).trim().to_owned()
}
