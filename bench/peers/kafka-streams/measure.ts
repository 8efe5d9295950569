import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../../../cli/project-root.js";
import { startEmbedded } from "../../../runtime/embedded/index.js";
import { measureBacklog } from "./backlog.js";
import { makeLoad } from "./keyed-load.js";
import { measureLatency } from "./latency.js";
import type { Variant } from "./variant.js";

// Measures variants of the peer alone, one after another on one broker, and prints a line of JSON for each: the highest
// rate, or with --rate the latencies at that rate. How the settings were chosen; README.md has the results. The first
// variant pays for the broker's warm-up: give one to be thrown away.

const { values } = parseArgs({
  options: {
    transactions: { type: "string", default: "250000" },
    accounts: { type: "string", default: "10000" },
    partitions: { type: "string", default: "4" },
    cross: { type: "string", default: "0.75" },
    rate: { type: "string" },
    variant: { type: "string", multiple: true, default: ['{"name":"as configured"}'] },
  },
});
const say = (line: string) => void process.stderr.write(`${line}\n`);
const partitions = Number(values.partitions);
const directory = mkdtempSync(join(tmpdir(), "rustorium-peer-"));
say(`signing ${values.transactions} transfers`);
const load = makeLoad({
  transactions: Number(values.transactions),
  accounts: Number(values.accounts),
  partitions,
  crossShare: Number(values.cross),
});
const system = await startEmbedded({
  dataDirectory: join(directory, "cluster"),
  projectRoot: PROJECT_ROOT,
  log: say,
  optimizingBroker: true,
});
try {
  const { brokers, brokerPid } = system;
  const ground = { brokers, brokerPid, partitions, directory, log: say };
  for (const text of values.variant) {
    const variant = JSON.parse(text) as Variant;
    const found =
      values.rate === undefined
        ? await measureBacklog(variant, ground, load)
        : await measureLatency(variant, ground, load, Number(values.rate));
    process.stdout.write(`${JSON.stringify({ ...variant, ...found })}\n`);
  }
} finally {
  await system.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
