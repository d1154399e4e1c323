import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import vi from "../src/text/vi.json";

const source = join(import.meta.dirname, "../../src-tauri/crates/desk/src/error.rs");

it.runIf(existsSync(source))("every code the desk can answer with has its two sentences", () => {
  const code = readFileSync(source, "utf8");
  const lists = [...code.matchAll(/pub const [A-Z_]+: &\[&str\] = &\[([\s\S]*?)\];/g)].map((found) => found[1] ?? "");
  const codes = lists.flatMap((list) => [...list.matchAll(/"(\w+)"/g)].map((found) => found[1] ?? ""));
  expect(codes.length).toBeGreaterThan(80);
  expect(codes.filter((c) => !(`err_${c}` in vi) || !(`rec_${c}` in vi))).toEqual([]);
});
