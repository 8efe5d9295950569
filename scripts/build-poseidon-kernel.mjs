// Writes ledger/crypto/poseidon-kernel.generated.ts: scripts/poseidon-kernel compiled to WebAssembly. Constants and
// unrolled arithmetic are worked out here, and never written down as sources. `--check` fails when stale.
import { compileKernel, writeKernel } from "./compile-kernel.mjs";
import { arithmeticSource } from "./poseidon-kernel/arithmetic.mjs";
import { constantsSource } from "./poseidon-kernel/constants.mjs";

const folder = "scripts/poseidon-kernel";
/** As many as kernel.ts lays out. */
const PAGES = 1;
/** Characters: no file of the ledger has more than 300 lines. */
const LINE = 240;

const wasm = await compileKernel({
  entry: `${folder}/kernel.ts`,
  pages: PAGES,
  sources: {
    [`${folder}/arithmetic.ts`]: arithmeticSource(),
    [`${folder}/constants.ts`]: constantsSource(),
  },
});
writeKernel({
  ...{ wasm, name: "POSEIDON_KERNEL", from: folder, by: "scripts/build-poseidon-kernel.mjs", line: LINE },
  target: new URL("../ledger/crypto/poseidon-kernel.generated.ts", import.meta.url),
});
