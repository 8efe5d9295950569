// Writes ledger/crypto/merkle-kernel.generated.ts: scripts/merkle-kernel compiled to WebAssembly, as text, since that is
// there wherever the modules are: compiled, from the sources, in worker threads. `--check` fails when stale.
import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const root = new URL("../", import.meta.url).pathname;
const target = new URL("../ledger/crypto/merkle-kernel.generated.ts", import.meta.url);
/** Of 64 KiB: as many as tree.ts and compression.ts lay out. */
const MEMORY_PAGES = "5";

let wasm;
const { error, stderr } = await asc.main(
  [
    ...["scripts/merkle-kernel/tree.ts", "--baseDir", root, "--outFile", "kernel.wasm"],
    ...["--optimizeLevel", "3", "--shrinkLevel", "0", "--noAssert", "--runtime", "stub", "--enable", "simd"],
    ...["--initialMemory", MEMORY_PAGES, "--maximumMemory", MEMORY_PAGES],
  ],
  {
    writeFile(_name, contents) {
      wasm = Buffer.from(contents);
    },
  },
);
const messages = stderr.toString();
if (error || messages) throw new Error(messages, { cause: error });

const LINE = 100;
const text = wasm.toString("base64").match(new RegExp(`.{1,${LINE}}`, "g"));
const source = `// Written by scripts/build-merkle-kernel.mjs from scripts/merkle-kernel.

/** WebAssembly, in base64. */
export const MERKLE_KERNEL = [
${text.map((line) => `  "${line}",\n`).join("")}].join("");
`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== source)
    throw new Error(`${target.pathname} is stale: npm run generate`);
} else writeFileSync(target, source);
