import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import vi from "../src/text/vi.json";

const source = join(import.meta.dirname, "../../src-tauri/crates/desk/src/error/codes.rs");

const keys = join(import.meta.dirname, "../../src-tauri/crates/edges/vault/src/keys.rs");

it.runIf(existsSync(keys))("the screen asks for as many characters as the vault does", () => {
  const shortest = /const SHORTEST_SECRET: usize = (\d+);/.exec(readFileSync(keys, "utf8"))?.[1];
  expect(shortest).toBeDefined();
  for (const text of [vi.create_secret_hint, vi.rec_vaultWeakSecret]) expect(text).toContain(`ít nhất ${shortest} ký tự`.slice(1));
});

it.runIf(existsSync(source))("every code the desk can answer with has its two sentences", () => {
  const code = readFileSync(source, "utf8");
  const lists = [...code.matchAll(/pub const [A-Z_]+: &\[&str\] = &\[([\s\S]*?)\];/g)].map((found) => found[1] ?? "");
  const codes = lists.flatMap((list) => [...list.matchAll(/"(\w+)"/g)].map((found) => found[1] ?? ""));
  expect(codes.length).toBeGreaterThan(80);
  expect(codes.filter((c) => !(`err_${c}` in vi) || !(`rec_${c}` in vi))).toEqual([]);
});
