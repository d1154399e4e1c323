//! Marked values of a run are nowhere to be found in clear: the counter's whole profile, temporary files,
//! what the programs and the server said, the server's store.

use crate::counter::Counter;
use motcua_tests::sweep;

const PIN: &str = "Demo@2026";
const SECRET: &str = "Demo-2026-mot-cua";
const NUMBER: &str = "099123454321";
const NAME: &str = "ZYXWVU ĐÁNH DẤU QPONML";

#[test]
fn marked_names_numbers_and_pin_are_in_no_file_of_the_counter() {
    let Some(mut counter) = Counter::prepare() else { return };
    counter.start_warehouse();
    counter.data(&["sync"]);
    let id = crate::offline::open_for(&counter, (NUMBER, NAME), "1.000894");
    crate::offline::fill(&counter, &id);
    counter.data(&["dossier", "accept", &id]);
    counter.drain();
    // A wrong PIN and a wrong secret leave no trace either; then the result, and a day without the server.
    counter.data(&["dossier", "scan", &id, "0", "--device", "pnm:0", "--pages", "1"]);
    let agency = counter.agency();
    let sign = ["dossier", "sign", &id, "0", "--certificate", &agency];
    let refused = counter.command(&sign).env("MOTCUA_PIN", WRONG).output().unwrap();
    assert!(!refused.status.success());
    let locked = counter.command(&["outbox"]).env("MOTCUA_SECRET", WRONG).output().unwrap();
    assert!(!locked.status.success());
    counter.data(&sign);
    counter.cut_warehouse();
    counter.data(&["dossier", "return", &id]);
    assert_eq!(counter.motcua(&["sync"]).status.code(), Some(3));
    counter.start_warehouse();
    counter.drain();
    counter.data(&["dossier", "list", NUMBER]);
    counter.cut_warehouse();

    let everything = [NUMBER, NAME, "ZYXWVU", "QPONML", PIN, SECRET, WRONG];
    let secrets = [PIN, SECRET, WRONG];
    let looked = sweep::profile(counter.path(), &everything, &secrets);
    for place in ["vault", "logs", "warehouse", "counter.json"] {
        assert!(looked.contains(place), "{place} was looked into, not only {looked:?}");
    }
    sweep::clean(&counter.temporary(), &everything);
    assert!(sweep::files(&counter.server_talk()).len() >= 4, "both starts of the server left what they said");
    sweep::clean(&counter.server_talk(), &everything);
    let said = counter.said();
    assert!(said.len() > 1000, "the programs said something");
    sweep::absent(&said, &secrets, "what the programs said");
}

/// What is typed wrongly is a secret as well: it is mostly the right one with a slip.
const WRONG: &str = "Sai@2026-nham";
