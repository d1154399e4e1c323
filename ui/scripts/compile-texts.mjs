// Compiles src/text/vi.json into src/text/messages.ts: one typed function per key, its {params} as arguments.
import { readFileSync, writeFileSync } from "node:fs";

const source = new URL("../src/text/vi.json", import.meta.url);
const target = new URL("../src/text/messages.ts", import.meta.url);
const texts = JSON.parse(readFileSync(source, "utf8"));
const lines = ["// Generated from vi.json by scripts/compile-texts.mjs; do not edit.", "", "export const m = {"];

for (const [key, text] of Object.entries(texts)) {
  if (!/^[a-z][A-Za-z0-9_]*$/.test(key)) throw new Error(`text key ${key} is no identifier`);
  if (text !== text.normalize("NFC")) throw new Error(`text ${key} is not NFC`);
  const params = [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]))];
  if (params.length === 0) {
    lines.push(`  ${key}: () => ${JSON.stringify(text)},`);
    continue;
  }
  const type = params.map((name) => `${name}: string | number`).join("; ");
  const body = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("`", "\\`");
  lines.push(`  ${key}: (p: { ${type} }) => \`${body.replace(/\{(\w+)\}/g, "${p.$1}")}\`,`);
}

lines.push("} as const;", "", "export type MessageKey = keyof typeof m;", "");
const text = lines.join("\n");
let old = "";
try {
  old = readFileSync(target, "utf8");
} catch {
  // first run
}
if (old !== text) writeFileSync(target, text);
