import { type Act, type Scope, SHORTCUTS } from "./table";

type Handler = (digit: number) => void;
type Handlers = Partial<Record<Act, Handler>>;

/** Handlers of the screens and, above a `null`, those of an open dialog. */
const layers: (Handlers | null)[] = [];
/** Handlers of what floats over whatever screen there is, the newest last. */
const floating: Handlers[] = [];
let dialogs = 0;

/** Puts a screen's handlers on top, or the window's own under all; returns how to take them off. Fits `$effect`. */
export function handle(handlers: Handlers, under = false): () => void {
  if (under) layers.unshift(handlers);
  else layers.push(handlers);
  return () => {
    layers.splice(layers.lastIndexOf(handlers), 1);
  };
}

/** Puts handlers of what floats over the screens before those of any screen, also of one that comes later. */
export function handleFloating(handlers: Handlers): () => void {
  floating.push(handlers);
  return () => {
    floating.splice(floating.lastIndexOf(handlers), 1);
  };
}

/** While a dialog is open only the keys it handles itself count; nothing reaches the screen under it. */
export function holdForDialog(): () => void {
  dialogs += 1;
  layers.push(null);
  return () => {
    dialogs -= 1;
    layers.splice(layers.lastIndexOf(null), 1);
  };
}

/** The digit of a key of the main row or the keypad, or NaN. */
const digitOf = (event: KeyboardEvent) => Number(/^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? NaN);

function matches(event: KeyboardEvent, scope: Scope) {
  return SHORTCUTS.find(
    (s) =>
      s.scope === scope && (s.upTo === undefined ? s.code === event.code : digitOf(event) >= 1 && digitOf(event) <= s.upTo) && (s.ctrl ?? false) === (event.ctrlKey || event.metaKey) &&
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
  if (event.repeat) return;
  const over = dialogs === 0 ? floating.findLast((handlers) => handlers[found.act])?.[found.act] : undefined;
  if (over) return over(digitOf(event));
  for (let i = layers.length - 1; i >= 0; i -= 1) {
    const layer = layers[i];
    // Whatever is open, the officer may leave the counter and ask for help.
    if (!layer && (found.act === "lock" || found.act === "help")) continue;
    if (!layer) return;
    const handler = layer[found.act];
    if (handler) {
      handler(digitOf(event));
      return;
    }
  }
}

/** Single letters and digits of a focused row or option, and page keys; never in a text field. */
export function onScopedKey(event: KeyboardEvent, scope: Exclude<Scope, "everywhere">, handlers: Handlers): void {
  if (composing(event) || typing(event.target)) return;
  const found = matches(event, scope);
  const handler = found && handlers[found.act];
  if (!handler) return;
  event.preventDefault();
  event.stopPropagation();
  handler(digitOf(event));
}
