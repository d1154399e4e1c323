//! Signing and verifying from end to end, with outside judges. A missing judge is said loudly.
// The judges are programs: they read files.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod office;

use motcua_dossier::Timestamp;
use motcua_pdf::{PdfError, inspect, prepare, signatures};
use motcua_signature::{
    CertificateProblem, Integrity, KeyKind, Report, Revocation, SignatureError, SignedAttributes, Trust,
    TrustList, Verdict, assemble_cms, verify_pdf,
};
use office::{NOW, document, office, request};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

fn verify(pdf: &[u8]) -> Report {
    verify_pdf(pdf, &office().trust(), Timestamp(NOW * 1000)).unwrap()
}

fn has(report: &Report, index: usize, reason: &str) -> bool {
    report.signatures[index].reasons.iter().any(|known| known == reason)
}

/// The tool's path, or nothing after a loud word.
fn judge(tool: &str) -> Option<PathBuf> {
    let found = if tool == "pyhanko" {
        let usual =
            || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/motcua/judges/bin/pyhanko"));
        std::env::var_os("MOTCUA_PYHANKO").map(PathBuf::from).or_else(usual).filter(|path| path.exists())
    } else {
        std::env::var_os("PATH").and_then(|paths| {
            std::env::split_paths(&paths).map(|dir| dir.join(tool)).find(|path| path.exists())
        })
    };
    if found.is_none() {
        eprintln!("!!! SKIPPED: the judge {tool} is not installed; this test proved nothing");
    }
    found
}

fn run(tool: &Path, arguments: &[&std::ffi::OsStr]) -> (bool, String) {
    let answer = Command::new(tool).args(arguments).output().unwrap();
    let text = [answer.stdout, answer.stderr].concat();
    (answer.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Lets every judge look at a signed file with so many signatures.
fn judged(pdf: &[u8], count: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signed.pdf");
    let root = dir.path().join("root.pem");
    std::fs::write(&path, pdf).unwrap();
    std::fs::write(&root, &office().root_pem).unwrap();
    if let Some(tool) = judge("qpdf") {
        let (good, text) = run(&tool, &["--check".as_ref(), path.as_ref()]);
        assert!(good, "qpdf finds fault: {text}");
    }
    if let Some(tool) = judge("pdfsig") {
        let (_, text) = run(&tool, &["-nocert".as_ref(), path.as_ref()]);
        assert_eq!(text.matches("Signature is Valid").count(), count, "{text}");
    }
    if let Some(tool) = judge("pyhanko") {
        let (good, text) = run(
            &tool,
            &[
                "sign".as_ref(),
                "validate".as_ref(),
                "--no-strict-syntax".as_ref(),
                "--pretty-print".as_ref(),
                "--trust-replace".as_ref(),
                "--trust".as_ref(),
                root.as_ref(),
                path.as_ref(),
            ],
        );
        assert!(good, "pyHanko refuses: {text}");
        assert_eq!(text.matches("The signature is judged VALID.").count(), count, "{text}");
    }
}

fn changed_by_qpdf(pdf: &[u8], option: &str) -> Option<Vec<u8>> {
    let tool = judge("qpdf")?;
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("a.pdf"), dir.path().join("b.pdf"));
    std::fs::write(&from, pdf).unwrap();
    let (good, text) = run(&tool, &[option.as_ref(), from.as_ref(), to.as_ref()]);
    assert!(good, "{text}");
    Some(std::fs::read(to).unwrap())
}

#[test]
fn one_two_and_three_signatures_hold_and_keep_the_earlier_bytes() {
    let mut pdf = document();
    for count in 1..=3 {
        let signed = office().sign(&pdf, "Nguyễn Thị Thử Nghiệm");
        assert!(signed.starts_with(&pdf), "no existing byte may change");
        pdf = signed;
        let report = verify(&pdf);
        assert_eq!(report.document, Verdict::Passed, "{report:?}");
        assert_eq!(report.signatures.len(), count);
        assert!(report.signatures[count - 1].covers_whole_file);
        assert_eq!(report.signatures[0].covers_whole_file, count == 1);
        assert_eq!(report.signatures[0].trust, Trust::Trusted { anchor: "Root Thu Nghiem".into() });
        assert_eq!(report.signatures[0].signer.organization, "Nguyễn Thị Thử Nghiệm");
        assert!(has(&report, 0, "claimedTimeOnly") && has(&report, 0, "revocationUnknown"));
        assert_eq!(report.signatures[0].revocation, Revocation::Unknown, "there is no list at all");
        judged(&pdf, count);
    }
    let names: Vec<String> = signatures(&pdf).unwrap().into_iter().map(|found| found.field).collect();
    assert_eq!(names, ["ChuKy", "ChuKy-2", "ChuKy-3"]);
}

#[test]
fn a_curve_key_signs_as_well() {
    let office = office();
    let signed = office.sign_as(&document(), "Thử", &office.curve_officer, &office.curve_key);
    assert_eq!(verify(&signed).document, Verdict::Passed);
    judged(&signed, 1);
}

#[test]
fn object_streams_and_linearized_files_are_signed_in_their_own_form() {
    for option in ["--object-streams=generate", "--linearize", "--object-streams=disable"] {
        let Some(input) = changed_by_qpdf(&document(), option) else { return };
        let signed = office().sign(&office().sign(&input, "Một"), "Hai");
        assert!(signed.starts_with(&input), "{option}");
        assert_eq!(verify(&signed).document, Verdict::Passed, "{option}");
        judged(&signed, 2);
    }
}

#[test]
fn a_changed_byte_is_found() {
    let signed = office().sign(&document(), "Thử");
    let at = signed.windows(7).position(|window| window == b"/XObjec").unwrap();
    let mut changed = signed;
    changed[at] = b'X';
    let report = verify(&changed);
    assert_eq!((report.document, report.signatures[0].integrity), (Verdict::Failed, Integrity::Changed));
    assert!(has(&report, 0, "digestMismatch"));
}

#[test]
fn an_unsigned_addition_is_reported() {
    let office = office();
    let signed = office.sign(&document(), "Thử");
    // The second page object is written again, larger, by a well-formed addition.
    let start = signed.len();
    let page = "8 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>\nendobj\n";
    let table = start + page.len();
    let previous = String::from_utf8_lossy(&signed)
        .rsplit("startxref\n")
        .next()
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let tail = format!(
        "{page}xref\n8 1\n{start:010} 00000 n \ntrailer\n<< /Size 20 /Root 1 0 R /Prev {previous} >>\nstartxref\n{table}\n%%EOF\n"
    );
    let changed = [signed.as_slice(), tail.as_bytes()].concat();
    let report = verify(&changed);
    assert_eq!(report.document, Verdict::Failed, "{report:?}");
    assert!(has(&report, 0, "changedAfterSigning"));
    assert!(!report.signatures[0].covers_whole_file);
    // Bytes that are no addition at all are found too.
    let junk = [signed.as_slice(), b"\nhello\n"].concat();
    assert_eq!(verify(&junk).document, Verdict::Failed);
    // The same after a second signature: the first says changed, the second holds.
    let again = office.sign(&changed, "Hai");
    let report = verify(&again);
    assert!(has(&report, 0, "changedAfterSigning"));
    assert_eq!(report.signatures[1].verdict, Verdict::Passed);
}

#[test]
fn without_an_anchor_the_answer_stays_open() {
    let signed = office().sign(&document(), "Thử");
    let report = verify_pdf(&signed, &TrustList::default(), Timestamp(NOW * 1000)).unwrap();
    assert_eq!((report.document, &report.signatures[0].trust), (Verdict::Indeterminate, &Trust::Untrusted));
    assert!(has(&report, 0, "chainUntrusted"));
    let later = Timestamp((NOW + 4000 * 86_400) * 1000);
    let report = verify_pdf(&signed, &office().trust(), later).unwrap();
    assert_eq!(report.signatures[0].trust, Trust::Expired);
}

#[test]
fn a_cms_that_is_too_large_is_refused_before_a_file_is_made() {
    let mut asked = request("Thử");
    asked.reserve = 100;
    let prepared = prepare(&document(), &asked).unwrap();
    assert_eq!(prepared.embed(&[0; 101]), Err(PdfError::TooLarge { needed: 101, reserved: 100 }));
}

#[test]
fn a_foreign_signature_is_never_embedded() {
    let office = office();
    let attributes = SignedAttributes::for_document(&[5; 32], &office.officer).unwrap();
    let answer = assemble_cms(&attributes, &office.officer, &[], &[1; 256]);
    assert_eq!(answer, Err(SignatureError::Mismatch));
}

#[test]
fn the_trust_list_knows_whom_it_issued_and_did_not_revoke() {
    let office = office();
    let now = Timestamp(NOW * 1000);
    let issuing =
        der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, office.issuing.der()).unwrap();
    let knows = |texts: &[String]| TrustList::from_pem(texts).unwrap().knows(&office.officer, now);
    let whole = [office.root_pem.clone(), issuing];
    assert!(knows(&whole));
    assert!(!knows(&whole[1..]), "no anchor");
    assert!(!knows(&whole[..1]), "nobody between the anchor and the officer");
    assert!(!knows(&[whole.as_slice(), &[office.revocation_list(3)]].concat()), "revoked");
    assert!(knows(&[whole.as_slice(), &[office.revocation_list(99)]].concat()));
}

#[test]
fn a_revoked_certificate_fails() {
    let office = office();
    let signed = office.sign(&document(), "Thử");
    for (serial, passed) in [(3, false), (99, true)] {
        let texts = [office.root_pem.clone(), office.revocation_list(serial)];
        let trust = TrustList::from_pem(&texts).unwrap();
        let report = verify_pdf(&signed, &trust, Timestamp(NOW * 1000)).unwrap();
        assert_eq!(report.document == Verdict::Passed, passed, "{report:?}");
        assert_eq!(has(&report, 0, "certificateRevoked"), !passed);
        let told = report.signatures[0].revocation;
        assert_eq!(
            told,
            if passed { Revocation::Unknown } else { Revocation::Revoked },
            "no list of the root"
        );
    }
}

#[test]
fn the_card_shows_the_certificate_and_usages_are_kept() {
    let office = office();
    let card = office.officer.card();
    assert_eq!(
        (card.organization.as_str(), card.authority.as_str()),
        ("Nguyễn Thị Thử Nghiệm", "CA Thu Nghiem")
    );
    assert_eq!(office.officer.organization(), "UBND xã An Hòa (DEMO)");
    assert_eq!(office.officer.key_kind(), KeyKind::Rsa { bits: 2048 });
    assert_eq!(office.curve_officer.key_kind(), KeyKind::P256);
    assert_eq!(office.officer.may_sign(Timestamp(NOW * 1000)), Ok(()));
    assert_eq!(office.officer.may_sign(Timestamp(0)), Err(CertificateProblem::NotYetValid));
    assert_eq!(office.officer.may_sign(Timestamp(i64::MAX)), Err(CertificateProblem::Expired));
    assert_eq!(office.root.may_sign(Timestamp(NOW * 1000)), Err(CertificateProblem::Authority));
    assert!(!format!("{:?}", office.officer).contains("Nguy"), "a log never names a person");
}

#[test]
fn files_of_other_programs_never_cause_a_panic_and_are_signed_where_they_are_sound() {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../../shared/corpora");
    let corpora = std::env::var_os("MOTCUA_CORPORA").map_or(usual, PathBuf::from);
    let Ok(files) = std::fs::read_dir(corpora.join("pyhanko/pdf")) else {
        eprintln!("!!! SKIPPED: no corpora at {}; this test proved nothing", corpora.display());
        return;
    };
    let (mut signed_files, mut all) = (0, 0);
    for file in files.flatten().filter(|file| file.path().extension().is_some_and(|kind| kind == "pdf")) {
        let pdf = std::fs::read(file.path()).unwrap();
        let _ = inspect(&pdf);
        let _ = verify_pdf(&pdf, &office().trust(), Timestamp(NOW * 1000));
        all += 1;
        match prepare(&pdf, &request("Thử")) {
            Ok(_) => {
                let signed = office().sign(&pdf, "Thử");
                let report = verify(&signed);
                let last = report.signatures.last().unwrap();
                assert_eq!(last.verdict, Verdict::Passed, "{:?} {:?}", file.path(), last.reasons);
                signed_files += 1;
            }
            Err(error) => eprintln!("{:?}: {error}", file.file_name()),
        }
    }
    eprintln!("{signed_files} of {all} files were signed");
    assert!(signed_files * 2 > all, "most files of other programs can be signed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_never_cause_a_panic_and_never_pass(at in 0_usize..40_000, byte in any::<u8>(), cut in any::<bool>()) {
        let signed = office().sign(&document(), "Thử");
        let at = at % signed.len();
        let mut damaged = signed;
        if cut {
            damaged.truncate(at);
        } else {
            prop_assume!(damaged[at] != byte);
            damaged[at] = byte;
        }
        let _ = inspect(&damaged);
        let _ = prepare(&damaged, &request("Thử"));
        if let Ok(report) = verify_pdf(&damaged, &office().trust(), Timestamp(NOW * 1000)) {
            let whole = signatures(&damaged).unwrap();
            let inside = whole.first().is_some_and(|found| at >= usize::try_from(found.byte_range[1]).unwrap()
                && at < usize::try_from(found.byte_range[2]).unwrap());
            // Letter case of the hex digits is no change; everything else is.
            prop_assert!(inside || report.document != Verdict::Passed);
        }
    }
}
