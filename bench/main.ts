import { parseArgs } from "node:util";
import type { LoadScheme } from "./load/accounts.js";
import { runPipeline } from "./pipeline/run.js";

/** Exit codes: 0 measured, 2 could not be done. */
const EXIT = { done: 0, failed: 2 } as const;

const startedMs = Date.now();
const say = (line: string) =>
  process.stderr.write(`${((Date.now() - startedMs) / 1_000).toFixed(1).padStart(7)}s ${line}\n`);

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}
process.exit(process.exitCode);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: "string", default: "pipeline" },
      validators: { type: "string", default: "4" },
      scheme: { type: "string", default: "ed25519" },
      accounts: { type: "string", default: "10000" },
      zipf: { type: "string" },
      cross: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
      "warm-up": { type: "string", default: "20" },
      seconds: { type: "string", default: "30" },
      "latency-seconds": { type: "string", default: "15" },
      json: { type: "boolean", default: false },
    },
  });
  const report = await runPipeline({
    validators: Number(values.validators),
    scheme: values.scheme as LoadScheme,
    accounts: Number(values.accounts),
    skew: values.zipf === undefined ? "uniform" : { zipf: Number(values.zipf) },
    crossShare: Number(values.cross),
    seed: Number(values.seed),
    warmUpSeconds: Number(values["warm-up"]),
    measureSeconds: Number(values.seconds),
    latencySeconds: Number(values["latency-seconds"]),
    say,
  });
  process.stdout.write(`${JSON.stringify(report, null, values.json ? undefined : 2)}\n`);
  return EXIT.done;
}
