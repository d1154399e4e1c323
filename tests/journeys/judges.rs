//! Outside judges of a signed PDF: pyHanko, pdfsig, qpdf.

use crate::counter::text;
use std::path::Path;
use std::process::Command;

/// Every judge that is on this machine must find the file intact; `signatures` of them.
pub(crate) fn judge(pdf: &Path, root: &Path, issuing: &Path, signatures: usize) {
    if let Some(said) = run("qpdf", &["--check", &pdf.to_string_lossy()]) {
        assert!(said.0, "qpdf: {}", said.1);
        assert!(!said.1.contains("WARNING"), "qpdf finds nothing to warn of: {}", said.1);
    }
    if let Some(said) = run("pdfsig", &["-nocert", &pdf.to_string_lossy()]) {
        let valid = said.1.matches("Signature is Valid").count();
        assert_eq!(valid, signatures, "pdfsig: {}", said.1);
        assert!(said.1.contains("Total document signed"), "pdfsig: {}", said.1);
    }
    let pyhanko = std::env::var("MOTCUA_PYHANKO")
        .unwrap_or_else(|_| format!("{}/.cache/motcua/judges/bin/pyhanko", std::env::var("HOME").unwrap()));
    let arguments = [
        "sign",
        "validate",
        "--pretty-print",
        "--no-revocation-check",
        "--trust",
        &root.to_string_lossy(),
        "--other-certs",
        &issuing.to_string_lossy(),
        &pdf.to_string_lossy(),
    ]
    .map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(said) = run(&pyhanko, &arguments) {
        assert!(said.0, "pyHanko: {}", said.1);
        assert_eq!(
            said.1.matches("The signature is judged VALID").count(),
            signatures,
            "pyHanko: {}",
            said.1
        );
    }
}

pub(crate) fn run(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).output() {
        Ok(done) => Some((done.status.success(), text(&done.stdout) + &text(&done.stderr))),
        Err(_) => {
            println!("SKIPPED LOUDLY: {program} is not on this machine");
            None
        }
    }
}
