// Names and shapes of what crosses between window and desk. IDs are strings, moments are milliseconds
// since 1970, days are "yyyy-MM-dd".

export type AppError = { code: string; params: { [k: string]: string }; reference: string };
export type Status = {
  vault: "absent" | "locked" | "open"; officers: string[]; officer: string | null;
  agencyName: string; unitName: string; version: string;
  online: boolean | null;            // null = not tried yet
  lastContact: number | null; queued: number; attention: number;
  token: "none" | "present" | "locked"; tokenLabel: string | null; scannerId: string | null;
  referenceVersion: number; blockLeft: number };
export type Party = { kind: "citizen" | "enterprise" | "agency"; number: string; aliases: string[]; name: string; address: string; phone: string };
export type IdentityCheck = { outcome: "notAsked" | "registered" | "notRegistered" | "serviceDown" | "offline"; at: number | null; cached: boolean; guide: string | null; number: string /* normalised */; kind: string; earlier: Party | null; suggestedName: string | null };
export type ProcedureChoice = { code: string; name: string; field: string; level: string; agencyApplicant: boolean; cases: { code: string; name: string; workingDays: number; fee: number }[]; componentCount: number };
export type SignatureMark = { role: "officer" | "agency" | "other"; signer: string; at: number };
export type Attachment = { blob: string; size: number; pages: number; mediaType: string; source: "scan" | "file" | "warehouse"; dpi: number | null; document: string | null; signatures: SignatureMark[]; digitized: boolean; outbox: OutboxStateName | null };
export type ComponentRow = { number: number; name: string; form: CopyForm; quantity: number; required: boolean; entersWarehouse: boolean; resultCodes: string[]; attachment: Attachment | null; reservation: { document: string; problem: string | null } | null;
  matches: number; matchesAt: number | null; // "Kho số hóa" badge: papers that fit, as known here
  capturing: number; // pages scanned but not finished
  needsSignature: "none" | "officer" | "agency"; canDigitize: boolean };
export type CopyForm = "original" | "trueCopy" | "certifiedCopy" | "copyOfCopy" | "extract" | "copy";
export type Problem = { field: string; code: string };
export type Dossier = { id: string; code: string | null; channel: "direct" | "postal" | "online"; returnMethod: "counter" | "postal" | "electronic";
  owner: Party; submitter: Party | null; identity: IdentityCheck; procedureCode: string; procedureName: string; caseCode: string; caseName: string; workingDays: number; fee: number;
  components: ComponentRow[]; unconfirmedReuse: number; consents: { at: number; method: ConsentMethod; count: number; national: boolean }[];
  state: "draft" | "accepted" | "completed"; acceptedAt: number | null; deadline: string | null; deadlineReason: string | null; completedAt: number | null;
  result: { attachment: Attachment; metadata: Metadata } | null; resultCapturing: number; receipt: string | null; officer: string; openedAt: number; problems: Problem[];
  outbox: OutboxItem[] };
export type DossierLine = { id: string; code: string | null; ownerName: string; ownerNumber: string /* masked */; procedureName: string; state: "draft" | "accepted" | "completed"; openedAt: number; deadline: string | null; outbox: OutboxStateName | null; reused: number };
export type ConsentMethod = "spoken" | "paper" | "pad";
export type Metadata = { kind: string; category: string; resultCode: string | null; name: string; decisionNumber: string; summary: string; issuer: string; issuedOn: string | null; validUntil: string | null; form: CopyForm; store: "agency" | "personal"; shown: boolean; shared: boolean };
export type CapturedPage = { image: string; thumbnail: string; width: number; height: number; dpi: number };
export type Offer = { document: string; code: string; name: string; blob: string; fit: "exact" | "suggested" | "unfit"; reasons: string[]; here: boolean; provenance: "provincial" | "national" | "nationalNotSynced"; status: "valid" | "expired" | "cancelled" | "unsigned" | "badSignature"; kind: string; category: string; store: string; size: number; ownerNumber: string; decisionNumber: string; summary: string; uses: number; issuedOn: string | null; validUntil: string | null; issuer: string };
export type Offers = { items: Offer[]; fetchedAt: number | null; online: boolean };
export type AutoAttach = { rows: { component: number; outcome: "attached" | "ambiguous" | "none"; count: number }[]; dossier: Dossier };
export type CertificateChoice = { fingerprint: string; slot: string; tokenLabel: string; organization: string; validFrom: number; validUntil: number; authority: string; role: "officer" | "agency"; problem: string | null; pinState: "normal" | "low" | "lastTry" | "locked" | "mustChange"; pinPad: boolean };
export type OutboxStateName = "queued" | "sending" | "waiting" | "received" | "attention";
export type OutboxItem = { op: string; dossier: string; dossierCode: string | null; kind: "document" | "acceptance" | "result"; state: OutboxStateName; sent: number; total: number; nextTry: number | null; receivedAt: number | null; problem: string | null; attempts: number; queuedAt: number; lastError: string | null };
export type ScannerInfo = { id: string; label: string };
export type VerifyReport = { document: "passed" | "indeterminate" | "failed"; signatures: { organization: string; authority: string; claimedAt: number | null; integrity: "intact" | "changed" | "broken"; trust: "trusted" | "untrusted" | "expired" | "notYetValid" | "revoked" | "notForSigning"; verdict: "passed" | "indeterminate" | "failed"; reasons: string[] }[] };
export type ScanEvent = { kind: "started" } | { kind: "page"; page: CapturedPage; index: number } | { kind: "finished"; pages: number };
export type SignPrompt = { job: string; title: string; tokenLabel: string; documents: string[]; pinState: string; pinPad: boolean; certificate: CertificateChoice };
export type PinAnswer = { done: boolean; retry: SignPrompt | null };
export type Category = { name: string; resultCodes: string[] };
