#!/usr/bin/env node
import { existsSync } from "node:fs";

const entry = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write("rustorium is not built: run `npm ci` (or `npm run build`) first\n");
  process.exit(2);
}
await import(entry.href);
