//! Stable codes of errors, and what their sentences need.

use super::{
    AdminError, AsideError, BookError, CaptureError, CorrectError, DeskError, FeeError, FileError,
    FilingError, GraceOver, GuideError, IntakeError, OfficeProblem, PackageProblem, PrintProblem,
    ReferenceError, ReportError, ReuseError, SignError, StepError, UnlockError, WithdrawError,
};
use crate::ports::{
    ConvertError, LinkError, PinState, PrintError, ScanError, ScanFault, TokenError, VaultError,
};
use motcua_dossier::{CorrectionFault, DossierError, FeeFault, IdNumberError, StepFault};
use std::collections::BTreeMap;

/// Every code of [`DeskError::code`]; each has a sentence and an advice in the window.
pub const CODES: &[&str] = &[
    "vaultLocked",
    "vaultAbsent",
    "vaultExists",
    "vaultWrongSecret",
    "vaultTooManyTries",
    "vaultWeakSecret",
    "vaultUnknownOfficer",
    "vaultSealed",
    "vaultNewer",
    "vaultDamaged",
    "vaultFull",
    "vaultInUse",
    "vaultStorage",
    "dossierConflict",
    "packageNothing",
    "packageNotWritten",
    "packageKeyUnusable",
    "packageNotOne",
    "packageNewer",
    "packageCut",
    "packageTooLarge",
    "packageOfUnknownMachine",
    "withdrawReasonMissing",
    "withdrawApproverIsOfficer",
    "withdrawApproverNotSupervisor",
    "withdrawOnItsWay",
    "withdrawNothing",
    "correctNotReturned",
    "correctWaiting",
    "correctNoneWaiting",
    "correctOvertaken",
    "correctSameFile",
    "correctOwnRequest",
    "correctNotOwnRequest",
    "correctUnsent",
    "correctTextMissing",
    "scanPaperJam",
    "scanNoPaper",
    "scanCoverOpen",
    "scanBusy",
    "scanDenied",
    "scanIo",
    "scanNoMemory",
    "scanUnsupported",
    "scanHung",
    "scanCrashed",
    "scanTruncated",
    "scanGone",
    "printNoSystem",
    "printUnknownPrinter",
    "printUnknownJob",
    "printRefused",
    "printOver",
    "printHung",
    "printMalformed",
    "convertMissing",
    "convertFailed",
    "convertHung",
    "convertTooLarge",
    "convertNoRoom",
    "convertCancelled",
    "printNotChosen",
    "printUnknown",
    "scanNoSystem",
    "scanCancelled",
    "scanNotChosen",
    "scanNoPages",
    "scanNoSuchPage",
    "scanBadPage",
    "captureUnfinished",
    "signModuleMissing",
    "signTokenMissing",
    "signPinWrong",
    "signPinLastTry",
    "signPinLocked",
    "signPinInvalid",
    "signPinMustChange",
    "signTokenRemoved",
    "signKeyMissing",
    "signTokenHung",
    "signTokenCrashed",
    "signTokenDevice",
    "signCancelled",
    "signCertificateMissing",
    "signCertificateExpired",
    "signCertificateNotYetValid",
    "signCertificateNotForSigning",
    "signNothing",
    "signReusedPaper",
    "signFileReplaced",
    "signOutputInvalid",
    "signCannotPrepare",
    "linkOffline",
    "linkIntercepted",
    "linkUnauthorized",
    "deviceRevoked",
    "linkRefused",
    "linkTrouble",
    "linkMalformed",
    "linkCancelled",
    "identityServiceDown",
    "referenceForged",
    "referenceOlder",
    "fileEmpty",
    "fileTooLarge",
    "fileUnsupported",
    "fileSeveralPages",
    "fileNotPdf",
    "fileNotWord",
    "fileReplaced",
    "fileMacros",
    "fileBroken",
    "fileEncrypted",
    "fileMissing",
    "fileOnlyThere",
    "offlineGraceOver",
    "fileSealed",
    "fileUnsigned",
    "fileSignatureInvalid",
    "fileChangedAfterSigning",
    "fileNotTrusted",
    "fileSignerExpired",
    "fileSignerRevoked",
    "documentUnknown",
    "documentUnfit",
    "documentFileGone",
    "consentMissing",
    "nothingToConfirm",
    "notForWarehouse",
    "agencySignatureMissing",
    "officerSignatureMissing",
    "metadataIncomplete",
    "resultMissing",
    "receiptFailed",
    "reportedBefore",
    "reportNationalPaper",
    "feedbackNotHeard",
    "feedbackPaperNotHeard",
    "feedbackNotOurs",
    "feedbackAnsweredBefore",
    "feedbackAnswerMissing",
    "feedbackOwnReport",
    "feedbackSameFile",
    "dossierWithdrawn",
    "feeDue",
    "feeZero",
    "feeBeyondDue",
    "feeEntryUnknown",
    "feeReversedBefore",
    "feeReceiptNumberMissing",
    "feeReceiptTaken",
    "feeReasonMissing",
    "feeTextTooLong",
    "feeTooLarge",
    "feeNotTaken",
    "feeNotRefused",
    "stepOver",
    "stepAwaitingSupplement",
    "stepNothingAsked",
    "stepTooManySupplements",
    "stepTooManyReappointments",
    "stepNotLater",
    "stepTextMissing",
    "stepTextTooLong",
    "stepReturnedBefore",
    "stepDayOff",
    "stepNoForm",
    "stepNothingSent",
    "bookReversed",
    "bookTooLong",
    "bookNotSet",
    "guideUnknown",
    "guideNotSet",
    "dossierNotDraft",
    "dossierNotAccepted",
    "dossierNoSuchComponent",
    "dossierNothingAttached",
    "dossierAlreadyDigitized",
    "dossierIncomplete",
    "dossierUnknown",
    "procedureUnknown",
    "caseUnknown",
    "ownerFixed",
    "outboxLineUnknown",
    "databaseUnknown",
    "noteTooLong",
    "officeDossierUnknown",
    "notSupervisor",
    "tooManyAtOnce",
    "conflictSettled",
    "conflictUndecided",
    "submissionGone",
    "submissionHeld",
    "submissionOffline",
    "submissionNotAllowed",
    "asideFromPortal",
    "asideNotSent",
    "asideUnsent",
    "asidePapersAdded",
    "asideNotDiscarded",
    "adminOffline",
    "adminNotGranted",
    "adminBeyondGrant",
    "adminGone",
    "adminOwnRight",
    "adminUnfit",
    "officerExists",
    "referenceOvertaken",
    "adminReasonMissing",
    "numberEmpty",
    "numberShape",
    "numberCheckDigit",
];

/// Codes of findings beside a field: completeness of a dossier and of what is said about a paper.
pub const FINDINGS: &[&str] = &[
    "caseEnded",
    "dossierNotDraft",
    "ownerNameMissing",
    "submitterNameMissing",
    "reservationFailed",
    "componentMissing",
    "componentNotDigitized",
    "reuseNotConfirmed",
    "captureUnfinished",
    "agencyOtherAccount",
    "agencyPapersUnsigned",
    "kindMissing",
    "nameMissing",
    "validityBeforeIssue",
];

/// Codes a print may carry besides [`CODES`]: what keeps a printer from printing.
pub const PRINTER_CODES: &[&str] =
    &["printStopped", "printPaperOut", "printJammed", "printOffline", "printTrouble"];

/// Codes a line of the outbox may carry besides [`CODES`]: refusals of the warehouse, and ours of its receipt.
pub const OUTBOX_CODES: &[&str] = &[
    "acceptanceHeld",
    "acceptedInFuture",
    "alreadyAccepted",
    "alreadyDeclined",
    "alreadyReturned",
    "approverIsOfficer",
    "approverNotGranted",
    "correctionNeedsApproval",
    "authorNotGranted",
    "blobHashMismatch",
    "codeMalformed",
    "codeNotLeased",
    "codeTaken",
    "deferred",
    "deviceMismatch",
    "documentBadSignature",
    "documentCancelled",
    "documentExists",
    "documentExpired",
    "documentNotSynced",
    "documentNotShared",
    "documentOfOtherAgency",
    "documentOfOtherPerson",
    "dossierDeclined",
    "dossierOfOtherAgency",
    "feedbackAnswered",
    "feedbackUnknown",
    "fileSignerNotAllowed",
    "fileSignerNotYetValid",
    "idempotencyMismatch",
    "madeInFuture",
    "madeTooEarly",
    "madeTooLongAgo",
    "opReplaced",
    "ownerMismatch",
    "pagesMismatch",
    "paperNotCorrected",
    "paperUnfit",
    "receiptInvalid",
    "replacesUnfit",
    "resultNotOfDossier",
    "schemaUnknown",
    "sizeMismatch",
    "supersedesMismatch",
    "textMissing",
    "textTooLong",
    "withdrawTooLate",
    "withdrawUnfit",
];

/// Codes of the reasons why a paper is found but does not fit.
pub const UNFIT_REASONS: &[&str] = &[
    "otherResultCode",
    "expired",
    "cancelled",
    "unsigned",
    "badSignature",
    "underCorrection",
    "notSynced",
    "notShared",
    "tooOld",
    "issueDateMissing",
    "nameDiffers",
];

impl DeskError {
    /// Stable code; never changes once shipped, always one of [`CODES`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Vault(e) => vault_code(e),
            Self::Unlock(UnlockError::TooManyTries { .. }) => "vaultTooManyTries",
            Self::Scan(e) => scan_code(e),
            Self::Token(e) => token_code(e),
            Self::Link(e) => link_code(e),
            Self::File(e) => e.code(),
            Self::Dossier(e) => dossier_code(e),
            Self::Capture(e) => match e {
                CaptureError::NoScanner => "scanNotChosen",
                CaptureError::NoPages => "scanNoPages",
                CaptureError::NoSuchPage => "scanNoSuchPage",
                CaptureError::BadPage => "scanBadPage",
                CaptureError::Unfinished => "captureUnfinished",
            },
            Self::Sign(e) => match e {
                SignError::CertificateMissing => "signCertificateMissing",
                SignError::CertificateExpired => "signCertificateExpired",
                SignError::CertificateNotYetValid => "signCertificateNotYetValid",
                SignError::CertificateNotForSigning => "signCertificateNotForSigning",
                SignError::Nothing => "signNothing",
                SignError::ReusedPaper => "signReusedPaper",
                SignError::FileReplaced => "signFileReplaced",
                SignError::OutputInvalid => "signOutputInvalid",
                SignError::CannotPrepare => "signCannotPrepare",
            },
            Self::Reuse(e) => match e {
                ReuseError::UnknownDocument => "documentUnknown",
                ReuseError::Unfit(_) => "documentUnfit",
                ReuseError::ConsentMissing => "consentMissing",
                ReuseError::NothingToConfirm => "nothingToConfirm",
                ReuseError::FileGone => "documentFileGone",
            },
            Self::Filing(e) => match e {
                FilingError::NotForWarehouse => "notForWarehouse",
                FilingError::AgencySignatureMissing => "agencySignatureMissing",
                FilingError::OfficerSignatureMissing => "officerSignatureMissing",
                FilingError::Metadata(_) => "metadataIncomplete",
                FilingError::ResultMissing => "resultMissing",
                FilingError::Receipt => "receiptFailed",
                FilingError::FeeDue(_) => "feeDue",
            },
            Self::Intake(e) => match e {
                IntakeError::UnknownDossier => "dossierUnknown",
                IntakeError::UnknownProcedure => "procedureUnknown",
                IntakeError::UnknownCase => "caseUnknown",
                IntakeError::OwnerFixed => "ownerFixed",
                IntakeError::UnknownOutboxLine => "outboxLineUnknown",
                IntakeError::UnknownDatabase => "databaseUnknown",
                IntakeError::TextTooLong => "noteTooLong",
            },
            Self::Package(e) => match e {
                PackageProblem::NothingUnsent => "packageNothing",
                PackageProblem::NotWritten => "packageNotWritten",
                PackageProblem::KeyUnusable => "packageKeyUnusable",
                PackageProblem::NotPackage => "packageNotOne",
                PackageProblem::Newer => "packageNewer",
                PackageProblem::Cut => "packageCut",
                PackageProblem::TooLarge => "packageTooLarge",
                PackageProblem::OfUnknownMachine => "packageOfUnknownMachine",
            },
            Self::Reference(ReferenceError::Forged) => "referenceForged",
            Self::Reference(ReferenceError::Older) => "referenceOlder",
            Self::Withdraw(e) => match e {
                WithdrawError::ReasonMissing => "withdrawReasonMissing",
                WithdrawError::ApproverIsOfficer => "withdrawApproverIsOfficer",
                WithdrawError::ApproverNotSupervisor => "withdrawApproverNotSupervisor",
                WithdrawError::OnItsWay => "withdrawOnItsWay",
                WithdrawError::Nothing => "withdrawNothing",
            },
            Self::Office(e) => match e {
                OfficeProblem::Unknown => "officeDossierUnknown",
                OfficeProblem::NoConflict => "conflictSettled",
                OfficeProblem::Undecided(_) => "conflictUndecided",
                OfficeProblem::NotSupervisor => "notSupervisor",
                OfficeProblem::TooManyAtOnce => "tooManyAtOnce",
                OfficeProblem::SubmissionGone => "submissionGone",
                OfficeProblem::SubmissionHeld(_) => "submissionHeld",
                OfficeProblem::SubmissionOffline => "submissionOffline",
                OfficeProblem::SubmissionNotAllowed => "submissionNotAllowed",
            },
            Self::Aside(e) => match e {
                AsideError::FromPortal => "asideFromPortal",
                AsideError::NotSent => "asideNotSent",
                AsideError::Unsent => "asideUnsent",
                AsideError::PapersAdded(_) => "asidePapersAdded",
                AsideError::NotDiscarded => "asideNotDiscarded",
            },
            Self::Report(e) => match e {
                ReportError::ReportedBefore => "reportedBefore",
                ReportError::NationalPaper => "reportNationalPaper",
                ReportError::TextTooLong => "noteTooLong",
                ReportError::DossierWithdrawn => "dossierWithdrawn",
                ReportError::NotHeard => "feedbackNotHeard",
                ReportError::PaperNotHeard => "feedbackPaperNotHeard",
                ReportError::NotOurs => "feedbackNotOurs",
                ReportError::AnsweredBefore => "feedbackAnsweredBefore",
                ReportError::AnswerMissing => "feedbackAnswerMissing",
                ReportError::SameFile => "feedbackSameFile",
                ReportError::OwnReport => "feedbackOwnReport",
            },
            Self::Correct(e) => correct_code(*e),
            Self::Fee(e) => fee_code(*e),
            Self::Step(e) => step_code(*e),
            Self::Book(BookError::Reversed) => "bookReversed",
            Self::Book(BookError::TooLong) => "bookTooLong",
            Self::Book(BookError::NotSet) => "bookNotSet",
            Self::Guide(GuideError::Unknown) => "guideUnknown",
            Self::Guide(GuideError::NotSet) => "guideNotSet",
            Self::Admin(e) => match e {
                AdminError::Offline => "adminOffline",
                AdminError::NotGranted => "adminNotGranted",
                AdminError::BeyondGrant => "adminBeyondGrant",
                AdminError::Gone => "adminGone",
                AdminError::OwnRight => "adminOwnRight",
                AdminError::Unfit => "adminUnfit",
                AdminError::OfficerExists => "officerExists",
                AdminError::Overtaken => "referenceOvertaken",
                AdminError::ReasonMissing => "adminReasonMissing",
            },
            Self::Print(error) => print_code(*error),
            Self::Convert(error) => convert_code(*error),
            Self::Printing(PrintProblem::NotChosen) => "printNotChosen",
            Self::Printing(PrintProblem::Unknown) => "printUnknown",
            Self::Grace(_) => "offlineGraceOver",
            Self::Number(e) => match e {
                IdNumberError::Empty => "numberEmpty",
                IdNumberError::CheckDigit => "numberCheckDigit",
                // `Shape`, and whatever further reason the domain learns to tell.
                _ => "numberShape",
            },
        }
    }

    /// What the sentence needs besides its code; never personal data.
    #[must_use]
    pub fn params(&self) -> BTreeMap<String, String> {
        let mut params = BTreeMap::new();
        let mut put = |key: &str, value: String| params.insert(key.to_owned(), value);
        match self {
            Self::Unlock(UnlockError::TooManyTries { seconds }) => {
                put("seconds", seconds.to_string());
                put("wait", format!("{}:{:02}", seconds / 60, seconds % 60));
            }
            Self::Grace(GraceOver { days }) => {
                put("days", days.to_string());
            }
            Self::Filing(FilingError::FeeDue(due)) => {
                put("due", dotted(*due));
            }
            Self::Token(TokenError::PinWrong(state)) => {
                put("state", pin_state_code(*state).to_owned());
            }
            Self::Token(TokenError::Removed { done }) => {
                put("done", done.to_string());
            }
            Self::Token(TokenError::Device(answer)) => {
                put("answer", answer.clone());
            }
            Self::Link(LinkError::Refused(code)) => {
                put("refusal", code.clone());
            }
            Self::Link(LinkError::Trouble { retry_after: Some(seconds) }) => {
                put("seconds", seconds.to_string());
            }
            Self::Dossier(
                DossierError::NoSuchComponent(number)
                | DossierError::NothingAttached(number)
                | DossierError::AlreadyDigitized(number),
            ) => {
                put("component", number.to_string());
            }
            Self::Dossier(DossierError::Incomplete(problems))
            | Self::Filing(FilingError::Metadata(problems)) => {
                put("fields", join(problems.iter().map(|p| p.field.as_str())));
                put("codes", join(problems.iter().map(|p| p.code.as_str())));
            }
            Self::Office(OfficeProblem::SubmissionHeld(officer)) => {
                put("officer", officer.clone());
            }
            Self::Aside(AsideError::PapersAdded(papers)) => {
                put("papers", papers.to_string());
            }
            Self::Reuse(ReuseError::Unfit(reasons)) => {
                put("reasons", join(reasons.iter().copied()));
            }
            _ => {}
        }
        params
    }
}

impl FileError {
    /// Stable code, also used as the reason of a reservation that failed.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "fileEmpty",
            Self::TooLarge => "fileTooLarge",
            Self::Unsupported => "fileUnsupported",
            Self::SeveralPages => "fileSeveralPages",
            Self::NotPdf => "fileNotPdf",
            Self::NotWord => "fileNotWord",
            Self::Replaced => "fileReplaced",
            Self::Macros => "fileMacros",
            Self::Broken => "fileBroken",
            Self::Encrypted => "fileEncrypted",
            Self::Missing => "fileMissing",
            Self::OnlyThere => "fileOnlyThere",
            Self::Unsigned => "fileUnsigned",
            Self::SignatureInvalid => "fileSignatureInvalid",
            Self::ChangedAfterSigning => "fileChangedAfterSigning",
            Self::NotTrusted => "fileNotTrusted",
            Self::SignerExpired => "fileSignerExpired",
            Self::SignerRevoked => "fileSignerRevoked",
        }
    }
}

/// The word of a PIN state in parameters and views.
#[must_use]
pub fn pin_state_code(state: PinState) -> &'static str {
    match state {
        PinState::Normal => "normal",
        PinState::Low => "low",
        PinState::LastTry => "lastTry",
        PinState::Locked => "locked",
        PinState::MustChange => "mustChange",
    }
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

/// Thousands by dots, as money is written.
#[must_use]
pub fn dotted(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

fn fee_code(error: FeeError) -> &'static str {
    match error {
        FeeError::Unfit(FeeFault::Zero) => "feeZero",
        FeeError::Unfit(FeeFault::BeyondDue) => "feeBeyondDue",
        FeeError::Unfit(FeeFault::ReversedBefore) => "feeReversedBefore",
        // `EntryUnknown`, and whatever further fault the account learns to tell.
        FeeError::Unfit(_) => "feeEntryUnknown",
        FeeError::ReceiptNumberMissing => "feeReceiptNumberMissing",
        FeeError::ReceiptTaken => "feeReceiptTaken",
        FeeError::ReasonMissing => "feeReasonMissing",
        FeeError::TextTooLong => "feeTextTooLong",
        FeeError::TooLarge => "feeTooLarge",
        FeeError::NotTaken => "feeNotTaken",
        FeeError::NotRefused => "feeNotRefused",
    }
}

fn correct_code(error: CorrectError) -> &'static str {
    match error {
        CorrectError::Unfit(CorrectionFault::NotReturned) => "correctNotReturned",
        CorrectError::Unfit(CorrectionFault::Waiting) => "correctWaiting",
        CorrectError::Unfit(CorrectionFault::SameFile) => "correctSameFile",
        CorrectError::Unfit(CorrectionFault::Overtaken) => "correctOvertaken",
        CorrectError::Unfit(CorrectionFault::OwnRequest) => "correctOwnRequest",
        CorrectError::Unfit(CorrectionFault::NotOwnRequest) => "correctNotOwnRequest",
        // `NoneWaiting`, and whatever further fault the dossier learns to tell.
        CorrectError::Unfit(_) => "correctNoneWaiting",
        CorrectError::Unsent => "correctUnsent",
        CorrectError::TextMissing => "correctTextMissing",
        CorrectError::TextTooLong => "noteTooLong",
    }
}

fn step_code(error: StepError) -> &'static str {
    match error {
        StepError::Unfit(StepFault::Over) => "stepOver",
        StepError::Unfit(StepFault::AwaitingSupplement) => "stepAwaitingSupplement",
        StepError::Unfit(StepFault::NothingAsked) => "stepNothingAsked",
        StepError::Unfit(StepFault::TooManySupplements) => "stepTooManySupplements",
        StepError::Unfit(StepFault::TooManyReappointments) => "stepTooManyReappointments",
        StepError::Unfit(StepFault::NotLater) => "stepNotLater",
        StepError::Unfit(StepFault::ReturnedBefore) => "stepReturnedBefore",
        StepError::Unfit(StepFault::ApproverIsOfficer) => "withdrawApproverIsOfficer",
        // `TextMissing`, and whatever further fault the standing learns to tell.
        StepError::Unfit(_) => "stepTextMissing",
        StepError::TextTooLong => "stepTextTooLong",
        StepError::DayOff => "stepDayOff",
        StepError::NoForm => "stepNoForm",
        StepError::NothingSent => "stepNothingSent",
    }
}

fn vault_code(error: &VaultError) -> &'static str {
    match error {
        VaultError::Locked => "vaultLocked",
        VaultError::Absent => "vaultAbsent",
        VaultError::Exists => "vaultExists",
        VaultError::WrongSecret => "vaultWrongSecret",
        VaultError::WeakSecret => "vaultWeakSecret",
        VaultError::Sealed => "vaultSealed",
        VaultError::UnknownOfficer => "vaultUnknownOfficer",
        VaultError::Newer => "vaultNewer",
        VaultError::Damaged => "vaultDamaged",
        VaultError::Full => "vaultFull",
        VaultError::Stale => "dossierConflict",
        VaultError::InUse => "vaultInUse",
        VaultError::Storage => "vaultStorage",
    }
}

/// Why a print system did not do it.
pub(crate) fn print_code(error: PrintError) -> &'static str {
    match error {
        PrintError::NoSystem => "printNoSystem",
        PrintError::UnknownPrinter => "printUnknownPrinter",
        PrintError::UnknownJob => "printUnknownJob",
        PrintError::Refused => "printRefused",
        PrintError::Over => "printOver",
        PrintError::Hung => "printHung",
        PrintError::Malformed => "printMalformed",
    }
}

/// Why no PDF was made of a Word file.
fn convert_code(error: ConvertError) -> &'static str {
    match error {
        ConvertError::Missing => "convertMissing",
        ConvertError::File(error) => error.code(),
        ConvertError::Failed => "convertFailed",
        ConvertError::Hung => "convertHung",
        ConvertError::TooLarge => "convertTooLarge",
        ConvertError::NoRoom => "convertNoRoom",
        ConvertError::Cancelled => "convertCancelled",
    }
}

fn scan_code(error: &ScanError) -> &'static str {
    match error {
        ScanError::Fault(fault) => match fault {
            ScanFault::Jammed => "scanPaperJam",
            ScanFault::NoPaper => "scanNoPaper",
            ScanFault::CoverOpen => "scanCoverOpen",
            ScanFault::Busy => "scanBusy",
            ScanFault::Denied => "scanDenied",
            ScanFault::Io => "scanIo",
            ScanFault::NoMemory => "scanNoMemory",
            ScanFault::Unsupported => "scanUnsupported",
            ScanFault::Hung => "scanHung",
            ScanFault::Crashed => "scanCrashed",
            ScanFault::Truncated => "scanTruncated",
            ScanFault::Gone => "scanGone",
        },
        ScanError::NoSystem => "scanNoSystem",
        ScanError::Cancelled => "scanCancelled",
    }
}

fn token_code(error: &TokenError) -> &'static str {
    match error {
        TokenError::NoModule => "signModuleMissing",
        TokenError::NoToken => "signTokenMissing",
        TokenError::PinWrong(PinState::LastTry) => "signPinLastTry",
        TokenError::PinWrong(PinState::Locked) | TokenError::PinLocked => "signPinLocked",
        TokenError::PinWrong(PinState::MustChange) => "signPinMustChange",
        TokenError::PinWrong(PinState::Normal | PinState::Low) => "signPinWrong",
        TokenError::PinInvalid => "signPinInvalid",
        TokenError::Removed { .. } => "signTokenRemoved",
        TokenError::KeyMissing => "signKeyMissing",
        TokenError::Hung => "signTokenHung",
        TokenError::Crashed => "signTokenCrashed",
        TokenError::Device(_) => "signTokenDevice",
        TokenError::Cancelled => "signCancelled",
    }
}

/// Stable code of a failure of the link, also kept as the last error of an outbox line.
pub(crate) fn link_code(error: &LinkError) -> &'static str {
    match error {
        LinkError::Offline => "linkOffline",
        LinkError::Intercepted => "linkIntercepted",
        LinkError::IdentityDown => "identityServiceDown",
        LinkError::Unauthorized => "linkUnauthorized",
        LinkError::Revoked => "deviceRevoked",
        LinkError::Refused(_) => "linkRefused",
        LinkError::Trouble { .. } => "linkTrouble",
        LinkError::Malformed => "linkMalformed",
        LinkError::Cancelled => "linkCancelled",
    }
}

fn dossier_code(error: &DossierError) -> &'static str {
    match error {
        DossierError::NotAccepted => "dossierNotAccepted",
        DossierError::NoSuchComponent(_) => "dossierNoSuchComponent",
        DossierError::NothingAttached(_) => "dossierNothingAttached",
        DossierError::AlreadyDigitized(_) => "dossierAlreadyDigitized",
        DossierError::Incomplete(_) => "dossierIncomplete",
        // `NotDraft`, and whatever further refusal the domain learns to tell.
        _ => "dossierNotDraft",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_codes_has_no_double_and_holds_what_errors_say() {
        let mut sorted = CODES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), CODES.len(), "a code is listed twice");
        let samples: Vec<DeskError> = vec![
            VaultError::Stale.into(),
            UnlockError::TooManyTries { seconds: 1 }.into(),
            ScanError::Fault(ScanFault::Jammed).into(),
            TokenError::PinWrong(PinState::LastTry).into(),
            TokenError::PinWrong(PinState::Low).into(),
            LinkError::IdentityDown.into(),
            FileError::SignerRevoked.into(),
            ReuseError::Unfit(vec!["expired"]).into(),
            FilingError::Receipt.into(),
            DossierError::NotDraft.into(),
            IdNumberError::Shape.into(),
            IntakeError::OwnerFixed.into(),
            SignError::CannotPrepare.into(),
            CaptureError::BadPage.into(),
        ];
        for error in samples {
            assert!(CODES.contains(&error.code()), "{}", error.code());
        }
    }

    #[test]
    fn a_wrong_pin_tells_the_state_and_nothing_else() {
        let error = DeskError::from(TokenError::PinWrong(PinState::Low));
        assert_eq!(error.code(), "signPinWrong");
        assert_eq!(error.params().get("state").map(String::as_str), Some("low"));
    }
}
