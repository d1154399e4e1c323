import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** pdf.js reads its decoders, character maps and standard fonts from our own files, never from a host. */
function pdfjsFiles(outDir: string): Plugin {
  return {
    name: "pdfjs-files",
    apply: "build",
    async closeBundle() {
      for (const part of ["cmaps", "standard_fonts", "wasm", "iccs"]) {
        await cp(here(`node_modules/pdfjs-dist/${part}`), here(`${outDir}/pdfjs/${part}`), { recursive: true });
      }
    },
  };
}

export default defineConfig(({ mode }) => {
  const product = mode === "product";
  const outDir = product ? "dist" : "dist-fake";
  return {
    base: "./",
    plugins: [svelte(), pdfjsFiles(outDir)],
    resolve: {
      alias: {
        "#bridge": here(product ? "src/bridge/tauri.ts" : "src/bridge/fake.ts"),
        "#text": here("src/text/messages.ts"),
      },
      ...(process.env.VITEST ? { conditions: ["browser"] } : {}),
    },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { index: here("index.html"), pin: here("pin.html") } },
    },
    test: { include: ["tests/**/*.test.ts"] },
  };
});
