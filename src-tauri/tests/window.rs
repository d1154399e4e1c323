//! The window on Tauri's mock runtime, with the real configuration and capabilities: which window may
//! call what, and what the answers look like.

#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

use motcua_assembly::ProfileDir;
use motcua_desk::ports::{Batch, FileChange, LinkError, PrinterState, Vault};
use motcua_desktop::commands::{MAIN, PIN};
use motcua_desktop::crash::Crashes;
use motcua_desktop::shell::Shell;
use motcua_desktop::view::JobKind;
use motcua_dossier::{BlobId, DossierId, Provenance, ReceiptChange, Timestamp};
use motcua_testkit::{FAKE_PRINTER, Office, SECRET, paper_of, pki};
use serde_json::{Value, json};
use std::sync::Arc;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

/// A counter on fakes behind both windows.
struct Counter {
    office: Office,
    profile: tempfile::TempDir,
    app: App<MockRuntime>,
    main: WebviewWindow<MockRuntime>,
}

impl Counter {
    fn open() -> Self {
        let office = tauri::async_runtime::block_on(Office::ready());
        let builder = motcua_desktop::with_commands(mock_builder());
        let app = builder.build(motcua_desktop::context()).unwrap();
        let profile = tempfile::tempdir().unwrap();
        std::fs::create_dir(profile.path().join("crashes")).unwrap();
        std::fs::write(profile.path().join("crashes/1795143600000.json"), "{}").unwrap();
        let place = ProfileDir::at(profile.path().to_owned());
        app.manage(Shell::new(Arc::clone(&office.desk), Crashes::of(profile.path()), place));
        let main = window(&app, "main");
        Self { office, profile, app, main }
    }

    /// Asks as the main window's page does.
    fn ask(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        call(&self.main, command, arguments)
    }

    fn open_dossier(&self) -> Value {
        let owner = json!({ "kind": "citizen", "number": "099 090 000 495", "aliases": [], "name": "Trần Văn Mẫu",
            "address": "", "phone": "" });
        let new = json!({ "channel": "direct", "returnMethod": "counter", "owner": owner, "submitter": null,
            "procedureCode": "1.004873.H08", "caseCode": "thuong" });
        self.ask("open_dossier", new).unwrap()
    }

    /// The PIN window, once it is open.
    fn pin_window(&self) -> WebviewWindow<MockRuntime> {
        (0..200)
            .find_map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                self.app.get_webview_window("pin")
            })
            .unwrap()
    }

    fn scan_into(&self, id: &Value, component: u32, pages: u32) -> Value {
        self.office.scanner.lay_in(pages);
        let job = json!({ "id": id, "component": component, "source": "auto", "gray": false, "onEvent": "__CHANNEL__:7" });
        self.ask("scan", job).unwrap()
    }
}

fn window(app: &App<MockRuntime>, label: &str) -> WebviewWindow<MockRuntime> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::default()).build().unwrap()
}

fn call(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_string(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_lists_of_commands_agree() {
    let dir = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| std::fs::read_to_string(format!("{dir}/{path}")).unwrap();
    for (file, label, names, also) in [
        ("main", "main", MAIN, &["core:event:allow-listen", "core:event:allow-unlisten"][..]),
        ("pin", "pin", PIN, &[][..]),
    ] {
        let capability: Value = serde_json::from_str(&read(&format!("capabilities/{file}.json"))).unwrap();
        assert_eq!(capability["windows"], json!([label]));
        assert_eq!(capability["local"], json!(true));
        assert!(capability.get("remote").is_none(), "no remote page may call anything");
        let mut expected: Vec<String> = also.iter().map(|a| (*a).to_owned()).collect();
        expected.extend(names.iter().map(|n| format!("allow-{}", n.replace('_', "-"))));
        assert_eq!(capability["permissions"], json!(expected), "capability of {label}");
    }
    let bindings = read("../ui/src/bridge/bindings.ts");
    for name in MAIN.iter().chain(PIN) {
        assert!(bindings.contains(&format!("(\"{name}\"")), "{name} is missing in bindings.ts");
    }
    assert_eq!(
        bindings.matches("__TAURI_INVOKE").count() - 1,
        MAIN.len() + PIN.len(),
        "one binding per command"
    );
    let config: Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    let security = &config["app"]["security"];
    assert_eq!(security["capabilities"], json!(["main", "pin"]), "only these two files count");
    assert_eq!(security["freezePrototype"], json!(true));
    assert_eq!(config["app"]["withGlobalTauri"], json!(false));
    assert!(!security["csp"].to_string().contains("unsafe-inline"));
}

#[test]
fn the_page_reaches_its_own_files_and_commands_and_no_other_host() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tauri.conf.json");
    let config: Value = serde_json::from_str(&std::fs::read_to_string(config).unwrap()).unwrap();
    let csp = config["app"]["security"]["csp"].as_object().unwrap();
    assert_eq!(csp["default-src"], "'none'", "what is not named is closed");
    assert_eq!(csp["connect-src"], "'self' ipc: http://ipc.localhost page: http://page.localhost");
    for (directive, sources) in csp {
        for source in sources.as_str().unwrap().split(' ') {
            let own = source.starts_with('\'') || ["ipc:", "page:", "blob:"].contains(&source);
            let ours = ["http://ipc.localhost", "http://page.localhost"].contains(&source);
            assert!(own || ours, "{directive} opens {source}");
        }
    }
}

#[test]
fn the_bindings_are_fresh() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bridge/bindings.ts");
    let fresh = std::env::temp_dir().join(format!("motcua-bindings-{}.ts", std::process::id()));
    let typescript = specta_typescript::Typescript::default();
    motcua_desktop::commands::bindings().export(typescript, &fresh).unwrap();
    let (left, right) =
        (std::fs::read_to_string(committed).unwrap(), std::fs::read_to_string(&fresh).unwrap());
    std::fs::remove_file(fresh).unwrap();
    assert!(left == right, "run: cargo run -p motcua-desktop --example export-bindings");
}

#[test]
fn every_window_may_call_its_own_commands_and_no_other() {
    let counter = Counter::open();
    let pin = window(&counter.app, "pin");
    let refused = |answer: Result<Value, Value>| {
        answer.err().and_then(|e| e.as_str().map(|t| t.contains("not allowed"))).unwrap_or(false)
    };
    for name in MAIN {
        assert!(refused(call(&pin, name, json!({}))), "the PIN window must not call {name}");
    }
    for name in PIN {
        assert!(refused(counter.ask(name, json!({ "pin": "1" }))), "the main window must not call {name}");
    }
    for name in ["plugin:event|listen", "plugin:event|emit", "plugin:window|close", "plugin:dialog|open"] {
        assert!(refused(call(&pin, name, json!({}))), "the PIN window must not call {name}");
    }
    for name in ["plugin:dialog|open", "plugin:event|emit", "plugin:webview|create_webview_window"] {
        assert!(refused(counter.ask(name, json!({}))), "the main window must not call {name}");
    }
}

#[test]
fn every_command_of_the_main_window_is_registered_and_refuses_nonsense() {
    let counter = Counter::open();
    // Without arguments nothing may be "not found": it works, or says which argument it misses.
    // The training would be made on this machine's disk.
    for name in MAIN.iter().filter(|n| !n.starts_with("lock") && **n != "open_training") {
        if let Err(error) = counter.ask(name, json!({})) {
            let text = error.to_string();
            assert!(!text.contains("not found") && !text.contains("not allowed"), "{name}: {text}");
        }
    }
    for (command, arguments) in [
        ("dossier", json!({ "id": "../../etc/passwd" })),
        ("verify_file", json!({ "blob": "zz" })),
        ("receipt_printed", json!({ "id": "x", "receipt": "zz" })),
        ("guided", json!({ "id": "x" })),
        ("resend", json!({ "op": "zz" })),
        ("approve_correction", json!({ "id": "x", "blob": "zz", "approver": "a", "secret": "b" })),
        ("take_back_correction", json!({ "id": "x", "blob": "zz" })),
        (
            "take",
            json!({ "id": "x", "component": 1, "document": "y", "nationalConfirmed": null,
            "onProgress": "__CHANNEL__:9" }),
        ),
        ("restore_page", json!({ "id": "x", "component": 1, "index": 0, "image": "z" })),
    ] {
        let error = counter.ask(command, arguments).unwrap_err();
        assert_eq!(error["code"], "internal", "{command}: {error}");
        assert_eq!(keys(&error), ["code", "params", "reference"]);
    }
}

#[test]
fn the_status_says_where_the_counter_stands() {
    let counter = Counter::open();
    let status = counter.ask("status", json!({})).unwrap();
    assert_eq!(status["vault"], "open");
    assert_eq!((&status["online"], &status["trouble"]), (&json!(true), &Value::Null));
    assert_eq!((&status["scannerId"], &status["scannerLabel"]), (&json!("fake:0"), &Value::Null));
    counter.ask("list_scanners", json!({})).unwrap();
    let status = counter.ask("status", json!({})).unwrap();
    assert_eq!(status["scannerLabel"], "Máy quét thử nghiệm", "what people call it, once it was listed");
    assert_eq!(status["referenceVersion"], 3);
    assert!(status["lastContact"].is_number());
    assert_eq!(
        keys(&status).len(),
        31,
        "vault, sealedAt, officers, officer, officerName, agencyName, unitName, version, online, trouble, lastContact, \
         warehouseLogin, warehouseName, queued, attention, token, tokenLabel, scannerId, scannerLabel, referenceVersion, \
         blockLeft, reuseTarget, offlineDaysLeft, lockAfterMinutes, support, administrator, tourSeen, training, supervises, \
          printer, print"
    );
    assert_eq!(status["officerName"], Value::Null, "only a login is known");
    let named = counter.ask("name_officer", json!({ "name": " Trần  Thị Mẫu " })).unwrap();
    assert_eq!(named["officerName"], "Trần Thị Mẫu");
    assert_eq!(counter.open_dossier()["officer"], "Trần Thị Mẫu", "a name, no login");
    let locked = counter.ask("lock", json!({})).unwrap();
    assert_eq!((&locked["vault"], &locked["officers"]), (&json!("locked"), &json!(["canbo.mau"])));
    let wrong = json!({ "officer": "canbo.mau", "secret": "not-the-secret" });
    assert_eq!(counter.ask("unlock", wrong).unwrap_err()["code"], "vaultWrongSecret");
    assert_eq!(counter.ask("outbox", json!({ "all": true })).unwrap_err()["code"], "vaultLocked");
    let right = json!({ "officer": "canbo.mau", "secret": SECRET });
    let opened = counter.ask("unlock", right).unwrap();
    assert_eq!((&opened["vault"], &opened["warehouseLogin"]), (&json!("open"), &json!("notAsked")));
    counter.ask("lock", json!({})).unwrap();
}

#[test]
fn a_real_counter_has_no_outage_to_practise_and_remembers_who_saw_the_tour() {
    let counter = Counter::open();
    let status = counter.ask("status", json!({})).unwrap();
    assert_eq!((&status["training"], &status["tourSeen"]), (&Value::Null, &json!(false)));
    for (command, arguments) in [("simulate_outage", json!({ "cut": true })), ("reset_training", json!({}))] {
        assert_eq!(counter.ask(command, arguments).unwrap_err()["code"], "internal", "{command}");
    }
    assert_eq!(counter.ask("status", json!({})).unwrap()["vault"], "open", "nothing was closed");
    assert_eq!(counter.ask("end_tour", json!({})).unwrap()["tourSeen"], true);
    let locked = counter.ask("lock", json!({})).unwrap();
    assert_eq!(locked["tourSeen"], true, "nobody is there to be shown one");
    let right = json!({ "officer": "canbo.mau", "secret": SECRET });
    assert_eq!(counter.ask("unlock", right).unwrap()["tourSeen"], true);
    counter.ask("lock", json!({})).unwrap();
}

#[test]
fn the_window_says_why_an_identity_was_not_checked() {
    let counter = Counter::open();
    let outcome =
        |number: &str| counter.ask("check_identity", json!({ "number": number })).unwrap()["outcome"].clone();
    counter.office.warehouse.identity_down(true);
    assert_eq!(outcome("001203000019"), "serviceDown");
    for (how, told) in [
        (LinkError::Offline, "offline"),
        (LinkError::Trouble { retry_after: None }, "linkTrouble"),
        (LinkError::Malformed, "linkMalformed"),
        (LinkError::Intercepted, "linkIntercepted"),
        (LinkError::Unauthorized, "linkUnauthorized"),
    ] {
        counter.office.warehouse.out(Some(how));
        assert_eq!(outcome("001203000019"), told);
    }
}

#[test]
fn an_idle_counter_locks_itself_but_never_under_a_job() {
    let counter = Counter::open();
    let dossier = counter.open_dossier();
    let id = dossier["id"].clone();
    let status = || counter.ask("lock_idle", json!({})).unwrap();
    assert_eq!(counter.ask("status", json!({})).unwrap()["lockAfterMinutes"], 10);
    let shell = counter.app.state::<Shell>();
    let scanning = shell.jobs.begin(JobKind::Scan);
    assert_eq!(status()["vault"], "open", "a long scan is waited for");
    drop(scanning);
    let signing = shell.jobs.begin(JobKind::Sign);
    assert_eq!(status()["vault"], "open", "so is a signature under way");
    drop(signing);
    let fetching = shell.jobs.begin(JobKind::Fetch);
    assert_eq!(status()["vault"], "open", "and a paper on its way from the warehouse");
    drop(fetching);

    counter.scan_into(&id, 2, 1);
    counter.ask("finish_capture", json!({ "id": id, "component": 2 })).unwrap();
    let paper =
        || counter.ask("dossier", json!({ "id": id })).unwrap()["components"][1]["attachment"].clone();
    let before = paper();
    let certificates = counter.ask("certificates", json!({})).unwrap();
    let left_alone = std::thread::spawn({
        let main = counter.main.clone();
        let job = json!({ "id": id, "components": [2], "fingerprint": certificates[0]["fingerprint"], "onProgress": "__CHANNEL__:8" });
        move || call(&main, "sign", job)
    });
    let begun = std::time::Instant::now();
    while counter.app.get_webview_window("pin").is_none() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the PIN window opens");
        std::thread::yield_now();
    }
    assert_eq!(status()["vault"], "locked", "a PIN window nobody types into keeps no counter open");
    assert_eq!(left_alone.join().unwrap().unwrap_err()["code"], "signCancelled");
    assert_eq!(counter.office.signer.logins(), 0);
    let right = json!({ "officer": "canbo.mau", "secret": SECRET });
    counter.ask("unlock", right).unwrap();
    assert_eq!(paper(), before, "the draft is as it was");
    counter.ask("lock", json!({})).unwrap();
}

#[test]
fn a_crash_of_an_earlier_run_is_told_until_the_officer_knows() {
    let counter = Counter::open();
    counter.ask("lock", json!({})).unwrap();
    let note = counter.ask("crash_note", json!({})).unwrap();
    assert_eq!(note["at"].as_f64(), Some(1_795_143_600_000.0), "told before the vault is open");
    let path = note["path"].as_str().unwrap();
    assert!(path.starts_with(counter.profile.path().to_str().unwrap()), "says where the report lies: {path}");
    counter.ask("crash_known", json!({})).unwrap();
    assert_eq!(counter.ask("crash_note", json!({})).unwrap(), Value::Null);
    assert_eq!(Crashes::of(counter.profile.path()).untold(), None, "nor at the next start");
    assert!(std::path::Path::new(path).exists(), "the report itself stays");
}

#[test]
fn a_dossier_is_opened_found_scanned_and_shown() {
    let counter = Counter::open();
    let check = counter.ask("check_identity", json!({ "number": "099 090 000 495" })).unwrap();
    assert_eq!((&check["outcome"], &check["number"]), (&json!("registered"), &json!("099090000495")));
    assert_eq!(check["kind"], "cccd");
    let error = counter.ask("check_identity", json!({ "number": "12" })).unwrap_err();
    assert_eq!(error["code"], "numberShape");
    let found = counter.ask("find_procedures", json!({ "query": "khai sinh" })).unwrap();
    assert_eq!(found[0]["cases"][0]["workingDays"], 3);
    assert_eq!(found[0]["componentCount"], 3);

    let dossier = counter.open_dossier();
    let id = &dossier["id"];
    assert_eq!(dossier["owner"]["number"], "099090000495");
    assert_eq!((&dossier["state"], &dossier["caseName"]), (&json!("draft"), &json!("Thông thường")));
    assert_eq!(dossier["components"].as_array().unwrap().len(), 3);
    assert!(dossier["problems"].as_array().unwrap().iter().any(|p| p["code"] == "componentMissing"));

    let pages = counter.scan_into(id, 2, 2);
    assert_eq!(pages.as_array().unwrap().len(), 2);
    assert_eq!(keys(&pages[0]), ["dpi", "height", "image", "thumbnail", "width"]);
    let row = json!({ "id": id, "component": 2 });
    let mut removed = row.clone();
    removed["index"] = json!(0);
    assert_eq!(counter.ask("remove_page", removed.clone()).unwrap().as_array().unwrap().len(), 1);
    removed["image"] = pages[0]["image"].clone();
    assert_eq!(counter.ask("restore_page", removed).unwrap(), pages);
    let moved = json!({ "id": id, "component": 2, "from": 0, "to": 1 });
    assert_eq!(counter.ask("move_page", moved).unwrap()[0], pages[1]);
    assert_eq!(counter.ask("dossier", json!({ "id": id })).unwrap()["components"][1]["capturing"], 2);
    let finished = counter.ask("finish_capture", row.clone()).unwrap();
    let attachment = &finished["components"][1]["attachment"];
    assert_eq!((&attachment["source"], &attachment["pages"]), (&json!("scan"), &json!(2)));
    assert_eq!(finished["components"][1]["needsSignature"], "agency");
    assert_eq!(finished["components"][1]["canDigitize"], false);

    let report = counter.ask("verify_file", json!({ "blob": attachment["blob"] })).unwrap();
    assert_eq!(report["document"], "indeterminate", "a file without a signature proves nothing");
    let lines = counter.ask("list_dossiers", json!({ "query": "mau" })).unwrap();
    assert_eq!(lines[0]["ownerNumber"], "0990••••0495", "lists never show the whole number");
    let detached = counter.ask("detach", row.clone()).unwrap();
    assert_eq!(detached["components"][1]["attachment"], Value::Null);
    assert_eq!(
        counter.ask("auto_attach", json!({ "id": id, "onProgress": "__CHANNEL__:9" })).unwrap()["rows"][1]["outcome"],
        "none"
    );
    assert_eq!(counter.ask("offers", row).unwrap()["items"], json!([]));
    assert!(
        counter.ask("accept", json!({ "id": id })).unwrap_err()["params"]["codes"]
            .as_str()
            .unwrap()
            .contains("componentMissing")
    );
}

#[test]
fn a_receipt_made_anew_is_asked_for_until_that_one_is_printed() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    let mut dossier =
        counter.office.vault.dossier(DossierId::parse(id.as_str().unwrap()).unwrap()).unwrap().unwrap();
    let receipt = BlobId([7; 32]);
    dossier.receipt = Some(receipt);
    dossier.reprint = [ReceiptChange::FinalCode, ReceiptChange::Papers].into();
    dossier.revision += 1;
    counter.office.vault.commit(&Batch { dossiers: vec![dossier], ..Batch::default() }).unwrap();
    let asked = || counter.ask("list_dossiers", json!({ "query": "" })).unwrap()[0]["reprint"].clone();
    assert_eq!(asked(), json!(["finalCode", "papers"]));
    let printed = |receipt: BlobId| {
        counter.ask("receipt_printed", json!({ "id": id, "receipt": receipt.to_string() })).unwrap()
    };
    assert_eq!(printed(BlobId([8; 32]))["reprint"], asked(), "another than the present one");
    assert_eq!(printed(receipt)["reprint"], json!([]));
    assert_eq!(asked(), json!([]));
}

#[test]
fn a_sheet_goes_to_the_chosen_printer_and_the_journal_tells() {
    let counter = Counter::open();
    let listed = counter.ask("list_printers", json!({})).unwrap();
    assert_eq!((&listed[0]["id"], &listed[0]["light"]), (&json!(FAKE_PRINTER), &json!("ready")));
    let id = counter.open_dossier()["id"].clone();
    let reasons = json!([{ "code": "", "text": "Không thuộc thẩm quyền" }]);
    counter.ask("decline", json!({ "id": id, "kind": "refusal", "reasons": reasons })).unwrap();
    let print = |form: &str| counter.ask("print_form", json!({ "id": id, "form": form }));
    assert_eq!(print("decline").unwrap_err()["code"], "printNotChosen");
    let wish = json!({ "forms": FAKE_PRINTER, "slips": null, "atAcceptance": true });
    let chosen = counter.ask("choose_printers", wish).unwrap();
    assert_eq!(chosen["printer"], "ready", "the light is asked for at once");
    assert_eq!(chosen["print"]["formsLabel"], "Máy in quầy 1 (DEMO)");
    counter.office.printer.put(FAKE_PRINTER, PrinterState::PaperOut);
    let waiting = print("decline").unwrap()["prints"][0].clone();
    assert_eq!((&waiting["state"], &waiting["trouble"]), (&json!("waiting"), &json!("printPaperOut")));
    assert_eq!((&waiting["form"], &waiting["copies"]), (&json!("decline"), &json!(1)));
    let out = counter.ask("cancel_print", json!({ "id": id, "number": 1 })).unwrap();
    assert_eq!(out["prints"][0]["state"], "cancelled");
    assert_eq!(print("giay-la").unwrap_err()["code"], "stepNoForm");
}

#[test]
fn a_wrong_pin_is_asked_for_again_and_never_sent_twice() {
    let counter = Counter::open();
    let dossier = counter.open_dossier();
    let id = dossier["id"].clone();
    counter.scan_into(&id, 2, 1);
    counter.ask("finish_capture", json!({ "id": id, "component": 2 })).unwrap();
    let certificates = counter.ask("certificates", json!({})).unwrap();
    let agency = certificates.as_array().unwrap().iter().find(|c| c["role"] == "agency").unwrap().clone();
    let signing = std::thread::spawn({
        let main = counter.main.clone();
        let job = json!({ "id": id, "components": [2], "fingerprint": agency["fingerprint"], "onProgress": "__CHANNEL__:8" });
        move || call(&main, "sign", job)
    });
    let pin = counter.pin_window();
    let answer = call(&pin, "submit_pin", json!({ "pin": "wrong" })).unwrap();
    assert_eq!(answer["done"], false);
    assert_eq!(answer["retry"]["pinState"], "low", "the warning is what the token's flags say");
    assert_eq!(counter.office.signer.logins(), 1, "one click, one login");
    let answer = call(&pin, "submit_pin", json!({ "pin": motcua_testkit::PIN })).unwrap();
    assert_eq!(answer, json!({ "done": true, "retry": null }));
    let signed = signing.join().unwrap().unwrap();
    assert_eq!((&signed["signed"], &signed["left"]), (&json!([2]), &json!([])));
    let row = &signed["dossier"]["components"][1];
    assert_eq!(row["attachment"]["signatures"][0]["role"], "agency");
    assert_eq!(row["canDigitize"], true);
    assert_eq!(counter.office.signer.logins(), 2);

    let metadata = counter.ask("suggest_metadata", json!({ "id": id, "component": 2 })).unwrap();
    assert_eq!(metadata["store"], "personal");
    let done = counter.ask("digitize", json!({ "id": id, "component": 2, "metadata": metadata })).unwrap();
    assert_eq!(done["components"][1]["attachment"]["outbox"], "queued");
    assert_eq!(done["outbox"][0]["kind"], "document");
    assert_eq!(counter.ask("outbox", json!({ "all": false })).unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn signing_goes_on_without_the_pin_window_and_is_stopped_from_the_main_one() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    for row in [1, 2] {
        counter.scan_into(&id, row, 1);
        counter.ask("finish_capture", json!({ "id": id, "component": row })).unwrap();
    }
    let gate = Arc::new(tokio::sync::Notify::new());
    counter.office.signer.wait_after(1, gate.clone());
    let certificates = counter.ask("certificates", json!({})).unwrap();
    let signing = std::thread::spawn({
        let main = counter.main.clone();
        let job = json!({ "id": id, "components": [2, 1], "fingerprint": certificates[0]["fingerprint"],
            "onProgress": "__CHANNEL__:8" });
        move || call(&main, "sign", job)
    });
    let pin = counter.pin_window();
    let answer = call(&pin, "submit_pin", json!({ "pin": motcua_testkit::PIN })).unwrap();
    assert_eq!(answer["done"], true, "answered as soon as the token took the PIN");
    assert!(!signing.is_finished(), "the papers are still being signed");
    let late = call(&pin, "submit_pin", json!({ "pin": motcua_testkit::PIN })).unwrap_err();
    assert_eq!(late["code"], "signCancelled", "nobody asks for a PIN any more");
    counter.ask("cancel_job", json!({ "job": "sign" })).unwrap();
    gate.notify_one();
    let stopped = signing.join().unwrap().unwrap();
    assert_eq!((&stopped["signed"], &stopped["left"]), (&json!([1]), &json!([2])));
    let now = counter.ask("dossier", json!({ "id": id })).unwrap();
    let marks = |row: usize| now["components"][row]["attachment"]["signatures"].as_array().unwrap().len();
    assert_eq!((marks(0), marks(1)), (1, 0), "what was signed is kept, the rest is as before");
    assert_eq!(counter.office.signer.logins(), 1);
}

#[test]
fn an_offer_says_whose_paper_it_is_who_issued_it_and_in_which_store_it_lies() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    let (own, file) = paper_of(1, "KQ.G15.000031", Some(&pki().agency));
    counter.office.warehouse.hold(own.clone(), &file);
    let (mut national, file) = paper_of(2, "KQ.G15.000031", Some(&pki().agency));
    national.provenance = Provenance::National;
    national.store_name = "CSDLHTĐT".into();
    national.record.metadata.issuer = "Sở Tư pháp tỉnh khác".into();
    counter.office.warehouse.hold(national, &file);
    let offers = counter.ask("offers", json!({ "id": id, "component": 2 })).unwrap();
    let said = |n: usize| {
        let o = &offers["items"][n];
        json!([o["issuer"], o["provenance"], o["storeName"], o["ownerName"], o["ownerNumber"], o["here"]])
    };
    assert_eq!(said(0), json!(["Sở Tư pháp", "provincial", "", "TRẦN VĂN MẪU", "099090000495", false]));
    assert_eq!(
        said(1),
        json!(["Sở Tư pháp tỉnh khác", "national", "CSDLHTĐT", "TRẦN VĂN MẪU", "099090000495", false])
    );
    let look = |n: usize| {
        let document = &offers["items"][n]["document"];
        counter.ask("bring_paper", json!({ "id": id, "document": document, "onProgress": "__CHANNEL__:9" }))
    };
    assert_eq!(look(0).unwrap(), json!(own.record.blob.to_string()), "to be looked at before it is taken");
    assert_eq!(look(1).unwrap_err()["code"], "consentMissing");
    // Its time here is over, and the officer wants to see it again.
    let file = own.record.blob;
    let sealed = Batch { files: vec![FileChange::Seal(file, Timestamp(1))], ..Batch::default() };
    counter.office.vault.commit(&sealed).unwrap();
    let blob = json!({ "blob": file.to_string() });
    assert_eq!(counter.ask("verify_file", blob.clone()).unwrap_err()["code"], "fileOnlyThere");
    let again = json!({ "blob": file.to_string(), "onProgress": "__CHANNEL__:9" });
    counter.ask("bring_back", again).unwrap();
    counter.ask("verify_file", blob).unwrap();
}

#[test]
fn taking_a_paper_is_stopped_from_the_window() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    let (mut paper, file) = paper_of(1, "KQ.G15.000031", Some(&pki().agency));
    paper.provenance = Provenance::National;
    let document = paper.record.id.to_string();
    counter.office.warehouse.hold(paper, &file);
    counter.ask("offers", json!({ "id": id, "component": 2 })).unwrap();
    let before = counter.ask("dossier", json!({ "id": id })).unwrap();
    counter.office.warehouse.hold_files(true);
    let taking = std::thread::spawn({
        let main = counter.main.clone();
        let job = json!({ "id": id, "component": 2, "document": document, "nationalConfirmed": "spoken",
            "onProgress": "__CHANNEL__:9" });
        move || call(&main, "take", job)
    });
    tauri::async_runtime::block_on(counter.office.warehouse.file_waits());
    counter.ask("cancel_job", json!({ "job": "fetch" })).unwrap();
    assert_eq!(taking.join().unwrap().unwrap_err()["code"], "linkCancelled");
    assert_eq!(counter.ask("dossier", json!({ "id": id })).unwrap(), before, "nothing was taken or recorded");
    counter.office.warehouse.hold_files(false);
    let auto = counter.ask("auto_attach", json!({ "id": id, "onProgress": "__CHANNEL__:9" })).unwrap();
    assert_eq!((&auto["stopped"], &auto["rows"][1]["outcome"]), (&json!(false), &json!("ambiguous")));
}

#[test]
fn giving_up_in_the_pin_window_changes_nothing() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    counter.scan_into(&id, 2, 1);
    counter.ask("finish_capture", json!({ "id": id, "component": 2 })).unwrap();
    let before = counter.ask("dossier", json!({ "id": id })).unwrap();
    let certificates = counter.ask("certificates", json!({})).unwrap();
    let signing = std::thread::spawn({
        let main = counter.main.clone();
        let job = json!({ "id": id, "components": [2], "fingerprint": certificates[0]["fingerprint"], "onProgress": "__CHANNEL__:8" });
        move || call(&main, "sign", job)
    });
    let pin = counter.pin_window();
    assert_eq!(call(&pin, "submit_pin", json!({ "pin": null })).unwrap()["done"], true);
    assert_eq!(signing.join().unwrap().unwrap_err()["code"], "signCancelled");
    assert_eq!(counter.office.signer.logins(), 0, "no PIN reached the token");
    assert_eq!(counter.ask("dossier", json!({ "id": id })).unwrap(), before);
}

#[test]
fn the_window_takes_steps_and_serves_what_is_printed_of_them() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    assert_eq!(
        counter.ask("dossier", json!({ "id": id })).unwrap()["standing"],
        Value::Null,
        "of a draft none"
    );
    counter.scan_into(&id, 1, 1);
    counter.ask("finish_capture", json!({ "id": id, "component": 1 })).unwrap();
    let database = counter.ask("databases", json!({})).unwrap()[0]["name"].clone();
    counter.ask("waive", json!({ "id": id, "component": 2, "database": database, "note": "" })).unwrap();
    counter.ask("accept", json!({ "id": id })).unwrap();
    let wish = |kind: &str, more: Value| {
        let mut wish = json!({ "kind": kind, "seat": null, "items": [], "text": "", "day": null, "row": null,
            "approvalReason": null });
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        counter.ask("take_step", json!({ "id": id, "wish": wish, "approver": null, "secret": null }))
    };
    let standing = |dossier: &Value| dossier["standing"].clone();
    let sent = wish("handedOver", json!({ "seat": { "unit": "Phòng mẫu", "officer": "tu.phap" } })).unwrap();
    assert_eq!(standing(&sent)["seat"], json!({ "unit": "Phòng mẫu", "officer": "tu.phap" }));
    assert_eq!((&standing(&sent)["onItsWay"], &standing(&sent)["mayAsk"]), (&json!(true), &json!(true)));
    let asked = wish("supplementAsked", json!({ "items": ["Bản sao"], "text": "thiếu" })).unwrap();
    assert_eq!(standing(&asked)["phase"], "awaitingSupplement");
    let step = standing(&asked)["steps"][1].clone();
    assert_eq!(
        (&step["form"], &step["items"], &step["outbox"]),
        (&json!(true), &json!(["Bản sao"]), &json!("queued"))
    );
    let again = wish("supplementAsked", json!({ "items": ["Bản sao"], "text": "thiếu" })).unwrap_err();
    assert_eq!(again["code"], "stepAwaitingSupplement");
    let added = counter.ask("add_paper", json!({ "id": id, "name": "Giấy ủy quyền" })).unwrap();
    assert_eq!(added["components"][3]["open"], true);
    assert_eq!(counter.ask("seats", json!({})).unwrap()[0], "Phòng mẫu");
    let line = &counter.ask("list_dossiers", json!({ "query": "" })).unwrap()[0];
    assert_eq!((&line["phase"], &line["onItsWay"]), (&json!("awaitingSupplement"), &json!(true)));
    let page = |form: &str| {
        let uri = format!("page://localhost/form/{}/{form}?type=pdf", id.as_str().unwrap());
        let request = tauri::http::Request::builder().uri(uri).body(Vec::new()).unwrap();
        let desk = Some(Arc::clone(&counter.office.desk));
        tauri::async_runtime::block_on(motcua_desktop::pages::answer(desk, "main", &request))
    };
    for form in [step["id"].as_str().unwrap(), "control", "slip"] {
        let served = page(form);
        assert_eq!(served.status(), 200, "{form}");
        assert!(served.body().starts_with(b"%PDF-"));
    }
    assert_eq!(page(standing(&sent)["steps"][0]["id"].as_str().unwrap()).status(), 404, "it has no form");
    assert_eq!(page("nothing").status(), 400);
}

#[test]
fn the_book_of_a_day_is_shown_and_served_to_be_printed() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    counter.scan_into(&id, 1, 1);
    counter.ask("finish_capture", json!({ "id": id, "component": 1 })).unwrap();
    let database = counter.ask("databases", json!({})).unwrap()[0]["name"].clone();
    counter.ask("waive", json!({ "id": id, "component": 2, "database": database, "note": "" })).unwrap();
    let today = "2026-11-20";
    let days = |from: &str, to: &str| counter.ask("book", json!({ "from": from, "to": to }));
    assert_eq!(days(today, today).unwrap()["count"], 0, "a draft is not in it");
    let accepted = counter.ask("accept", json!({ "id": id })).unwrap();
    let book = days(today, today).unwrap();
    assert_eq!((&book["count"], &book["from"], &book["to"]), (&json!(1), &json!(today), &json!(today)));
    let line = &book["lines"][0];
    assert_eq!((&line["dossier"], &line["code"], &line["here"]), (&id, &accepted["code"], &json!(true)));
    assert_eq!((&line["ownerName"], &line["returnMethod"]), (&json!("Trần Văn Mẫu"), &json!("counter")));
    assert_eq!((&line["due"], &line["note"]), (&accepted["deadline"], &Value::Null));
    assert_eq!(days("2026-11-21", today).unwrap_err()["code"], "bookReversed");
    assert_eq!(days("hôm nay", today).unwrap_err()["code"], "internal");
    let page = |path: &str| {
        let uri = format!("page://localhost/book/{path}?type=pdf");
        let request = tauri::http::Request::builder().uri(uri).body(Vec::new()).unwrap();
        let desk = Some(Arc::clone(&counter.office.desk));
        tauri::async_runtime::block_on(motcua_desktop::pages::answer(desk, "main", &request))
    };
    let served = page(&format!("{today}/{today}"));
    assert_eq!(served.status(), 200);
    assert!(served.body().starts_with(b"%PDF-"));
    assert_eq!(page("2026-11-21/2026-11-20").status(), 400);
    assert_eq!(page(today).status(), 400);
}

#[test]
fn what_was_handed_on_is_received_and_given_to_somebody_else() {
    let counter = Counter::open();
    let id = counter.open_dossier()["id"].clone();
    counter.scan_into(&id, 1, 1);
    counter.ask("finish_capture", json!({ "id": id, "component": 1 })).unwrap();
    let database = counter.ask("databases", json!({})).unwrap()[0]["name"].clone();
    counter.ask("waive", json!({ "id": id, "component": 2, "database": database, "note": "" })).unwrap();
    counter.ask("accept", json!({ "id": id })).unwrap();
    let bench = || counter.ask("bench", json!({ "unit": null, "state": null, "page": 0 })).unwrap();
    assert_eq!(bench()["count"], 0, "nobody handed it on");
    let unit = counter.ask("status", json!({})).unwrap()["unitName"].clone();
    let several =
        |to: Value| counter.ask("take_several", json!({ "ids": [id], "to": to, "note": "" })).unwrap();
    let seat = |unit: &Value, officer: &str| json!({ "unit": unit, "officer": officer });
    assert_eq!(several(seat(&unit, "")), json!([{ "id": id, "refused": null }]));
    let queue = bench();
    let line = &queue["lines"][0];
    assert_eq!((&line["id"], &line["onItsWay"], &line["here"]), (&id, &json!(true), &json!(true)));
    assert_eq!((&line["seat"], &queue["units"]), (&seat(&unit, ""), &json!([unit])));
    assert_eq!(several(Value::Null)[0]["refused"], Value::Null);
    assert_eq!(several(Value::Null)[0]["refused"]["code"], "stepNothingSent");

    let ask = json!({ "unit": null, "officer": null, "state": null });
    let whole = || counter.ask("office_queue", json!({ "ask": ask, "page": 0 })).unwrap();
    assert_eq!((&whole()["count"], &whole()["pageLines"]), (&json!(1), &json!(50)));
    let overview = counter.ask("office_overview", json!({})).unwrap();
    assert_eq!(overview["whole"]["all"], 1);
    let to = seat(&json!("Phòng mẫu"), "tu.phap");
    let give = |reason: &str| counter.ask("reassign", json!({ "ids": [id], "to": to, "reason": reason }));
    assert_eq!(give(" ").unwrap_err()["code"], "stepTextMissing");
    assert_eq!(give("cán bộ nghỉ phép").unwrap()[0]["refused"], Value::Null);
    assert_eq!(whole()["lines"][0]["seat"], to);
    assert_eq!(bench()["count"], 0);
}

#[tokio::test]
async fn pages_are_bytes_of_the_open_vault_for_the_main_window_only() {
    let office = Office::ready().await;
    office.scanner.lay_in(1);
    let dossier = office.open().await;
    let options = motcua_desk::ScanOptions::default();
    let draft = office.desk.scan(dossier.id, 2, &options, &|_, _| {}, &Default::default()).await.unwrap();
    let image = draft.pages[0].image;
    let ask = async |blob: BlobId, kind: &str, label: &str| {
        let uri = format!("page://localhost/{blob}?type={kind}");
        let request = tauri::http::Request::builder().uri(uri).body(Vec::new()).unwrap();
        motcua_desktop::pages::answer(Some(Arc::clone(&office.desk)), label, &request).await
    };
    let good = ask(image, "jpeg", "main").await;
    assert_eq!(
        (good.status().as_u16(), &good.headers()["content-type"]),
        (200, &"image/jpeg".parse().unwrap())
    );
    assert_eq!(good.headers()["access-control-allow-origin"], "tauri://localhost");
    assert_eq!(ask(image, "pdf", "main").await.status(), 415, "content decides, not the address");
    assert_eq!(ask(BlobId([1; 32]), "jpeg", "main").await.status(), 404);
    assert_eq!(ask(image, "jpeg", "pin").await.status(), 403, "the PIN window sees no paper");
    office.desk.lock().await;
    let closed = ask(image, "jpeg", "main").await;
    assert_eq!((closed.status().as_u16(), closed.body().len()), (403, 0));
}

#[test]
fn identifiers_are_strings_on_the_bridge() {
    let counter = Counter::open();
    let dossier = counter.open_dossier();
    let id = dossier["id"].as_str().unwrap();
    assert!(DossierId::parse(id).is_ok());
}
