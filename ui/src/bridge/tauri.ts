// The only file that knows Tauri.
import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { type AppError, type Bridge, DeskFailure, type PinBridge, type ScanEvent, type SignPrompt, type Status } from "./bridge";

/** `createVault` of the page is `create_vault` of the desk. */
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

async function call<T>(name: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(snake(name), args);
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

const pageUrl = (blob: string, type: "jpeg" | "pdf") => `${convertFileSrc(blob, "page")}?type=${type}`;

export const bridge: Bridge = {
  status: () => call("status"),
  createVault: (a) => call("createVault", a),
  unlock: (a) => call("unlock", a),
  lock: () => call("lock"),
  checkIdentity: (a) => call("checkIdentity", a),
  findProcedures: (a) => call("findProcedures", a),
  categories: () => call("categories"),
  openDossier: (a) => call("openDossier", a),
  updateDossier: (a) => call("updateDossier", a),
  recheckIdentity: (a) => call("recheckIdentity", a),
  dossier: (a) => call("dossier", a),
  listDossiers: (a) => call("listDossiers", a),
  listScanners: () => call("listScanners"),
  chooseScanner: (a) => call("chooseScanner", a),
  scan: (a, onEvent) => {
    const channel = new Channel<ScanEvent>();
    channel.onmessage = onEvent;
    return call("scan", { ...a, onEvent: channel });
  },
  capturedPages: (a) => call("capturedPages", a),
  removePage: (a) => call("removePage", a),
  restorePage: (a) => call("restorePage", a),
  movePage: (a) => call("movePage", a),
  discardCapture: (a) => call("discardCapture", a),
  finishCapture: (a) => call("finishCapture", a),
  cancelJob: (a) => call("cancelJob", a),
  attachFile: (a) => call("attachFile", a),
  detach: (a) => call("detach", a),
  offers: (a) => call("offers", a),
  autoAttach: (a) => call("autoAttach", a),
  take: (a) => call("take", a),
  confirmReuse: (a) => call("confirmReuse", a),
  certificates: () => call("certificates"),
  sign: (a) => call("sign", a),
  suggestMetadata: (a) => call("suggestMetadata", a),
  digitize: (a) => call("digitize", a),
  accept: (a) => call("accept", a),
  returnResult: (a) => call("returnResult", a),
  outbox: (a) => call("outbox", a),
  syncNow: () => call("syncNow"),
  verifyFile: (a) => call("verifyFile", a),
  imageUrl: (blob) => pageUrl(blob, "jpeg"),
  pdf: async (blob) => {
    const answer = await fetch(pageUrl(blob, "pdf"));
    if (!answer.ok) throw new DeskFailure({ code: "documentUnknown", params: {}, reference: "" });
    return new Uint8Array(await answer.arrayBuffer());
  },
  onStatus: (heard) => hear<Status>("statusChanged", heard),
  onDossier: (heard) => hear<{ id: string }>("dossierChanged", (payload) => heard(payload.id)),
  now: () => Date.now(),
};

/** The PIN window: its prompt was put there before the page was loaded. */
export function pinBridge(): PinBridge {
  const prompt = (window as unknown as { __PROMPT__: SignPrompt }).__PROMPT__;
  return { prompt, submitPin: (a) => call("submitPin", a) };
}
