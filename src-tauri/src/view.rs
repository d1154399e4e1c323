//! What crosses between window and desk: DTOs that mirror domain types, in camelCase. Identifiers are
//! strings, moments are [`Millis`], days are `yyyy-MM-dd`; no 64-bit integer crosses. `specta::Type` is
//! derived in this file and nowhere else; `bindings.ts` is generated from it.

// Fields mirror the domain types they are named after; those carry the explanations.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Milliseconds since 1970; exact in a double until the year 287396.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct Millis(#[specta(type = u32)] pub f64);

/// Whole đồng; exact in a double up to 2^53, far above any fee.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct Money(#[specta(type = u32)] pub f64);

/// A secret typed by the officer: wiped when dropped, never printed.
#[derive(Type)]
pub struct Secret(#[specta(type = String)] pub Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Every command that fails rejects with this: a stable code, what its sentence needs, and where to look in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppError {
    pub code: String,
    pub params: BTreeMap<String, String>,
    pub reference: String,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($word:ident),+ $(,)? })+) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Type)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($word),+ })+
    };
}

words! {
    VaultState { Absent, Locked, Sealed, Open }
    /// Under whose name the warehouse knows the counter.
    WarehouseLogin { NotAsked, MachineOnly, Known, WithoutRole, Refused, OtherOffice, Ended, Failed }
    TokenPresence { None, Present, Locked }
    /// The printer of the forms: none is chosen; how it is; it cannot be asked.
    PrinterLight { None, Ready, Printing, Stopped, PaperOut, Jammed, Offline, Trouble, Unknown }
    PrintStateName { Sending, Waiting, Printing, Printed, Cancelled, Failed }
    PartyKind { Citizen, Enterprise, Agency }
    IdentityOutcome {
        NotAsked, Registered, NotRegistered, ServiceDown, Offline, LinkTrouble, LinkMalformed, LinkIntercepted, LinkUnauthorized,
    }
    IdKindName { Cccd, Cmnd, Passport, TaxCode, Agency }
    IntakeChannel { Direct, Postal, Online }
    ReturnMethod { Counter, Postal, Electronic }
    CopyForm { Original, TrueCopy, CertifiedCopy, CopyOfCopy, Extract, Copy }
    Source { Scan, File, Warehouse }
    SignerRole { Officer, Agency, Other }
    NeededSignature { None, Officer, Agency }
    DossierStateName { Draft, Declined, SetAside, Accepted, Completed, Withdrawn }
    /// Why a draft is worked on no more.
    AsideKind { Discarded, GivenBack, AcceptedElsewhere }
    DeclineKind { Supplement, Refusal }
    ConsentMethod { Spoken, Paper, Pad, Portal }
    ReceiptChange { FinalCode, Papers }
    Store { Agency, Personal }
    Fit { Exact, Suggested, Unfit }
    Provenance { Provincial, National, NationalNotSynced }
    PaperStatus { Valid, Expired, Cancelled, Unsigned, BadSignature, UnderCorrection }
    AutoOutcome { Attached, Ambiguous, None }
    PinStateName { Normal, Low, LastTry, Locked, MustChange }
    OutboxStateName { Queued, Sending, Sent, Waiting, Received, Attention, Replaced, Withdrawn }
    OutboxKind { Document, Acceptance, Decline, Result, Fee, Step, Feedback, Withdrawal }
    /// How far a dossier is between acceptance and result.
    PhaseName { Working, AwaitingSupplement, ResultProposed, Refused, Stopped }
    StepKind {
        HandedOver, TakenOver, SupplementAsked, Supplemented, Reappointed, Refused, Stopped, OriginalReturned,
        ResultProposed, ResultCorrected,
    }
    /// What became of a correction that was asked for.
    CorrectionStateName { Waiting, Approved, Refused, TakenBack }
    FeedbackReason { WrongInformation, NotTheResult, NotSigned }
    Judgement { Right, Wrong }
    /// `Wrong`: to be filed anew; `Right` and `Corrected`: closed.
    FeedbackStage { Open, Wrong, Right, Corrected }
    FeeKind { Paid, Relieved, Reversed }
    FeeMethod { Cash, Transfer, Portal, Post }
    /// What is out of the ordinary with a dossier in the book.
    BookNoteKind { AwaitingSupplement, Refused, Stopped, TakenBack, FirstDue }
    /// What pressing, or waiting, a queue is asked for.
    QueueStateName { Late, Today, Soon, AwaitingSupplement, ToReturn, OnItsWay }
    /// Nobody else can work on it; this counter alone; another counter; not known now.
    WorkState { OnlyHere, Held, Elsewhere, Unasked }
    SideName { Ours, Theirs }
    FactForm { Text, Word, Day, Moment, Money }
    FindingName { Received, Arriving, Kept, Waiting, Refused, Unknown, Differs }
    ScanSource { Auto, Flatbed, Feeder }
    Verdict { Passed, Indeterminate, Failed }
    Integrity { Intact, Changed, Broken }
    Trust { Trusted, Untrusted, Expired, NotYetValid, Revoked, NotForSigning }
    Revocation { NotRevoked, Revoked, Unknown }
    /// How a column of the administrator's lists is typed.
    AdminKind { Text, Lines, Number, Day, Choice }
    AdminFate { Added, Removed, Changed }
    AdminRole { Intake, Specialist, Clerk, Signer, Certifier, Supervisor, Reporter, Administrator }
    /// What `cancelJob` may stop.
    JobKind { Scan, Sign, Fetch, Sync, Convert }
}

macro_rules! dtos {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {
        $($(#[$doc])*
        #[derive(Clone, PartialEq, Serialize, Deserialize, Type)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$fdoc])* pub $field: $type),+ })+
    };
}

dtos! {
    /// With whom and what an officer practises; all of it is invented.
    Training {
        officer: String,
        officer_secret: String,
        pin: String,
        owner_number: String,
        owner_name: String,
        /// He practises an outage.
        cut: bool,
    }
    Status {
        vault: VaultState,
        /// Since when only the recovery key opens the vault.
        sealed_at: Option<Millis>,
        officers: Vec<String>,
        officer: Option<String>,
        /// What receipts call him; none while only the login is known.
        officer_name: Option<String>,
        agency_name: String,
        unit_name: String,
        version: String,
        /// None before the first try.
        online: Option<bool>,
        /// Code of what was in the way at the last try; none after a contact.
        trouble: Option<String>,
        last_contact: Option<Millis>,
        warehouse_login: WarehouseLogin,
        /// The warehouse knows him as an administrator.
        administrator: bool,
        /// What the warehouse calls the officer, when it knows him.
        warehouse_name: Option<String>,
        queued: u32,
        attention: u32,
        token: TokenPresence,
        token_label: Option<String>,
        scanner_id: Option<String>,
        scanner_label: Option<String>,
        reference_version: u32,
        block_left: u32,
        /// Today's target of reuse of this office, in hundredths of a percent.
        reuse_target: u32,
        /// Days left without contact, 0 when they are over; none before the first start.
        offline_days_left: Option<u32>,
        /// Minutes without input after which the window locks.
        lock_after_minutes: u32,
        /// Whom to ask for help; none where nobody is named.
        support: Option<Support>,
        /// The officer has seen the first tour; also while nobody has opened the counter.
        tour_seen: bool,
        /// None at a real counter.
        training: Option<Training>,
        /// The officer looks after the work of others.
        supervises: bool,
        printer: PrinterLight,
        print: PrintSettings,
    }
    /// What was not said is empty.
    Support { unit: String, phone: String, hours: String, email: String, zalo: String }
    /// `notes` explain the words one by one; empty where they need no explanation.
    AdminColumn { name: String, title: String, kind: AdminKind, words: Vec<String>, notes: Vec<String> }
    AdminSheet {
        name: String,
        about: String,
        columns: Vec<AdminColumn>,
        /// So many columns, from the first, tell a row from the others.
        key: u32,
        rows: u32,
    }
    AdminSheets {
        version: u32,
        effective_at: Option<Millis>,
        may_change: bool,
        /// Without a line: the lists this counter works with.
        kept: bool,
        sheets: Vec<AdminSheet>,
    }
    AdminRow { key: String, cells: Vec<String> }
    AdminEdit { sheet: String, key: Option<String>, cells: Option<Vec<String>> }
    /// `from` is yyyy-MM-dd; at once without it.
    AdminChange { base: u32, like: Option<u32>, edits: Vec<AdminEdit>, from: Option<String>, reason: String, save: bool }
    /// What is wrong with a row; the sentence is the warehouse's.
    AdminFault { sheet: String, key: String, column: Option<String>, message: String }
    AdminCell { column: String, before: String, after: String }
    AdminDiff { sheet: String, key: String, fate: AdminFate, cells: Vec<AdminCell> }
    AdminNewer { version: u32, rows: Vec<AdminDiff> }
    AdminReport {
        /// None when nothing was made.
        version: Option<u32>,
        unchanged: bool,
        effective_at: Option<Millis>,
        faults: Vec<AdminFault>,
        rows: Vec<AdminDiff>,
        /// Another version is in force on that day than the one looked at; nothing was made.
        newer: Option<AdminNewer>,
        /// A version that comes into force later and replaces this one.
        replaced_by: Option<u32>,
    }
    AdminVersion {
        version: u32,
        effective_at: Millis,
        made_at: Millis,
        reason: String,
        officer: String,
        in_force: bool,
        planned: bool,
    }
    AdminStep { version: u32, effective_at: Millis, change: AdminDiff }
    AdminGrant {
        id: u32,
        role: AdminRole,
        node: String,
        procedures: Option<String>,
        from: Option<String>,
        until: Option<String>,
    }
    AdminOfficer {
        login: String,
        name: String,
        node: String,
        ended: bool,
        has_secret: bool,
        grants: Vec<AdminGrant>,
    }
    AdminMachine {
        id: String,
        agency: String,
        name: String,
        portal: bool,
        revoked: bool,
        certificate_until: Option<Millis>,
    }
    AdminUnit { id: String, name: String, agency: Option<String> }
    AdminPeople {
        officers: Vec<AdminOfficer>,
        machines: Vec<AdminMachine>,
        units: Vec<AdminUnit>,
        fields: Vec<String>,
    }
    /// A first secret or a machine's code, told this once.
    AdminDone { secret: Option<String>, until: Option<Millis> }
    /// The program stopped unexpectedly in an earlier run.
    CrashNote { at: Millis, path: String }
    IdentityCheck {
        outcome: IdentityOutcome,
        at: Option<Millis>,
        cached: bool,
        guide: Option<Guide>,
        /// In its normal form.
        number: String,
        kind: IdKindName,
        earlier: Option<Party>,
        suggested_name: Option<String>,
    }
    ProcedureChoice {
        code: String,
        name: String,
        field: String,
        level: String,
        agency_applicant: bool,
        cases: Vec<HandlingCase>,
        component_count: u32,
    }
    HandlingCase { code: String, name: String, working_days: u32, working_hours: u32, fee: Money }
    Category { name: String, result_codes: Vec<String> }
    SignatureMark { role: SignerRole, signer: String, at: Millis }
    /// The Word file a PDF was made of on this machine; it can take its place again.
    WordOrigin { size: u32, officer: String, at: Millis }
    Attachment {
        blob: String,
        size: u32,
        pages: u32,
        media_type: String,
        source: Source,
        dpi: Option<u32>,
        document: Option<String>,
        signatures: Vec<SignatureMark>,
        digitized: bool,
        outbox: Option<OutboxStateName>,
        /// A DOC or DOCX, which has to become a PDF before it is signed.
        word: bool,
        origin: Option<WordOrigin>,
    }
    Reservation { document: String, problem: Option<String> }
    /// Not handed in: an officer found its data in a database.
    Waiver { database: String, note: String, officer: String, at: Millis }
    Database { code: String, name: String }
    ComponentRow {
        number: u32,
        name: String,
        form: CopyForm,
        quantity: u32,
        required: bool,
        enters_warehouse: bool,
        result_codes: Vec<String>,
        attachment: Option<Attachment>,
        reservation: Option<Reservation>,
        waiver: Option<Waiver>,
        /// "Kho số hóa" badge: papers that fit, as known on this machine.
        matches: u32,
        matches_at: Option<Millis>,
        /// Pages scanned and not finished.
        capturing: u32,
        needs_signature: NeededSignature,
        can_digitize: bool,
        /// Takes another paper now: in a draft, or accepted and not sent while its paper cannot be had.
        open: bool,
    }
    Problem { field: String, code: String }
    ConsentLine { at: Millis, method: ConsentMethod, count: u32, national: bool }
    ResultPaper { attachment: Attachment, metadata: Metadata }
    Dossier {
        id: String,
        code: Option<String>,
        channel: IntakeChannel,
        return_method: ReturnMethod,
        owner: Party,
        submitter: Option<Party>,
        identity: IdentityCheck,
        procedure_code: String,
        procedure_name: String,
        case_code: String,
        case_name: String,
        working_days: u32,
        working_hours: u32,
        fee: Money,
        fees: Fees,
        components: Vec<ComponentRow>,
        unconfirmed_reuse: u32,
        consents: Vec<ConsentLine>,
        /// Papers reported as wrong from this dossier.
        reported: Vec<String>,
        state: DossierStateName,
        accepted_at: Option<Millis>,
        deadline: Option<String>,
        /// `HH:mm` of that day; none where the office's hours are not known.
        deadline_hour: Option<String>,
        deadline_reason: Option<String>,
        /// How it was sent, when it came through the portal.
        sent: Option<Sent>,
        /// Why it was not accepted.
        declined: Option<Declined>,
        /// Why the draft is worked on no more.
        aside: Option<SetAside>,
        /// Names of papers that were sent with a draft and stand on no row.
        unfetched: Vec<String>,
        /// Papers of a draft of the portal that this counter put there.
        added: u32,
        /// Codes of what an agency's draft lacks by the rule; an officer decides.
        defects: Vec<String>,
        /// Why it is accepted though the rule is not kept.
        exception: Option<String>,
        /// What happened since the acceptance; none of a draft.
        standing: Option<Standing>,
        completed_at: Option<Millis>,
        result: Option<ResultPaper>,
        /// Whose signature the result still lacks before it is returned, by what the province decided.
        result_needs_signature: NeededSignature,
        /// File of a returned result as it is now, corrections among them; none before, or where another counter returned it.
        result_now: Option<String>,
        /// Corrections of it that were asked for here, oldest first.
        corrections: Vec<Correction>,
        result_capturing: u32,
        receipt: Option<String>,
        /// Why the receipt is to be printed again; empty when it is not.
        reprint: Vec<ReceiptChange>,
        /// Journal of its prints on the printers of this machine, oldest first.
        prints: Vec<Print>,
        /// A later check found "Chưa có": the owner is still to be told how to get an account.
        guide_due: bool,
        /// Another counter took it in.
        taken_up: Option<TakenUp>,
        /// Conflicts that were settled, oldest first.
        settlements: Vec<Settlement>,
        officer: String,
        opened_at: Millis,
        problems: Vec<Problem>,
        outbox: Vec<OutboxItem>,
    }
    /// A dossier of the portal, as it was sent.
    Sent {
        /// Number by which its sender finds it at the portal.
        reference: String,
        sent_at: Millis,
        resolving_agency: String,
        district: String,
        /// Whose account; none of a dossier that came without one.
        account: Option<PartyKind>,
        /// How its holder was known ("VNeID"), and the level of that; may be empty.
        login: String,
        assurance: String,
        /// What the sender wrote; may be empty.
        note: String,
        /// It is sent instead of one that came back.
        again: bool,
    }
    DeclineReason { code: String, text: String }
    Declined { kind: DeclineKind, reasons: Vec<DeclineReason>, officer: String, at: Millis }
    /// A draft that is worked on no more.
    SetAside {
        kind: AsideKind,
        at: Millis,
        officer: String,
        /// Of one that was discarded; may be empty.
        reason: String,
        /// Code it has where it was accepted.
        code: Option<String>,
        /// What the office calls the counter that accepted it; may be empty.
        counter: String,
    }
    /// A dossier of the portal that waits to be accepted; the owner's number is masked.
    WaitingLine {
        id: String,
        reference: String,
        procedure_name: String,
        owner_name: String,
        owner_number: String,
        owner_kind: PartyKind,
        channel: IntakeChannel,
        papers: u32,
        sent_at: Millis,
        again: bool,
        /// The machine that looks into it now.
        holder: Option<Holder>,
    }
    OpenedDossier { dossier: Dossier, failed: Vec<FailedPaper> }
    /// Feedback on a paper; the owner's number is masked.
    FeedbackLine {
        id: String,
        /// Name and code of the paper, empty where it was not told.
        paper: String,
        paper_code: String,
        owner_name: String,
        owner_number: String,
        reason: FeedbackReason,
        /// Empty where it is between two other agencies.
        text: String,
        from_agency: String,
        from_officer: String,
        given_at: Millis,
        to_agency: String,
        /// This office answers it.
        ours: bool,
        stage: FeedbackStage,
        /// What was said last is still on its way.
        unsent: bool,
        /// What the issuing agency found wrong.
        finding: Option<FeedbackNote>,
        answer: Option<FeedbackNote>,
        uses: Vec<WrongUse>,
    }
    FeedbackNote { text: String, officer: String, at: Millis }
    /// A dossier with a paper that was found wrong; one that is only a draft has no code.
    WrongUse { dossier: String, code: Option<String>, owner_name: String, officer: String, returned: bool }
    /// A paper that could not be put onto its row, and the code of why.
    FailedPaper { name: String, code: String }
    /// Where an accepted dossier stands, computed from its steps.
    Standing {
        phase: PhaseName,
        /// Since when, where the phase has a beginning.
        since: Option<Millis>,
        /// Who has it; none: the counter that accepted it.
        seat: Option<Seat>,
        /// Handed over and not taken yet.
        on_its_way: bool,
        /// The law allows another request for a supplement; a further one needs a colleague who agrees.
        may_ask: bool,
        /// The law allows another day to be promised.
        may_reappoint: bool,
        /// `yyyy-MM-dd`: whoever resolves it has it by then.
        hand_over_by: String,
        /// More is asked for by then.
        ask_by: String,
        /// An apology is out by then; none where that day lies before the clock began.
        apologise_by: Option<String>,
        /// Rows handed in as originals, that are given back once they were compared.
        originals: Vec<Original>,
        /// Oldest first.
        steps: Vec<Step>,
    }
    /// A unit, and the officer there; empty: anybody.
    Seat { unit: String, officer: String }
    Original { row: u32, name: String, returned: bool }
    /// What happened; what its kind does not have is empty.
    Step {
        id: String,
        kind: StepKind,
        officer: String,
        at: Millis,
        seat: Option<Seat>,
        /// What is asked for, what came, or why it is refused.
        items: Vec<String>,
        /// Reason or note.
        text: String,
        /// The day promised, `yyyy-MM-dd`.
        day: Option<String>,
        /// Row of an original, as printed.
        row: Option<String>,
        /// The colleague who agreed, and why.
        approved_by: Option<String>,
        approval_reason: Option<String>,
        /// Files of a corrected result: before, and now.
        files: Vec<String>,
        /// Taken back before the warehouse had it; counts nothing.
        void: bool,
        /// It has a printed form.
        form: bool,
        /// None of a step another counter took.
        outbox: Option<OutboxStateName>,
        problem: Option<String>,
    }
    /// A correction of the returned result.
    Correction {
        /// The file of the result when it was asked for.
        before: String,
        /// The corrected file.
        blob: String,
        pages: u32,
        reason: FeedbackReason,
        text: String,
        /// Who asked: login, and what he is called.
        login: String,
        officer: String,
        at: Millis,
        state: CorrectionStateName,
        /// Who agreed, or did not.
        decided_by: Option<String>,
        decided_at: Option<Millis>,
        /// Why not.
        refusal: Option<String>,
    }
    /// A correction that waits for a colleague's word.
    WaitingCorrection {
        dossier: String,
        code: Option<String>,
        owner_name: String,
        procedure_name: String,
        /// The file the citizen has.
        before: String,
        correction: Correction,
    }
    /// A step as the officer makes it; what its kind does not need is empty.
    StepWish {
        kind: StepKind,
        seat: Option<Seat>,
        items: Vec<String>,
        text: String,
        /// The day promised, `yyyy-MM-dd`.
        day: Option<String>,
        row: Option<u32>,
        /// Why a colleague agrees to a request beyond the law's number.
        approval_reason: Option<String>,
    }
    /// What is paid and due, computed from the entries.
    Fees { paid: Money, relieved: Money, due: Money, beyond: Money, entries: Vec<FeeEntry> }
    FeeEntry {
        id: String,
        kind: FeeKind,
        /// Of a reversal what it gives back.
        amount: Money,
        /// How it was paid; of a reversal how its entry was.
        method: Option<FeeMethod>,
        /// Number of the receipt, or the reason.
        text: String,
        /// The entry a reversal takes back.
        reverses: Option<String>,
        officer: String,
        at: Millis,
        /// Taken back or put right by another; counts nothing.
        void: bool,
        /// It counts, and nobody reversed it.
        stands: bool,
        /// None of an entry another counter made.
        outbox: Option<OutboxStateName>,
        problem: Option<String>,
    }
    /// An entry as the officer makes it; what its kind does not need is empty.
    FeeWish { kind: FeeKind, amount: Money, method: Option<FeeMethod>, text: String, entry: Option<String> }
    /// What an officer took on one day at this counter.
    Shift {
        /// `yyyy-MM-dd`.
        day: String,
        officer: String,
        methods: Vec<ShiftMethod>,
        relieved_count: u32,
        relieved: Money,
        lines: Vec<ShiftLine>,
    }
    ShiftMethod { method: FeeMethod, count: u32, paid: Money, reversed: Money }
    ShiftLine { dossier: String, code: Option<String>, owner_name: String, entry: FeeEntry }
    /// What the office accepted from one day to another, as far as this machine knows.
    Book {
        /// `yyyy-MM-dd`.
        from: String,
        /// `yyyy-MM-dd`.
        to: String,
        /// Dossiers of these days.
        count: u32,
        /// The first of them in the order of acceptance; a printed or written book has all.
        lines: Vec<BookLine>,
    }
    BookLine {
        dossier: String,
        /// This machine has it.
        here: bool,
        code: Option<String>,
        procedure_name: String,
        owner_name: String,
        received: Millis,
        due: String,
        forwarded: Option<String>,
        returned: Option<String>,
        /// None where it is not known here.
        return_method: Option<ReturnMethod>,
        note: Option<BookNote>,
    }
    BookNote { kind: BookNoteKind, day: String }
    /// What the officer tells a citizen, step by step.
    Guide {
        key: String,
        title: String,
        /// For the citizen's own telephone; the window opens it nowhere.
        link: Option<String>,
        code: Option<GuideCode>,
        lead: Vec<String>,
        steps: Vec<String>,
        notes: Vec<String>,
    }
    /// A QR picture as the path of a drawing with so many units a side.
    GuideCode { side: u32, path: String }
    Guides {
        guides: Vec<Guide>,
        /// What digitizing rests on today, the newest first.
        digitizing: Vec<String>,
    }
    /// What the law asks of every dossier, in a span of days: of this counter's own.
    Compliance {
        /// `yyyy-MM-dd`.
        from: String,
        /// `yyyy-MM-dd`.
        to: String,
        received: u32,
        /// Dossiers of other counters, which are not judged here.
        elsewhere: u32,
        digitized: u32,
        returned: u32,
        /// Returned with an electronic result.
        electronic: u32,
        reused: u32,
        /// Target of reuse in hundredths of a percent.
        target: u32,
        /// Dossiers of which something is missing.
        missing: u32,
        /// The first of these; a written table has all dossiers.
        lines: Vec<ComplianceLine>,
    }
    ComplianceLine {
        dossier: String,
        code: Option<String>,
        procedure_name: String,
        owner_name: String,
        received: Millis,
        /// Papers that are not in electronic form.
        papers: Vec<String>,
        /// The result was returned without an electronic one.
        result: bool,
    }
    TakenUp { counter: String, officer: String, at: Millis }
    Settlement { at: Millis, officer: String, differences: Vec<ConflictField> }
    /// A dossier of the office that another counter took in; the owner's number is masked.
    OfficeLine {
        id: String,
        code: String,
        owner_name: String,
        owner_number: String,
        procedure_name: String,
        state: DossierStateName,
        accepted_at: Millis,
        deadline: String,
        phase: PhaseName,
        seat: Option<Seat>,
        on_its_way: bool,
        officer: String,
        /// What the office calls the machine; may be empty.
        counter: String,
        holder: Option<Holder>,
    }
    /// A page of the office's queue.
    Queue {
        /// In the order of their days.
        lines: Vec<QueueLine>,
        /// So many fit what was asked for.
        count: u32,
        /// Pages begin at 0.
        page: u32,
        /// Lines of a full page.
        page_lines: u32,
        /// When the warehouse was heard last; none: not since the start.
        as_of: Option<Millis>,
        /// Units that have something.
        units: Vec<String>,
    }
    QueueLine {
        id: String,
        /// This machine has it.
        here: bool,
        code: Option<String>,
        owner_name: String,
        owner_number: String,
        procedure_name: String,
        accepted_at: Millis,
        /// Officer who accepted it.
        officer: String,
        /// What the office calls the counter that accepted it; may be empty.
        counter: String,
        /// When the result is due.
        due: String,
        phase: PhaseName,
        /// Who has it; none: the counter that accepted it.
        seat: Option<Seat>,
        on_its_way: bool,
        /// Who handed it on last; may be empty.
        moved_by: String,
        /// Since when it is there.
        moved_at: Option<Millis>,
    }
    /// Which lines of the queue a supervisor asks for; an empty unit or officer: at none.
    QueueAsk { unit: Option<String>, officer: Option<String>, state: Option<QueueStateName> }
    /// Who has how much.
    Overview {
        whole: Load,
        /// With whom it lies; what nobody handed on comes first.
        seats: Vec<SeatLoad>,
        /// Lines of this machine that did not leave.
        unsent: u32,
        /// Lines of this machine that wait for a person.
        attention: u32,
        as_of: Option<Millis>,
    }
    SeatLoad { seat: Option<Seat>, load: Load }
    /// Dossiers by state.
    Load { all: u32, late: u32, today: u32, soon: u32, awaiting: u32, to_return: u32, on_its_way: u32 }
    /// What became of one of several dossiers.
    TakenStep { id: String, refused: Option<AppError> }
    /// The machine that works on a dossier alone.
    Holder { counter: String, officer: String, until: Millis }
    /// Who works on the open dossier.
    Work { state: WorkState, holder: Option<Holder> }
    /// What this counter wants to send beside what the warehouse has.
    Conflict {
        op: String,
        dossier: String,
        kind: OutboxKind,
        at: Millis,
        held_by: Option<Holder>,
        differences: Vec<ConflictField>,
        /// Entries of lists that only this counter has; they are added.
        added: u32,
    }
    /// A value on which the sides differ. `field` is its name, `row` the component's number where it is one.
    ConflictField {
        field: String,
        row: Option<u32>,
        ours: Vec<Fact>,
        theirs: Vec<Fact>,
        /// The side that was taken; none where the officer decides.
        taken: Option<SideName>,
    }
    /// One line of a value: what it is, and how it is to be written.
    Fact { name: String, form: FactForm, text: String }
    /// The side an officer chose for a value.
    SideChoice { field: String, row: Option<u32>, side: SideName }
    Reconciliation { at: Millis, days: Vec<ReconciledDay> }
    ReconciledDay {
        /// `yyyy-MM-dd`.
        day: String,
        sent: u32,
        received: u32,
        kept: u32,
        waiting: u32,
        unknown: u32,
        differs: u32,
        /// Lines that are not simply received.
        lines: Vec<ReconciledLine>,
    }
    ReconciledLine {
        op: String,
        dossier: String,
        dossier_code: Option<String>,
        kind: OutboxKind,
        finding: FindingName,
        queued_at: Millis,
    }
    DossierLine {
        id: String,
        code: Option<String>,
        owner_name: String,
        /// Masked.
        owner_number: String,
        procedure_name: String,
        state: DossierStateName,
        /// By which form, of one that was not accepted.
        declined: Option<DeclineKind>,
        opened_at: Millis,
        /// When the result is owed, after everything that was promised since.
        deadline: Option<String>,
        /// Of an accepted dossier.
        phase: Option<PhaseName>,
        seat: Option<Seat>,
        on_its_way: bool,
        outbox: Option<OutboxStateName>,
        reused: u32,
        reprint: Vec<ReceiptChange>,
        guide_due: bool,
        /// Of an accepted dossier.
        fee_due: Money,
    }
    CapturedPage { image: String, thumbnail: String, width: u32, height: u32, dpi: u32 }
    Offer {
        document: String,
        code: String,
        name: String,
        blob: String,
        fit: Fit,
        reasons: Vec<String>,
        /// The file is on this machine.
        here: bool,
        provenance: Provenance,
        status: PaperStatus,
        kind: String,
        category: String,
        store: String,
        /// As the warehouse names it; empty is the owner's own.
        store_name: String,
        size: u32,
        owner_number: String,
        /// As the warehouse knows it.
        owner_name: String,
        decision_number: String,
        summary: String,
        uses: u32,
        issued_on: Option<String>,
        valid_until: Option<String>,
        issuer: String,
    }
    Offers { items: Vec<Offer>, fetched_at: Option<Millis>, problem: Option<String> }
    AutoRow { component: u32, outcome: AutoOutcome, count: u32 }
    AutoAttach {
        rows: Vec<AutoRow>,
        /// By the officer; rows that are not among `rows` were not reached.
        stopped: bool,
        dossier: Dossier,
    }
    CertificateChoice {
        fingerprint: String,
        slot: String,
        token_label: String,
        organization: String,
        valid_from: Millis,
        valid_until: Millis,
        authority: String,
        role: SignerRole,
        problem: Option<String>,
        untrusted: bool,
        pin_state: PinStateName,
        pin_pad: bool,
    }
    OutboxItem {
        op: String,
        dossier: String,
        dossier_code: Option<String>,
        kind: OutboxKind,
        state: OutboxStateName,
        sent: u32,
        total: u32,
        next_try: Option<Millis>,
        received_at: Option<Millis>,
        problem: Option<String>,
        attempts: u32,
        queued_at: Millis,
        last_error: Option<String>,
        /// When it was last put into a package; it stays in the outbox all the same.
        exported_at: Option<Millis>,
        /// Who took it back and why; also when that came too late and it was sent after all.
        withdrawal: Option<WithdrawalNote>,
        /// It answers a feedback, and is of no dossier.
        answers: bool,
    }
    /// Unsent work that was taken back by two officers.
    WithdrawalNote { at: Millis, officer: String, approved_by: String, reason: String, too_late: bool }
    /// Who may agree that unsent work is taken back: one of these where it takes a supervisor, any colleague elsewhere.
    Approvers { supervisor: bool, officers: Vec<Approver> }
    Approver { login: String, name: String }
    /// A package that was written, and the name of its file.
    ExportedPackage { file: String, operations: u32, dossiers: u32, files: u32, missing: u32 }
    /// A package of another machine that the warehouse keeps now; `taken`: everything in it had its effect.
    CarriedPackage { file: String, device: String, made_at: Millis, operations: u32, taken: bool }
    ScannerInfo { id: String, label: String }
    PrinterInfo { id: String, label: String, light: PrinterLight }
    PrintSettings {
        /// Queue for forms on A4 and A5; none: they are shown, and printed from the window.
        forms: Option<String>,
        forms_label: Option<String>,
        /// Queue for slips of 80 mm.
        slips: Option<String>,
        slips_label: Option<String>,
        /// The receipt is printed as soon as the dossier is accepted.
        at_acceptance: bool,
    }
    Print {
        number: u32,
        /// `receipt`, `control`, `slip`, `decline`, or the id of a step.
        form: String,
        at: Millis,
        officer: String,
        copies: u32,
        printer: String,
        state: PrintStateName,
        /// Code of what is in the way.
        trouble: Option<String>,
        /// The how manieth reprint; 0 is the first print.
        reprint: u32,
        /// Another receipt was made since.
        outdated: bool,
    }
    SignatureCheck {
        organization: String,
        authority: String,
        claimed_at: Option<Millis>,
        integrity: Integrity,
        trust: Trust,
        revocation: Revocation,
        verdict: Verdict,
        reasons: Vec<String>,
    }
    VerifyReport { document: Verdict, signatures: Vec<SignatureCheck> }
    /// What the PIN window shows; injected before its page loads.
    SignPrompt {
        job: String,
        title: String,
        token_label: String,
        documents: Vec<String>,
        pin_state: PinStateName,
        pin_pad: bool,
        certificate: CertificateChoice,
        /// Nothing of it is real.
        training: bool,
    }
    /// How far an act over several papers is; safe to lose.
    RowProgress {
        component: u32,
        done: u32,
        total: u32,
        received: u32,
        /// Bytes in all; 0 where nothing comes over the line.
        size: u32,
    }
    /// What became of a batch: rows that were not reached before the officer stopped are left.
    SignedRows { signed: Vec<u32>, left: Vec<u32>, dossier: Dossier }
    /// What became of a PIN: done with, or a new prompt for another click of the officer.
    PinAnswer { done: bool, retry: Option<SignPrompt> }
    /// Payload of `dossierChanged`.
    DossierChanged { id: String }
}

/// A person or organisation.
#[derive(Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Party {
    pub kind: PartyKind,
    pub number: String,
    pub aliases: Vec<String>,
    pub name: String,
    pub address: String,
    pub phone: String,
}

/// Debug output carries no personal data.
impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Party({:?})", self.kind)
    }
}

/// What is said about a paper.
#[derive(Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    pub kind: String,
    pub category: String,
    pub result_code: Option<String>,
    pub name: String,
    pub decision_number: String,
    pub summary: String,
    pub issuer: String,
    pub issued_on: Option<String>,
    pub valid_until: Option<String>,
    pub form: CopyForm,
    pub store: Store,
    pub shown: bool,
    pub shared: bool,
}

/// Debug output carries no personal data.
impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metadata({:?}, {:?})", self.form, self.store)
    }
}

/// Something an administrator does with an officer or a machine.
#[derive(Clone, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum AdminAct {
    AddOfficer {
        login: String,
        name: String,
        node: String,
    },
    NewSecret {
        login: String,
    },
    EndOfficer {
        login: String,
        ended: bool,
    },
    Grant {
        login: String,
        role: AdminRole,
        node: String,
        procedures: Option<String>,
        from: Option<String>,
        until: Option<String>,
    },
    Revoke {
        login: String,
        grant: u32,
    },
    MachineCode {
        agency: String,
        name: String,
    },
    MachineCodeAgain {
        machine: String,
    },
    RevokeMachine {
        machine: String,
    },
}

/// Progress of a scan; safe to lose.
#[derive(Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ScanEvent {
    Started,
    Page { page: CapturedPage, index: u32 },
    Finished { pages: u32 },
}
