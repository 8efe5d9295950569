// Writes ledger/crypto/merkle-kernel.generated.ts: scripts/merkle-kernel compiled to WebAssembly. `--check` fails when
// stale.
import { compileKernel, writeKernel } from "./compile-kernel.mjs";

const folder = "scripts/merkle-kernel";
/** As many as tree.ts and compression.ts lay out. */
const PAGES = 5;
const LINE = 100;

writeKernel({
  wasm: await compileKernel({ entry: `${folder}/tree.ts`, pages: PAGES }),
  ...{ name: "MERKLE_KERNEL", from: folder, by: "scripts/build-merkle-kernel.mjs", line: LINE },
  target: new URL("../ledger/crypto/merkle-kernel.generated.ts", import.meta.url),
});
