// Shows every state of states.mjs in Chromium on the fake bridge, under the window's own Content-Security-Policy:
// one screenshot and one axe run each, light and dark, at 100 % and 200 %. Then the journeys by keyboard alone.
import { createReadStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { journeys } from "./journeys.mjs";
import { STATES } from "./states.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const ui = join(here, "../../ui");
const need = createRequire(join(ui, "package.json"));
const { chromium } = need("playwright-core");
const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
const COLOURS = ["color-contrast", "link-in-text-block"];
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const only = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const quick = process.argv.includes("--quick");
const shots = process.env.SCREENS_OUT ?? join(ui, "dist-fake/shots");

// As in the window; the page: protocol is answered by the fake instead.
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PIN_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".wasm": "application/wasm" };

const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://x").pathname;
  const file = join(ui, "dist-fake", path === "/" ? "index.html" : path);
  if (path === "/favicon.ico") return void response.writeHead(204).end();
  if (path.includes("..") || !existsSync(file)) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "cache-control": path.startsWith("/assets/") ? "max-age=3600" : "no-cache", "content-security-policy": path.endsWith("pin.html") ? PIN_CSP : CSP });
  createReadStream(file).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--force-color-profile=srgb"] });
mkdirSync(shots, { recursive: true });

const faults = [];
/** Where pages of one size are opened; what one loaded, the next has. */
const openContext = (size, zoom) => browser.newContext({
  viewport: { width: Math.round(size.width / zoom), height: Math.round(size.height / zoom) }, deviceScaleFactor: zoom, colorScheme: "light", reducedMotion: "reduce", locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh",
});
/** A page that reports every console error, exception and refused resource as a fault. */
async function openPage(context, name) {
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && faults.push(`${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`${name}: ${error.stack}`));
  return page;
}
const address = (state) => `${base}/${state.file ?? ""}?scene=${state.scene ?? ""}${state.hash ?? ""}`;

let shown = 0;
const zooms = quick ? [1] : [1, 2];
const schemes = quick ? ["light"] : ["light", "dark"];
const WINDOW = { width: 1366, height: 768 };
const work = STATES.filter((s) => only.length === 0 || only.includes(s.name)).flatMap((state) => zooms.map((zoom) => ({ state, zoom })));

// The page is brought into its state once. Dark is the same document under other colours, so only the rules about
// colour are asked again.
async function show(context, { state, zoom }) {
  let name = `${state.name}-light-${zoom * 100}`;
  const page = await openPage(context, name);
  page.setDefaultTimeout(5000);
  try {
    await page.goto(address(state));
    // A key pressed before the screen has its content would be nobody's.
    await page.waitForSelector(state.hash ? "main .screen > *" : "main");
    await page.waitForTimeout(120);
    await state.act?.(page);
    await page.evaluate(() => document.fonts.ready);
    await page.evaluate(axe);
    for (const scheme of schemes) {
      name = `${state.name}-${scheme}-${zoom * 100}`;
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.waitForTimeout(60);
      await page.screenshot({ path: join(shots, `${name}.png`), fullPage: zoom === 2, scale: "css" });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 1) faults.push(`${name}: the page scrolls sideways by ${wide} px`);
      const runOnly = scheme === "light" ? { type: "tag", values: TAGS } : { type: "rule", values: COLOURS };
      const found = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] }), runOnly);
      for (const v of found.violations) faults.push(`${name}: ${v.id}: ${v.help}\n    ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)}\n      ${n.failureSummary?.split("\n").slice(1, 2).join("")}`).join("\n    ")}`);
      shown += 1;
    }
  } catch (error) {
    faults.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    await page.screenshot({ path: join(shots, `${name}.png`) }).catch(() => undefined);
  }
  await page.close();
}
await Promise.all(Array.from({ length: 3 }, async () => {
  const contexts = new Map();
  for (let next = work.shift(); next; next = work.shift()) {
    const size = next.state.size ?? WINDOW;
    const key = `${size.width} ${next.zoom}`;
    if (!contexts.has(key)) contexts.set(key, await openContext(size, next.zoom));
    await show(contexts.get(key), next);
  }
}));

const walked = Object.entries(journeys).filter(([name]) => only.length === 0 || only.includes(name));
for (const [name, journey] of walked) {
  const context = await openContext(WINDOW, 1);
  const page = await openPage(context, name);
  page.setDefaultTimeout(8000);
  try {
    await journey(page, base);
    console.log(`journey: ${name}`);
  } catch (error) {
    faults.push(`journey ${name}: ${error.stack.split("\n").slice(0, 6).join("\n  ")}`);
    await page.screenshot({ path: join(shots, `journey.png`) });
  }
  await context.close();
}

await browser.close();
server.close();
for (const fault of faults) console.error(fault);
console.log(`${shown} screens shown, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
