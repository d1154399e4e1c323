//! Why a use case did not happen: causes inside, one stable code and its parameters outside.

mod codes;

pub use codes::{CODES, FINDINGS, OUTBOX_CODES, PRINTER_CODES, UNFIT_REASONS, dotted, pin_state_code};
pub(crate) use codes::{link_code, print_code};

use crate::ports::{ConvertError, LinkError, PrintError, ScanError, TokenError, VaultError};
use motcua_dossier::{CorrectionFault, DossierError, FeeFault, FieldProblem, IdNumberError, StepFault};

/// Why the desk did not do it. Nothing is ever half done: what was durable before stays so.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The encrypted store.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Opening it.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The scanner; pages captured before stay.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Captured pages.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The signing token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What is to be signed, or with what.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The warehouse.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A file and the signatures on it.
    #[error(transparent)]
    File(#[from] FileError),
    /// Papers of the warehouse.
    #[error(transparent)]
    Reuse(#[from] ReuseError),
    /// Filing a paper into the warehouse.
    #[error(transparent)]
    Filing(#[from] FilingError),
    /// A rule of the dossier.
    #[error(transparent)]
    Dossier(#[from] DossierError),
    /// What was asked for at intake.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The typed number.
    #[error(transparent)]
    Number(#[from] IdNumberError),
    /// A sealed package of unsent work.
    #[error(transparent)]
    Package(#[from] PackageProblem),
    /// Reference data of the warehouse.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Taking unsent work back.
    #[error(transparent)]
    Withdraw(#[from] WithdrawError),
    /// Dossiers of the office and their conflicts.
    #[error(transparent)]
    Office(#[from] OfficeProblem),
    /// Drafts that are set aside.
    #[error(transparent)]
    Aside(#[from] AsideError),
    /// Entries of the fees.
    #[error(transparent)]
    Fee(#[from] FeeError),
    /// Steps after the acceptance.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The book of dossiers.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A guide for people.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// A paper that is wrong.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A returned result that is wrong.
    #[error(transparent)]
    Correct(#[from] CorrectError),
    /// The administrator's place.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The print system.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// Word to PDF; the row keeps its Word file.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// What is to be printed, or where.
    #[error(transparent)]
    Printing(#[from] PrintProblem),
    /// Papers of others after long without contact.
    #[error(transparent)]
    Grace(#[from] GraceOver),
}

/// Why an administrator's question or act came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// Lists, officers and machines are kept at the warehouse.
    #[error("no contact with the warehouse")]
    Offline,
    /// The warehouse does not know the officer as an administrator.
    #[error("role of an administrator is missing")]
    NotGranted,
    /// It lies outside the grant; lists are the whole province's.
    #[error("outside the grant")]
    BeyondGrant,
    /// What was meant is not there any more.
    #[error("nothing there by that name")]
    Gone,
    /// Nobody takes his own rights away.
    #[error("own right")]
    OwnRight,
    /// Something is missing or malformed.
    #[error("missing or malformed")]
    Unfit,
    /// Somebody has the login.
    #[error("login is taken")]
    OfficerExists,
    /// Somebody saved in the same moment.
    #[error("overtaken by another version")]
    Overtaken,
    /// A version says why it was made.
    #[error("reason missing")]
    ReasonMissing,
}

/// The days without contact are over: papers of others that lie here are not used until the warehouse is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no contact with the warehouse for {days} days")]
pub struct GraceOver {
    /// So many were given.
    pub days: u32,
}

/// Why a form is not printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrintProblem {
    /// This machine has no printer for such a sheet.
    #[error("no printer is chosen")]
    NotChosen,
    /// The journal has no such print.
    #[error("print is not in the journal")]
    Unknown,
}

/// Why a paper is not reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It was reported from this dossier.
    #[error("paper was reported before")]
    ReportedBefore,
    /// The province's warehouse does not have it: whoever issued it is told there.
    #[error("paper is of a national store")]
    NationalPaper,
    /// More text than the warehouse takes.
    #[error("text is too long")]
    TextTooLong,
    /// The dossier was taken back.
    #[error("dossier was taken back")]
    DossierWithdrawn,
    /// No such feedback was heard of.
    #[error("feedback is not known here")]
    NotHeard,
    /// The paper itself was not told with the feedback.
    #[error("paper of the feedback is not known here")]
    PaperNotHeard,
    /// Another office issued the paper.
    #[error("feedback is for another office")]
    NotOurs,
    /// It was answered, here or by a colleague.
    #[error("feedback was answered before")]
    AnsweredBefore,
    /// Whoever reported the paper is told why.
    #[error("answer is missing")]
    AnswerMissing,
    /// The file is the one that is wrong.
    #[error("file is the one reported")]
    SameFile,
    /// Whoever reported a paper does not put another one in its place himself.
    #[error("officer reported the paper himself")]
    OwnReport,
}

/// Why an entry of the fees is not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeeError {
    /// The account of the dossier does not take it.
    #[error(transparent)]
    Unfit(FeeFault),
    /// A payment has the number of its receipt.
    #[error("number of the receipt is missing")]
    ReceiptNumberMissing,
    /// The number is on another payment that counts.
    #[error("number of the receipt is taken")]
    ReceiptTaken,
    /// Relief and reversals say why.
    #[error("reason missing")]
    ReasonMissing,
    /// More text than the warehouse takes.
    #[error("text is too long")]
    TextTooLong,
    /// No fee is so large.
    #[error("amount is too large")]
    TooLarge,
    /// The warehouse did not take the entry: it is put right, not reversed.
    #[error("entry was not taken by the warehouse")]
    NotTaken,
    /// Only an entry the warehouse did not take is put right.
    #[error("entry was not refused")]
    NotRefused,
}

/// Why a step is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// Where the dossier stands does not allow it, or the law does not.
    #[error(transparent)]
    Unfit(StepFault),
    /// More text than the warehouse takes.
    #[error("text is too long")]
    TextTooLong,
    /// The day promised is none on which the office is open.
    #[error("the office is closed on that day")]
    DayOff,
    /// The dossier has no such step, or nothing is printed for it.
    #[error("step has no form")]
    NoForm,
    /// Nobody handed the dossier over, or it was taken already.
    #[error("nothing was handed over")]
    NothingSent,
}

/// Why a draft is not set aside, or not worked on again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AsideError {
    /// It was sent through the portal: it is given back to the list, or declined.
    #[error("draft was sent through the portal")]
    FromPortal,
    /// It was opened at this counter: there is no list it came from.
    #[error("draft was not sent through the portal")]
    NotSent,
    /// A paper of it waits in the outbox.
    #[error("draft has unsent papers")]
    Unsent,
    /// So many papers of it were put there by this counter, and nobody confirmed that they stay behind.
    #[error("draft has {0} papers of this counter")]
    PapersAdded(usize),
    /// Only what was discarded is restored.
    #[error("dossier was not discarded")]
    NotDiscarded,
}

/// Why there is no book of those days.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// The first day lies after the last.
    #[error("first day is after the last")]
    Reversed,
    /// More days than a year has.
    #[error("more days than a book covers")]
    TooLong,
    /// The printed form cannot be made.
    #[error("book cannot be set")]
    NotSet,
}

/// Why a guide is not printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuideError {
    /// The reference data have none of that key that is in force.
    #[error("no such guide")]
    Unknown,
    /// The printed form cannot be made.
    #[error("guide cannot be set")]
    NotSet,
}

/// Why unsent work is not taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithdrawError {
    /// No reason, or one too short to say anything.
    #[error("reason missing")]
    ReasonMissing,
    /// The colleague who agrees is the officer.
    #[error("approver is the officer")]
    ApproverIsOfficer,
    /// The colleague who agrees is not known here as a supervisor, or not any more.
    #[error("approver is no supervisor")]
    ApproverNotSupervisor,
    /// It is being sent at this moment.
    #[error("work is on its way")]
    OnItsWay,
    /// It was received, replaced or taken back already.
    #[error("nothing to take back")]
    Nothing,
}

/// Why a returned result is not corrected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorrectError {
    /// The dossier, or four eyes, do not allow it.
    #[error(transparent)]
    Unfit(#[from] CorrectionFault),
    /// The warehouse does not have the result, or the correction before, yet: what is unsent is taken back.
    #[error("what is to be corrected is not received yet")]
    Unsent,
    /// Nothing is said.
    #[error("text is missing")]
    TextMissing,
    /// Longer than the warehouse takes.
    #[error("text is too long")]
    TextTooLong,
}

/// Why reference data of the warehouse are not taken; what is held stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The pinned key did not sign them.
    #[error("reference data are not signed by the warehouse")]
    Forged,
    /// They came into force before those held.
    #[error("reference data are older than those held")]
    Older,
}

/// What cannot be done with a dossier that others work on too.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeProblem {
    /// The warehouse has no such dossier of this office.
    #[error("dossier is not known to the office")]
    Unknown,
    /// The line has no conflict, or no longer.
    #[error("line has no conflict")]
    NoConflict,
    /// Nobody chose a side for these values.
    #[error("values are undecided")]
    Undecided(Vec<String>),
    /// What was sent is accepted or declined by now.
    #[error("submission waits no more")]
    SubmissionGone,
    /// It waits, and the officer's roles do not let him open it.
    #[error("officer may not open the submission")]
    SubmissionNotAllowed,
    /// What was sent lies at the warehouse, which cannot be reached.
    #[error("submission needs a line to be opened")]
    SubmissionOffline,
    /// Only a supervisor sees and moves the work of others.
    #[error("officer is no supervisor")]
    NotSupervisor,
    /// So many dossiers are not moved by one act.
    #[error("too many dossiers at once")]
    TooManyAtOnce,
    /// Another counter looks into what was sent; who.
    #[error("submission is looked into elsewhere")]
    SubmissionHeld(String),
}

/// Why a package is not made, or a file is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageProblem {
    /// What was asked for is not waiting: it was received or replaced, or the outbox is empty.
    #[error("nothing unsent to export")]
    NothingUnsent,
    /// The place it was to be written to refused.
    #[error("package cannot be written")]
    NotWritten,
    /// This counter's recovery key cannot seal anything.
    #[error("recovery key is not usable")]
    KeyUnusable,
    /// The file is no package.
    #[error("file is no package")]
    NotPackage,
    /// The package was written by a newer program.
    #[error("package was written by a newer version")]
    Newer,
    /// The package is cut off.
    #[error("package is cut off")]
    Cut,
    /// The package is larger than what can be sent for another machine.
    #[error("package is too large to be sent for another machine")]
    TooLarge,
    /// The warehouse does not know the machine that wrote it.
    #[error("package is of a machine the warehouse does not know")]
    OfUnknownMachine,
}

/// Why a secret is not tried at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// It was wrong too often in a row; tried again after that time.
    #[error("too many wrong secrets in a row")]
    TooManyTries {
        /// Seconds until the next try, at least one.
        seconds: u32,
    },
}

/// What intake does not know or allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// No dossier of that identity on this machine.
    #[error("dossier is not on this machine")]
    UnknownDossier,
    /// The reference data has no such procedure (never synchronised, or withdrawn).
    #[error("procedure is not in the reference data")]
    UnknownProcedure,
    /// The procedure has no such case.
    #[error("procedure has no such case")]
    UnknownCase,
    /// A paper was already filed under this owner's number.
    #[error("owner is fixed by a filed paper")]
    OwnerFixed,
    /// No outbox line of that identity.
    #[error("outbox has no such line")]
    UnknownOutboxLine,
    /// No database was named.
    #[error("no database is named")]
    UnknownDatabase,
    /// More text than the warehouse takes.
    #[error("text is too long")]
    TextTooLong,
}

/// What is wrong with captured pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// No scanner was chosen for this counter yet.
    #[error("no scanner is chosen")]
    NoScanner,
    /// The row has no captured pages.
    #[error("no pages are captured")]
    NoPages,
    /// No page at that position.
    #[error("no such captured page")]
    NoSuchPage,
    /// Pages are captured and not finished or discarded.
    #[error("captured pages are not finished")]
    Unfinished,
    /// The device gave a page that cannot be encoded.
    #[error("captured page cannot be encoded")]
    BadPage,
}

/// What is wrong with a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// No bytes.
    #[error("file is empty")]
    Empty,
    /// More than 50 MiB.
    #[error("file is too large")]
    TooLarge,
    /// Neither PDF, Word nor a page image, judged by content.
    #[error("file has no accepted kind")]
    Unsupported,
    /// An image file with several pages; taking the first alone would lose the others.
    #[error("picture file holds several pages")]
    SeveralPages,
    /// A PDF is needed and this is none.
    #[error("file is not a PDF")]
    NotPdf,
    /// A Word file is needed and this is none.
    #[error("file is no Word file")]
    NotWord,
    /// The row has another file than the one that was worked on.
    #[error("file was replaced meanwhile")]
    Replaced,
    /// The Word file carries a program of its own.
    #[error("Word file carries macros")]
    Macros,
    /// The PDF, image or Word file cannot be read.
    #[error("file is broken")]
    Broken,
    /// The file needs a password.
    #[error("file is encrypted")]
    Encrypted,
    /// The file is not on this machine.
    #[error("file is not on this machine")]
    Missing,
    /// The warehouse has it; here its time is over.
    #[error("file is in the warehouse and not kept here any more")]
    OnlyThere,
    /// Carries no signature.
    #[error("file carries no signature")]
    Unsigned,
    /// A signature does not verify.
    #[error("signature on file does not verify")]
    SignatureInvalid,
    /// Changed after it was signed.
    #[error("file was changed after signing")]
    ChangedAfterSigning,
    /// The signer's authority is not trusted, or the certificate is not for signing.
    #[error("signer is not trusted")]
    NotTrusted,
    /// The signer's certificate was not valid.
    #[error("signer's certificate is out of date")]
    SignerExpired,
    /// The signer's certificate was revoked.
    #[error("signer's certificate is revoked")]
    SignerRevoked,
}

/// Why signing does not begin, or its outcome is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The chosen certificate is on no token now.
    #[error("certificate is on no token")]
    CertificateMissing,
    /// Its time has passed.
    #[error("certificate has expired")]
    CertificateExpired,
    /// Its time has not come.
    #[error("certificate is not valid yet")]
    CertificateNotYetValid,
    /// Its usage does not include signing, or it cannot be read.
    #[error("certificate is not for signing")]
    CertificateNotForSigning,
    /// Nothing to sign was named.
    #[error("nothing to sign")]
    Nothing,
    /// A paper of the warehouse is reused as it is, never signed again.
    #[error("a reused paper is not signed again")]
    ReusedPaper,
    /// The file was replaced while it was being signed; nothing was changed.
    #[error("file was replaced while being signed")]
    FileReplaced,
    /// Our own output did not verify; nothing was changed.
    #[error("signed file does not verify")]
    OutputInvalid,
    /// The signature field cannot be put into this PDF.
    #[error("file takes no signature")]
    CannotPrepare,
}

/// Why a paper of the warehouse is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReuseError {
    /// Not among the owner's papers known here.
    #[error("paper is not known")]
    UnknownDocument,
    /// Found but not usable; stable codes of the reasons.
    #[error("paper does not fit")]
    Unfit(Vec<&'static str>),
    /// A national paper needs its own confirmation before it is fetched.
    #[error("national paper is not confirmed")]
    ConsentMissing,
    /// Nothing waits for a confirmation.
    #[error("nothing to confirm")]
    NothingToConfirm,
    /// The warehouse does not have the file it lists.
    #[error("warehouse has no file for the paper")]
    FileGone,
}

/// Why a paper does not enter the warehouse.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilingError {
    /// The row's paper stays in the dossier.
    #[error("component does not enter the warehouse")]
    NotForWarehouse,
    /// Paper to electronic copy needs the agency's signature (decision 2).
    #[error("agency's signature is missing")]
    AgencySignatureMissing,
    /// The province asks for an officer's signature before the agency's.
    #[error("officer's signature before the agency's is missing")]
    OfficerSignatureMissing,
    /// What is said about the paper is not complete.
    #[error("metadata is not complete")]
    Metadata(Vec<FieldProblem>),
    /// The dossier has no result file yet.
    #[error("result is missing")]
    ResultMissing,
    /// The receipt cannot be made.
    #[error("receipt cannot be made")]
    Receipt,
    /// So many đồng of the fee are not paid; a result is returned when nothing is due (decision 10).
    #[error("{0} đồng are still due")]
    FeeDue(u64),
}
