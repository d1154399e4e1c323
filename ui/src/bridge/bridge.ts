import type {
  AppError, Approvers, AutoAttach, Book, CapturedPage, CarriedPackage, Category, CertificateChoice, Compliance, Conflict, ConsentMethod, CrashNote, Database, DeclineKind, DeclineReason, Dossier, DossierLine, ExportedPackage, FeedbackReason, FeeWish, Guides, IdentityCheck, Metadata, OfficeLine, Offers, OpenedDossier, OutboxItem, Party, ProcedureChoice, Reconciliation, ScanEvent, RowProgress, ScannerInfo, Shift, SideChoice, SignedRows, SignPrompt, PinAnswer, Status, StepWish, VerifyReport, WaitingCorrection, WaitingLine, Work, Overview, Queue, QueueAsk, QueueStateName, Seat, TakenStep, FeedbackLine, Judgement, AdminAct, AdminChange, AdminDiff, AdminDone, AdminPeople, AdminReport, AdminRow, AdminSheets, AdminStep, AdminVersion, PrinterInfo,
} from "./bindings";

export type * from "./bindings";

type Row = { id: string; component: number };

/** A PDF to be shown: a content held here, a printed form of a dossier (a step's id, "control" for form 05, "slip", "decline" for 02 or 03 of one that was not accepted), the book of these days (yyyy-MM-dd), or the hand-out of a guide. */
export type Paper = { blob: string } | { dossier: string; form: string } | { from: string; to: string } | { guide: string };

/** What is said when a form that is set here cannot be had. */
export const notSet = (paper: Exclude<Paper, { blob: string }>) => ("form" in paper ? "formFailed" : "guide" in paper ? "guideNotSet" : "bookNotSet");

/** Everything the screens may ask of the desk. `component` 0 is the dossier's result. */
export interface Bridge {
  status(): Promise<Status>;
  createVault(a: { officer: string; secret: string }): Promise<Status>;
  unlock(a: { officer: string; secret: string }): Promise<Status>;
  lock(): Promise<Status>;
  /** What the officer at the counter is called on receipts. */
  nameOfficer(a: { name: string }): Promise<Status>;
  /** An administrator's one-time code makes this machine known to the warehouse. */
  enrolMachine(a: { code: string }): Promise<Status>;
  /** Locks unless a job runs; the answer says which. */
  lockIdle(): Promise<Status>;
  crashNote(): Promise<CrashNote | null>;
  crashKnown(): Promise<void>;
  /** False when the officer closed the dialog. */
  saveCrashReport(): Promise<boolean>;
  checkIdentity(a: { number: string }): Promise<IdentityCheck>;
  findProcedures(a: { query: string }): Promise<ProcedureChoice[]>;
  categories(): Promise<Category[]>;
  /** Databases in which officers look things up. */
  databases(): Promise<Database[]>;
  /** "Khai thác từ CSDL": the row's paper is not handed in. */
  waive(a: Row & { database: string; note: string }): Promise<Dossier>;
  openDossier(a: { channel: string; returnMethod: string; owner: Party; submitter: Party | null; procedureCode: string; caseCode: string }): Promise<Dossier>;
  updateDossier(a: { id: string; channel: string; returnMethod: string; owner: Party; submitter: Party | null; caseCode: string }): Promise<Dossier>;
  recheckIdentity(a: { id: string }): Promise<Dossier>;
  dossier(a: { id: string }): Promise<Dossier>;
  listDossiers(a: { query: string }): Promise<DossierLine[]>;
  listScanners(): Promise<ScannerInfo[]>;
  chooseScanner(a: { id: string }): Promise<Status>;
  listPrinters(): Promise<PrinterInfo[]>;
  choosePrinters(a: { forms: string | null; slips: string | null; atAcceptance: boolean }): Promise<Status>;
  printForm(a: { id: string; form: string }): Promise<Dossier>;
  cancelPrint(a: { id: string; number: number }): Promise<Dossier>;
  scan(a: Row & { source: "auto" | "flatbed" | "feeder"; gray: boolean }, onEvent: (event: ScanEvent) => void): Promise<CapturedPage[]>;
  capturedPages(a: Row): Promise<CapturedPage[]>;
  removePage(a: Row & { index: number }): Promise<CapturedPage[]>;
  restorePage(a: Row & { index: number; image: string }): Promise<CapturedPage[]>;
  movePage(a: Row & { from: number; to: number }): Promise<CapturedPage[]>;
  discardCapture(a: Row): Promise<Dossier>;
  finishCapture(a: Row): Promise<Dossier>;
  cancelJob(a: { job: "scan" | "sign" | "fetch" | "sync" | "convert" }): Promise<void>;
  attachFile(a: Row): Promise<Dossier | null>;
  /** Is there a program on this machine that makes PDFs of Word files. */
  converterReady(): Promise<boolean>;
  /** "Chuyển sang PDF": the row's Word file becomes a PDF and stays as its origin. */
  convertWord(a: Row): Promise<Dossier>;
  /** The Word file takes the place of the PDF that was made of it. */
  restoreWord(a: Row): Promise<Dossier>;
  detach(a: Row): Promise<Dossier>;
  offers(a: Row): Promise<Offers>;
  autoAttach(a: { id: string }, onProgress: (at: RowProgress) => void): Promise<AutoAttach>;
  take(a: Row & { document: string; nationalConfirmed: ConsentMethod | null }, onProgress: (at: RowProgress) => void): Promise<Dossier>;
  /** The paper's file on this machine, to be looked at or saved; answers its content id. */
  bringPaper(a: { id: string; document: string }, onProgress: (at: RowProgress) => void): Promise<string>;
  /** A file whose time on this machine is over, from the warehouse again. */
  bringBack(a: { blob: string }, onProgress: (at: RowProgress) => void): Promise<void>;
  /** "Tải về" into a place the officer picks; false when the dialog was closed. */
  saveFile(a: { blob: string; name: string }): Promise<boolean>;
  confirmReuse(a: { id: string; method: ConsentMethod }): Promise<Dossier>;
  /** "Phản ánh về kết quả giải quyết". */
  reportPaper(a: { id: string; document: string; reason: FeedbackReason; text: string }): Promise<Dossier>;
  certificates(): Promise<CertificateChoice[]>;
  /** Answers when all is signed or the officer stopped; hears nothing before the token took the PIN. */
  sign(a: { id: string; components: number[]; fingerprint: string }, onProgress: (at: RowProgress) => void): Promise<SignedRows>;
  suggestMetadata(a: Row): Promise<Metadata>;
  digitize(a: Row & { metadata: Metadata }): Promise<Dossier>;
  accept(a: { id: string }): Promise<Dossier>;
  /** The receipt was printed for the citizen; nothing asks for it again. */
  receiptPrinted(a: { id: string; receipt: string }): Promise<Dossier>;
  /** The owner was told how to get an identity account. */
  guided(a: { id: string }): Promise<Dossier>;
  returnResult(a: { id: string; metadata: Metadata }): Promise<Dossier>;
  /** A payment, relief or reversal in the fees of an accepted dossier. */
  enterFee(a: { id: string; wish: FeeWish }): Promise<Dossier>;
  /** Says rightly what the warehouse did not take. */
  mendFee(a: { id: string; entry: string; wish: FeeWish }): Promise<Dossier>;
  /** The number that follows the officer's last receipt. */
  nextFeeReceipt(): Promise<string | null>;
  /** A step of an accepted dossier; the colleague and his secret where one has to agree. */
  takeStep(a: { id: string; wish: StepWish; approver: string | null; secret: string | null }): Promise<Dossier>;
  /** Units it may be handed to, those used last first. */
  addPaper(a: { id: string; name: string }): Promise<Dossier>;
  seats(): Promise<string[]>;
  /** "Bàn xử lý": what was handed to the officer, or to anybody of his unit; with `unit` all of that unit. */
  bench(a: { unit: string | null; state: QueueStateName | null; page: number }): Promise<Queue>;
  /** "Giám sát": the queue of the whole office. */
  officeQueue(a: { ask: QueueAsk; page: number }): Promise<Queue>;
  officeOverview(): Promise<Overview>;
  /** Name of the file, or null when the dialog was closed. */
  saveOfficeQueue(a: { ask: QueueAsk }): Promise<string | null>;
  /** Hands several dossiers on, or takes them over when nobody is named; each is told apart. */
  takeSeveral(a: { ids: string[]; to: Seat | null; note: string }): Promise<TakenStep[]>;
  /** A supervisor gives work to somebody else, and says why. */
  reassign(a: { ids: string[]; to: Seat; reason: string }): Promise<TakenStep[]>;
  /** Asks for a correction of a returned result; the file is picked in a dialog, null when that was closed. */
  askCorrection(a: { id: string; reason: FeedbackReason; text: string }): Promise<Dossier | null>;
  /** A colleague agrees to the file he saw, by his own secret. */
  approveCorrection(a: { id: string; blob: string; approver: string; secret: string }): Promise<Dossier>;
  /** A supervisor does not, and says why. */
  refuseCorrection(a: { id: string; blob: string; reason: string }): Promise<Dossier>;
  /** Whoever asked takes it back. */
  takeBackCorrection(a: { id: string; blob: string }): Promise<Dossier>;
  /** "Chờ duyệt", the longest first; for a supervisor. */
  correctionsWaiting(): Promise<WaitingCorrection[]>;
  /** Dossiers of the portal that wait to be accepted, as heard last. */
  submissions(): Promise<WaitingLine[]>;
  /** Opens one of them as a draft here; `force` takes it from the counter that looks into it. */
  openSubmission(a: { id: string; force: boolean }, onProgress: (at: RowProgress) => void): Promise<OpenedDossier>;
  declineReasons(): Promise<DeclineReason[]>;
  /** "Không tiếp nhận" of a draft; a reason in words alone has no code. */
  decline(a: { id: string; kind: DeclineKind; reasons: DeclineReason[] }): Promise<Dossier>;
  /** Why an agency's dossier is accepted though the rule is not kept; empty takes that back. */
  setException(a: { id: string; reason: string }): Promise<Dossier>;
  /** Feedback this office has to do with; what waits for it first. */
  feedback(): Promise<FeedbackLine[]>;
  answerFeedback(a: { id: string; judgement: Judgement; text: string }): Promise<void>;
  /** False when the dialog was closed. */
  correctPaper(a: { id: string; text: string }): Promise<boolean>;
  /** The content of the paper, which is on this machine then. */
  bringReported(a: { id: string }, onProgress: (at: RowProgress) => void): Promise<string>;
  /** "Trả lại danh sách"; `confirmed`: the officer knows that papers of this counter stay here. */
  giveBackSubmission(a: { id: string; confirmed: boolean }): Promise<Dossier>;
  /** "Bỏ hồ sơ nháp", and back. */
  discardDraft(a: { id: string; reason: string }): Promise<Dossier>;
  restoreDraft(a: { id: string }): Promise<Dossier>;
  /** Drafts that were set aside, the last first. */
  listSetAside(a: { query: string }): Promise<DossierLine[]>;
  /** The administrator's lists in a version; null is the one in force. */
  adminSheets(a: { version: number | null }): Promise<AdminSheets>;
  adminRows(a: { version: number; sheet: string }): Promise<AdminRow[]>;
  adminChange(a: AdminChange): Promise<AdminReport>;
  adminVersions(): Promise<AdminVersion[]>;
  adminDiff(a: { from: number; to: number }): Promise<AdminDiff[]>;
  adminHistory(a: { sheet: string; key: string }): Promise<AdminStep[]>;
  adminPeople(): Promise<AdminPeople>;
  adminAct(a: AdminAct): Promise<AdminDone>;
  /** What the officer took on a day (yyyy-MM-dd) at this counter. */
  feeShift(a: { day: string }): Promise<Shift>;
  /** Name of the file, or null when the dialog was closed. */
  saveFeeShift(a: { day: string }): Promise<string | null>;
  /** What the office accepted from one day to another (yyyy-MM-dd, both counted). */
  book(a: { from: string; to: string }): Promise<Book>;
  /** Name of the file, or null when the dialog was closed. */
  saveBook(a: { from: string; to: string }): Promise<string | null>;
  /** The same days held against what the law asks of every dossier. */
  compliance(a: { from: string; to: string }): Promise<Compliance>;
  /** Name of the file, or null when the dialog was closed. */
  saveCompliance(a: { from: string; to: string }): Promise<string | null>;
  /** What the officer tells citizens today, and what digitizing rests on. */
  guides(): Promise<Guides>;
  outbox(a: { all: boolean }): Promise<OutboxItem[]>;
  syncNow(): Promise<Status>;
  /** "Gửi lại" of a line that needs a person. */
  resend(a: { op: string }): Promise<Status>;
  /** "Xuất gói" of one unsent line, or of all; null when the officer chose no place. */
  carryPackage(onProgress: (at: RowProgress) => void): Promise<CarriedPackage | null>;
  exportPackage(a: { op: string | null }): Promise<ExportedPackage | null>;
  /** The lines that go when this one is taken back. */
  withdrawalOf(a: { op: string }): Promise<OutboxItem[]>;
  /** Who may agree to it. */
  withdrawalApprovers(): Promise<Approvers>;
  withdraw(a: { op: string; reason: string; approver: string; secret: string }): Promise<Status>;
  /** Name of the file, or null when the dialog was closed. */
  saveWithdrawn(a: { op: string }): Promise<string | null>;
  /** Dossiers of the office that other counters took in. */
  listOffice(a: { query: string }): Promise<OfficeLine[]>;
  /** Goes on with one of them. */
  takeUp(a: { id: string }): Promise<Dossier>;
  /** The dossier is open here: who works on it. `force` takes it from another counter. */
  beginWork(a: { id: string; force: boolean }): Promise<Work>;
  endWork(a: { id: string }): Promise<void>;
  /** Both sides of a line; null when there is no conflict any more. */
  conflict(a: { op: string }): Promise<Conflict | null>;
  settleConflict(a: { op: string; choices: SideChoice[] }): Promise<Dossier>;
  /** What left in the last days against what the warehouse has. */
  reconcile(a: { days: number }): Promise<Reconciliation>;
  sendAgain(a: { ops: string[] }): Promise<Status>;
  verifyFile(a: { blob: string }): Promise<VerifyReport>;
  /** "Mở bản tập huấn": another window; answers when it begins. */
  openTraining(): Promise<void>;
  /** "Thử mất mạng", in the training alone. */
  simulateOutage(a: { cut: boolean }): Promise<Status>;
  /** "Làm lại từ đầu": the training begins anew, and this window with it. */
  resetTraining(): Promise<void>;
  /** The officer has seen the first tour. */
  endTour(): Promise<Status>;

  /** Address of a page picture. */
  imageUrl(blob: string): string;
  /** Bytes of a PDF, for the viewer only. */
  pdf(paper: Paper): Promise<Uint8Array<ArrayBuffer>>;
  /** Facts nobody asked for; returns how to stop listening. */
  onStatus(heard: (status: Status) => void): () => void;
  onDossier(heard: (id: string) => void): () => void;
  /** The moment now; the screens never read the clock themselves. */
  now(): number;
}

/** The PIN window's whole world. */
export interface PinBridge {
  prompt: SignPrompt;
  submitPin(a: { pin: string | null }): Promise<PinAnswer>;
}

/** An error of the desk as a real exception. */
export class DeskFailure extends Error {
  readonly error: AppError;
  constructor(error: AppError) {
    super(error.code);
    this.name = "DeskFailure";
    this.error = error;
  }
}
