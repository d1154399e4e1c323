// pdf.js only shows pages: legacy build, loaded with the first page shown, no scripting, no forms, no eval.
import type { PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";

const DPI = 150;

export async function openPdf(data: Uint8Array<ArrayBuffer>): Promise<PDFDocumentProxy> {
  const [pdfjs, worker] = await Promise.all([
    import("pdfjs-dist/legacy/build/pdf.mjs"),
    import("pdfjs-dist/legacy/build/pdf.worker.min.mjs?url"),
  ]);
  pdfjs.GlobalWorkerOptions.workerSrc = worker.default;
  const base = new URL("./pdfjs/", document.baseURI).href;
  return pdfjs.getDocument({
    data,
    isEvalSupported: false,
    enableXfa: false,
    useWorkerFetch: false,
    cMapUrl: `${base}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${base}standard_fonts/`,
    wasmUrl: `${base}wasm/`,
    iccUrl: `${base}iccs/`,
  }).promise;
}

/** Most pages that are printed at once: all of them are drawn before, some nine megabytes each. */
export const MOST_PRINTED = 40;

/** Draws one page so wide, never finer than 150 dpi; one that is to be printed as finely as that, and tells when it is done. Returns how to stop and free it. */
export function draw(pdf: PDFDocumentProxy, number: number, canvas: HTMLCanvasElement, width: number, drawn?: () => void): () => void {
  let stopped = false;
  let stop = () => {};
  void (async () => {
    const page = await pdf.getPage(number);
    if (stopped) return;
    const natural = page.getViewport({ scale: 1 });
    const scale = drawn ? DPI / 72 : Math.min((width * window.devicePixelRatio) / natural.width, DPI / 72);
    const viewport = page.getViewport({ scale });
    canvas.width = Math.round(viewport.width);
    canvas.height = Math.round(viewport.height);
    const task = page.render({ canvas, viewport, annotationMode: 1 });
    stop = () => task.cancel();
    await task.promise.catch(() => undefined);
    page.cleanup();
    if (!stopped) drawn?.();
  })();
  return () => {
    stopped = true;
    stop();
    canvas.width = canvas.height = 0;
  };
}
