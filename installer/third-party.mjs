// third-party.mjs: what others' work the programs and their page carry, with licences and notices, on stdout.
// Reads both lock files and the texts that lie beside the sources; fails when a part names no licence.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const PROGRAMS = ["motcua-cli", "motcua-warehouse", "motcua-desktop"];
/** Built into the page without being one of its run-time dependencies. */
const BUNDLED = ["svelte", "@fontsource/be-vietnam-pro"];

function notices(dir) {
  return readdirSync(dir)
    .filter((name) => /^(licen[cs]e|copying|notice|unlicense)/i.test(name) && !/\.rs$/.test(name))
    .sort()
    .flatMap((name) => {
      try {
        return [readFileSync(join(dir, name), "utf8").trim()];
      } catch {
        return []; // a folder of that name
      }
    });
}

/** A crate of C sources keeps the licence of the C beside it, one folder down. */
function noticesOfSources(dir) {
  const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...notices(dir), ...below.flatMap((entry) => notices(join(dir, entry.name)))];
}

function crates() {
  const args = ["metadata", "--locked", "--format-version", "1", "--filter-platform"];
  const host = execFileSync("rustc", ["-vV"], { encoding: "utf8" }).match(/^host: (.*)$/m)[1];
  const metadata = JSON.parse(
    execFileSync("cargo", [...args, host], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 }),
  );
  const packages = new Map(metadata.packages.map((p) => [p.id, p]));
  const nodes = new Map(metadata.resolve.nodes.map((n) => [n.id, n]));
  const open = metadata.packages.filter((p) => PROGRAMS.includes(p.name)).map((p) => p.id);
  const seen = new Set(open);
  for (let id = open.pop(); id; id = open.pop()) {
    for (const dependency of nodes.get(id).deps) {
      // C sources come as build dependencies and end up in the program.
      const shipped =
        dependency.dep_kinds.some((k) => k.kind === null) || packages.get(dependency.pkg).name.endsWith("-src");
      if (shipped && !seen.has(dependency.pkg)) {
        seen.add(dependency.pkg);
        open.push(dependency.pkg);
      }
    }
  }
  return [...seen]
    .map((id) => packages.get(id))
    .filter((p) => p.source)
    .map((p) => ({
      name: p.name,
      version: p.version,
      licence: p.license ?? (p.license_file ? `see ${p.license_file}` : ""),
      home: p.repository ?? "",
      notices: (p.name.endsWith("-src") ? noticesOfSources : notices)(dirname(p.manifest_path)),
    }));
}

function page() {
  const lock = JSON.parse(readFileSync(join(root, "ui/package-lock.json"), "utf8")).packages;
  const wanted = [...Object.keys(lock[""].dependencies), ...BUNDLED];
  const seen = new Set();
  const found = [];
  for (let name = wanted.pop(); name; name = wanted.pop()) {
    const path = `node_modules/${name}`;
    if (seen.has(path) || !lock[path]) continue;
    seen.add(path);
    const part = lock[path];
    wanted.push(...Object.keys(part.dependencies ?? {}));
    const dir = join(root, "ui", path);
    found.push({ name, version: part.version, licence: part.license ?? "", home: "", notices: notices(dir) });
  }
  return found;
}

const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const parts = [...crates().sort(byName), ...page().sort(byName)];
const unnamed = parts.filter((p) => !p.licence);
if (unnamed.length > 0) {
  console.error(`no licence named by: ${unnamed.map((p) => p.name).join(", ")}`);
  process.exit(1);
}
const owners = new Map();
for (const part of parts) {
  for (const text of part.notices) owners.set(text, [...(owners.get(text) ?? []), `${part.name} ${part.version}`]);
}
const lines = ["Parts by others in Một Cửa, with their licences; the texts follow.", ""];
for (const p of parts) lines.push(`${p.name} ${p.version}: ${p.licence}${p.home ? ` (${p.home})` : ""}`);
for (const [text, names] of owners) lines.push("", "=".repeat(72), names.join(", "), "", text);
process.stdout.write(`${lines.join("\n")}\n`);
