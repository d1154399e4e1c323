//! Dossiers of the portal on real parts: listed, opened with their files, accepted or given back with form 03.

use crate::counter::{Counter, text};
use crate::judges::run;
use serde_json::Value;

fn waiting(counter: &Counter) -> Vec<Value> {
    counter.data(&["online", "list"]).as_array().cloned().unwrap_or_default()
}

fn of_kind<'a>(waiting: &'a [Value], kind: &str) -> &'a str {
    let sent = waiting.iter().find(|item| item["submission"]["applicant"]["owner"]["kind"] == kind);
    sent.expect("the demo has one of each")["id"].as_str().unwrap()
}

#[test]
fn a_dossier_of_the_portal_is_accepted_at_the_counter_and_an_agency_s_is_refused_by_its_rule() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let list = waiting(&counter);
    assert_eq!(list.len(), 2, "{list:?}");
    let (citizen, agency) = (of_kind(&list, "citizen").to_owned(), of_kind(&list, "agency").to_owned());

    let opened = counter.data(&["online", "open", &citizen]);
    assert_eq!(opened["failed"], serde_json::json!([]), "{opened}");
    assert_eq!(opened["dossier"]["channel"], "online");
    assert!(opened["dossier"]["components"][0]["attachment"].is_object(), "its file lies on its row");
    counter.cut_warehouse();
    assert_eq!(waiting(&counter).len(), 1, "the list is there without a line");
    let accepted = counter.data(&["dossier", "accept", &citizen]);
    assert!(!accepted["code"].as_str().unwrap().starts_with("TAM-"));
    counter.start_warehouse();
    counter.drain();

    counter.data(&["online", "open", &agency]);
    let refused = counter.motcua(&["dossier", "accept", &agency]);
    assert!(!refused.status.success() && text(&refused.stdout).contains("agencyOtherAccount"), "{refused:?}");
    counter.data(&["online", "decline", &agency, "--code", "agencyOtherAccount", "--reason", "Xin nộp lại"]);
    let form = counter.temporary().join("phieu-03.pdf");
    let wrote = counter.motcua(&["online", "form", &agency, "--out", &form.to_string_lossy()]);
    assert!(wrote.status.success(), "{}", text(&wrote.stderr));
    if let Some((sound, said)) = run("qpdf", &["--check", &form.to_string_lossy()]) {
        assert!(sound, "{said}");
    }
    if let Some((_, said)) = run("pdftotext", &["-layout", &form.to_string_lossy(), "-"]) {
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("tài khoản của chính cơ quan") && words.contains("Xin nộp lại"), "{said}");
    }
    counter.drain();
    counter.data(&["sync"]);
    assert_eq!(waiting(&counter), Vec::<Value>::new(), "nothing waits any more");
}
