// The only file that knows Tauri, besides the generated commands it calls.
import { Channel, convertFileSrc } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { commands, type IntakeChannel, type ReturnMethod } from "./bindings";
import { type AppError, type Bridge, DeskFailure, notSet, type Paper, type PinBridge, type SignPrompt, type Status } from "./bridge";

/** A command of the desk; what it rejects with becomes a real exception. */
async function call<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (reason) {
    throw new DeskFailure(asAppError(reason));
  }
}

function asAppError(reason: unknown): AppError {
  if (typeof reason === "object" && reason !== null && "code" in reason) return reason as AppError;
  return { code: "internal", params: {}, reference: "" };
}

function hear<T>(event: string, heard: (payload: T) => void): () => void {
  const stop = listen<T>(event, (message) => heard(message.payload));
  return () => void stop.then((unlisten) => unlisten());
}

function channel<T>(heard: (message: T) => void): Channel<T> {
  const made = new Channel<T>();
  made.onmessage = heard;
  return made;
}

const pageUrl = (blob: string, type: "jpeg" | "pdf") => `${convertFileSrc(blob, "page")}?type=${type}`;

/** `convertFileSrc` escapes the slashes of a path, so that a form's stands behind the bare origin. */
const formUrl = (path: string) => `${convertFileSrc("", "page")}${path}?type=pdf`;
function pdfUrl(paper: Paper): string {
  if ("blob" in paper) return pageUrl(paper.blob, "pdf");
  if ("guide" in paper) return formUrl(`guide/${paper.guide}`);
  return formUrl("form" in paper ? `form/${paper.dossier}/${paper.form}` : `book/${paper.from}/${paper.to}`);
}

export const bridge: Bridge = {
  status: () => call(commands.status()),
  createVault: (a) => call(commands.createVault(a.officer, a.secret)),
  unlock: (a) => call(commands.unlock(a.officer, a.secret)),
  lock: () => call(commands.lock()),
  nameOfficer: (a) => call(commands.nameOfficer(a.name)),
  enrolMachine: (a) => call(commands.enrolMachine(a.code)),
  lockIdle: () => call(commands.lockIdle()),
  crashNote: () => call(commands.crashNote()),
  crashKnown: async () => void (await call(commands.crashKnown())),
  saveCrashReport: () => call(commands.saveCrashReport()),
  checkIdentity: (a) => call(commands.checkIdentity(a.number)),
  findProcedures: (a) => call(commands.findProcedures(a.query)),
  categories: () => call(commands.categories()),
  databases: () => call(commands.databases()),
  waive: (a) => call(commands.waive(a.id, a.component, a.database, a.note)),
  openDossier: (a) => call(commands.openDossier(a.channel as IntakeChannel, a.returnMethod as ReturnMethod, a.owner, a.submitter, a.procedureCode, a.caseCode)),
  updateDossier: (a) => call(commands.updateDossier(a.id, a.channel as IntakeChannel, a.returnMethod as ReturnMethod, a.owner, a.submitter, a.caseCode)),
  recheckIdentity: (a) => call(commands.recheckIdentity(a.id)),
  dossier: (a) => call(commands.dossier(a.id)),
  listDossiers: (a) => call(commands.listDossiers(a.query)),
  listScanners: () => call(commands.listScanners()),
  chooseScanner: (a) => call(commands.chooseScanner(a.id)),
  listPrinters: () => call(commands.listPrinters()),
  choosePrinters: (a) => call(commands.choosePrinters(a.forms, a.slips, a.atAcceptance)),
  printForm: (a) => call(commands.printForm(a.id, a.form)),
  cancelPrint: (a) => call(commands.cancelPrint(a.id, a.number)),
  scan: (a, onEvent) => call(commands.scan(a.id, a.component, a.source, a.gray, channel(onEvent))),
  capturedPages: (a) => call(commands.capturedPages(a.id, a.component)),
  removePage: (a) => call(commands.removePage(a.id, a.component, a.index)),
  restorePage: (a) => call(commands.restorePage(a.id, a.component, a.index, a.image)),
  movePage: (a) => call(commands.movePage(a.id, a.component, a.from, a.to)),
  discardCapture: (a) => call(commands.discardCapture(a.id, a.component)),
  finishCapture: (a) => call(commands.finishCapture(a.id, a.component)),
  cancelJob: async (a) => void (await call(commands.cancelJob(a.job))),
  attachFile: (a) => call(commands.attachFile(a.id, a.component)),
  converterReady: () => call(commands.converterReady()),
  convertWord: (a) => call(commands.convertWord(a.id, a.component)),
  restoreWord: (a) => call(commands.restoreWord(a.id, a.component)),
  detach: (a) => call(commands.detach(a.id, a.component)),
  offers: (a) => call(commands.offers(a.id, a.component)),
  autoAttach: (a, onProgress) => call(commands.autoAttach(a.id, channel(onProgress))),
  take: (a, onProgress) => call(commands.take(a.id, a.component, a.document, a.nationalConfirmed, channel(onProgress))),
  bringBack: async (a, onProgress) => void (await call(commands.bringBack(a.blob, channel(onProgress)))),
  bringPaper: (a, onProgress) => call(commands.bringPaper(a.id, a.document, channel(onProgress))),
  saveFile: (a) => call(commands.saveFile(a.blob, a.name)),
  confirmReuse: (a) => call(commands.confirmReuse(a.id, a.method)),
  reportPaper: (a) => call(commands.reportPaper(a.id, a.document, a.reason, a.text)),
  certificates: () => call(commands.certificates()),
  sign: (a, onProgress) => call(commands.sign(a.id, a.components, a.fingerprint, channel(onProgress))),
  suggestMetadata: (a) => call(commands.suggestMetadata(a.id, a.component)),
  digitize: (a) => call(commands.digitize(a.id, a.component, a.metadata)),
  accept: (a) => call(commands.accept(a.id)),
  guided: (a) => call(commands.guided(a.id)),
  receiptPrinted: (a) => call(commands.receiptPrinted(a.id, a.receipt)),
  returnResult: (a) => call(commands.returnResult(a.id, a.metadata)),
  enterFee: (a) => call(commands.enterFee(a.id, a.wish)),
  mendFee: (a) => call(commands.mendFee(a.id, a.entry, a.wish)),
  nextFeeReceipt: () => call(commands.nextFeeReceipt()),
  takeStep: (a) => call(commands.takeStep(a.id, a.wish, a.approver, a.secret)),
  addPaper: (a) => call(commands.addPaper(a.id, a.name)),
  seats: () => call(commands.seats()),
  bench: (a) => call(commands.bench(a.unit, a.state, a.page)),
  officeQueue: (a) => call(commands.officeQueue(a.ask, a.page)),
  officeOverview: () => call(commands.officeOverview()),
  saveOfficeQueue: (a) => call(commands.saveOfficeQueue(a.ask)),
  takeSeveral: (a) => call(commands.takeSeveral(a.ids, a.to, a.note)),
  reassign: (a) => call(commands.reassign(a.ids, a.to, a.reason)),
  askCorrection: (a) => call(commands.askCorrection(a.id, a.reason, a.text)),
  approveCorrection: (a) => call(commands.approveCorrection(a.id, a.blob, a.approver, a.secret)),
  refuseCorrection: (a) => call(commands.refuseCorrection(a.id, a.blob, a.reason)),
  takeBackCorrection: (a) => call(commands.takeBackCorrection(a.id, a.blob)),
  correctionsWaiting: () => call(commands.correctionsWaiting()),
  submissions: () => call(commands.submissions()),
  openSubmission: (a, onProgress) => call(commands.openSubmission(a.id, a.force, channel(onProgress))),
  declineReasons: () => call(commands.declineReasons()),
  decline: (a) => call(commands.decline(a.id, a.kind, a.reasons)),
  setException: (a) => call(commands.setException(a.id, a.reason)),
  feedback: () => call(commands.feedback()),
  answerFeedback: async (a) => void (await call(commands.answerFeedback(a.id, a.judgement, a.text))),
  correctPaper: (a) => call(commands.correctPaper(a.id, a.text)),
  bringReported: (a, onProgress) => call(commands.bringReported(a.id, channel(onProgress))),
  giveBackSubmission: (a) => call(commands.giveBackSubmission(a.id, a.confirmed)),
  discardDraft: (a) => call(commands.discardDraft(a.id, a.reason)),
  restoreDraft: (a) => call(commands.restoreDraft(a.id)),
  listSetAside: (a) => call(commands.listSetAside(a.query)),
  adminSheets: (a) => call(commands.adminSheets(a.version)),
  adminRows: (a) => call(commands.adminRows(a.version, a.sheet)),
  adminChange: (a) => call(commands.adminChange(a)),
  adminVersions: () => call(commands.adminVersions()),
  adminDiff: (a) => call(commands.adminDiff(a.from, a.to)),
  adminHistory: (a) => call(commands.adminHistory(a.sheet, a.key)),
  adminPeople: () => call(commands.adminPeople()),
  adminAct: (a) => call(commands.adminAct(a)),
  feeShift: (a) => call(commands.feeShift(a.day)),
  saveFeeShift: (a) => call(commands.saveFeeShift(a.day)),
  book: (a) => call(commands.book(a.from, a.to)),
  saveBook: (a) => call(commands.saveBook(a.from, a.to)),
  compliance: (a) => call(commands.compliance(a.from, a.to)),
  saveCompliance: (a) => call(commands.saveCompliance(a.from, a.to)),
  guides: () => call(commands.guides()),
  outbox: (a) => call(commands.outbox(a.all)),
  syncNow: () => call(commands.syncNow()),
  resend: (a) => call(commands.resend(a.op)),
  withdrawalOf: (a) => call(commands.withdrawalOf(a.op)),
  withdrawalApprovers: () => call(commands.withdrawalApprovers()),
  withdraw: (a) => call(commands.withdraw(a.op, a.reason, a.approver, a.secret)),
  saveWithdrawn: (a) => call(commands.saveWithdrawn(a.op)),
  carryPackage: (onProgress) => call(commands.carryPackage(channel(onProgress))),
  exportPackage: (a) => call(commands.exportPackage(a.op)),
  listOffice: (a) => call(commands.listOffice(a.query)),
  takeUp: (a) => call(commands.takeUp(a.id)),
  beginWork: (a) => call(commands.beginWork(a.id, a.force)),
  endWork: async (a) => void (await call(commands.endWork(a.id))),
  conflict: (a) => call(commands.conflict(a.op)),
  settleConflict: (a) => call(commands.settleConflict(a.op, a.choices)),
  reconcile: (a) => call(commands.reconcile(a.days)),
  sendAgain: (a) => call(commands.sendAgain(a.ops)),
  verifyFile: (a) => call(commands.verifyFile(a.blob)),
  openTraining: async () => void (await call(commands.openTraining())),
  simulateOutage: (a) => call(commands.simulateOutage(a.cut)),
  resetTraining: async () => void (await call(commands.resetTraining())),
  endTour: () => call(commands.endTour()),
  imageUrl: (blob) => pageUrl(blob, "jpeg"),
  pdf: async (paper) => {
    const answer = await fetch(pdfUrl(paper));
    if (answer.status === 423) throw new DeskFailure({ code: "offlineGraceOver", params: {}, reference: "" });
    if (answer.status === 410) throw new DeskFailure({ code: "fileOnlyThere", params: {}, reference: "" });
    if (!answer.ok) throw new DeskFailure({ code: "blob" in paper ? "documentUnknown" : notSet(paper), params: {}, reference: "" });
    return new Uint8Array(await answer.arrayBuffer());
  },
  onStatus: (heard) => hear<Status>("statusChanged", heard),
  onDossier: (heard) => hear<{ id: string }>("dossierChanged", (payload) => heard(payload.id)),
  now: () => Date.now(),
};

/** The PIN window: its prompt was put there before the page was loaded. */
export function pinBridge(): PinBridge {
  const prompt = (window as unknown as { __PROMPT__: SignPrompt }).__PROMPT__;
  return { prompt, submitPin: (a) => call(commands.submitPin(a.pin)) };
}
