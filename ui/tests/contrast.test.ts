import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../src/styles/tokens.css"), "utf8");
const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");
const tokens = (part: string) => Object.fromEntries([...part.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((f) => [f[1], f[2]])) as Record<string, string>;
const lightTokens = tokens(light);
const themes = { light: lightTokens, dark: { ...lightTokens, ...tokens(dark) } };

function luminance(hex: string): number {
  const part = (at: number) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const grounds = ["surface", "ground", "sunken"];
const TEXT: [string, string[]][] = [
  ["ink", [...grounds, "action-soft", "danger-soft", "success-soft", "warning-soft"]],
  ["muted", [...grounds, "action-soft"]],
  ["action", ["surface", "ground", "action-soft"]],
  ["danger", ["surface", "danger-soft", "sunken"]],
  ["success", ["surface", "success-soft", "sunken"]],
  ["warning", ["surface", "warning-soft", "sunken"]],
  ["on-action", ["action", "action-strong"]],
  ["on-rail", ["rail", "rail-here"]],
  ["rail-muted", ["rail"]],
  ["on-training", ["training"]],
];

describe.each(Object.entries(themes))("%s palette", (_name, theme) => {
  it.each(TEXT.flatMap(([ink, on]) => on.map((ground) => [ink, ground] as const)))("%s on %s reads (4.5)", (ink, ground) => {
    expect(contrast(theme[ink] ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
  it("edges of fields and the focus ring stand out (3.0)", () => {
    expect(contrast(theme.edge ?? "", theme.surface ?? "")).toBeGreaterThanOrEqual(3);
    expect(contrast(theme.focus ?? "", theme["focus-edge"] ?? "")).toBeGreaterThanOrEqual(3);
  });
  it.each([...grounds, "rail"])("the training band stands out from %s (3.0)", (ground) => {
    if (ground !== "rail" || _name === "dark") expect(contrast(theme.training ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(3);
  });
});
