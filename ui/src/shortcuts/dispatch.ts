import { type Act, type Scope, SHORTCUTS } from "./table";

type Handler = () => void;
type Handlers = Partial<Record<Act, Handler>>;

const layers: Handlers[] = [];
let dialogs = 0;

/** Puts a screen's handlers on top; returns how to take them off. Fits `$effect`. */
export function handle(handlers: Handlers): () => void {
  layers.push(handlers);
  return () => {
    layers.splice(layers.lastIndexOf(handlers), 1);
  };
}

/** While a dialog is open only its own keys count. */
export function holdForDialog(): () => void {
  dialogs += 1;
  return () => {
    dialogs -= 1;
  };
}

function matches(event: KeyboardEvent, scope: Scope) {
  return SHORTCUTS.find(
    (s) =>
      s.scope === scope && s.code === event.code && (s.ctrl ?? false) === (event.ctrlKey || event.metaKey) &&
      (s.alt ?? false) === event.altKey && !event.shiftKey,
  );
}

/** True when the text belongs to an input method or is being typed. */
const composing = (event: KeyboardEvent) => event.isComposing || event.keyCode === 229;

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
}

/** Keys that count everywhere. Taken at keydown, before the web view reloads, searches or prints. */
export function onKey(event: KeyboardEvent): void {
  if (composing(event)) return;
  const found = matches(event, "everywhere");
  if (!found) return;
  if (found.act === "back" && dialogs > 0) return;
  event.preventDefault();
  if (dialogs > 0 || event.repeat) return;
  for (let i = layers.length - 1; i >= 0; i -= 1) {
    const handler = layers[i]?.[found.act];
    if (handler) {
      handler();
      return;
    }
  }
}

/** Single letters of a focused row, and page keys; never in a text field. */
export function onScopedKey(event: KeyboardEvent, scope: "row" | "page", handlers: Handlers): void {
  if (composing(event) || typing(event.target)) return;
  const found = matches(event, scope);
  const handler = found && handlers[found.act];
  if (!handler) return;
  event.preventDefault();
  event.stopPropagation();
  handler();
}
