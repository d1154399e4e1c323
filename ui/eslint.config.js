import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const browser = Object.fromEntries(
  ["window", "document", "location", "console", "URL", "URLSearchParams", "Blob", "Intl", "setTimeout", "clearTimeout",
    "setInterval", "clearInterval", "requestAnimationFrame", "HTMLElement", "HTMLInputElement", "KeyboardEvent"].map((n) => [n, "readonly"]),
);

export default ts.config(
  { ignores: ["dist", "dist-fake", "src/text/messages.ts", "node_modules"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...browser, process: "readonly" } },
    rules: { "no-undef": "off" },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
    rules: { "svelte/no-inline-styles": "error", "svelte/valid-compile": "error", "svelte/require-each-key": "error" },
  },
);
