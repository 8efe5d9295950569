import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { EXIT, failWith } from "../../cli/failure.js";
import { parseFlags } from "../../cli/parse-flags.js";
import { progressSince } from "../../cli/progress.js";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { LOOP_DEFAULTS } from "../../ml/evaluation/closed-loop.js";
import { shownStretch } from "../../ml/evaluation/shown.js";
import { BACKENDS } from "../../ml/network/backend.js";
import { ARCHITECTURES } from "../../ml/network/network.js";
import { machineFacts } from "../measure/machine.js";
import { forecastPicture } from "../picture/forecast-picture.js";
import { evaluate, loopOf, MEMBERS_MAX } from "./evaluate.js";
import { numberIn, oneOf } from "./flags.js";
import { readSeries } from "./read-series.js";
import { reportTable } from "./table.js";

const USAGE = `usage: npm run evaluate:forecast -- --series DIR [--json] [--record NAME]
  --series DIR          directory of files timestamp,value: .csv or .csv.gz, one a series
  --model M             ${ARCHITECTURES.join(", ")} (lstm)
  --seed N              the first seed (1)
  --members N           networks whose mean is forecast, seeds one after the other (1)
  --backend B           ${BACKENDS.join(", ")} (wasm where it works, else cpu)
  --effort SHARE        share of the usual training, to try things out (1)
  --change-cost SHARE   capacity of a shard that a split or merge takes while it is under way (${LOOP_DEFAULTS.changeCost})
  --budget FACTOR       shard-time that a policy may spend, in threshold's (${LOOP_DEFAULTS.budget})
  --threads N           tasks at a time (as many as cores)
  --only NAME           forecasts this series alone; the common training is on all of them
  --picture FILE        draws the load, forecasts and decisions of one series as SVG; with --only
  --json                the whole report as JSON on standard output
  --record NAME         keeps it in bench/results/NAME.json
`;

const THREADS_MAX = 64;

const say = progressSince();

try {
  process.exitCode = await main();
} catch (error) {
  // Threads that are still at work are of no use any more.
  failWith(error, "evaluate:forecast");
}

async function main(): Promise<number> {
  const options = {
    series: { type: "string" },
    model: { type: "string", default: "lstm" },
    seed: { type: "string", default: "1" },
    members: { type: "string", default: "1" },
    backend: { type: "string" },
    effort: { type: "string", default: "1" },
    "change-cost": { type: "string", default: String(LOOP_DEFAULTS.changeCost) },
    budget: { type: "string", default: String(LOOP_DEFAULTS.budget) },
    threads: { type: "string", default: String(availableParallelism()) },
    only: { type: "string" },
    picture: { type: "string" },
    json: { type: "boolean", default: false },
    record: { type: "string" },
  } as const;
  const values = parseFlags(options, USAGE);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  if (values.series === undefined) throw new RangeError(`--series is missing\n${USAGE}`);
  if (values.record !== undefined && !/^[\w-]+$/.test(values.record))
    throw new RangeError(`${values.record} is no name of a result: letters, digits, dashes`);
  const settings = {
    architecture: oneOf(ARCHITECTURES, values.model, "--model"),
    seed: numberIn(values.seed, "--seed", 0, 2 ** 31, true),
    members: numberIn(values.members, "--members", 1, MEMBERS_MAX, true),
    backend: values.backend === undefined ? undefined : oneOf(BACKENDS, values.backend, "--backend"),
    effort: numberIn(values.effort, "--effort", 0, 10),
    threads: numberIn(values.threads, "--threads", 1, THREADS_MAX, true),
    changeCost: numberIn(values["change-cost"], "--change-cost", 0, 1),
    budget: numberIn(values.budget, "--budget", 0, 100),
    only: values.only,
  };
  if (values.picture !== undefined && values.only === undefined)
    throw new RangeError(`--picture needs --only\n${USAGE}`);
  const { series, skipped } = readSeries(values.series);
  for (const { code, reason } of skipped) say(`skipped: ${code}: ${reason}`);
  say(`${series.length} series; seeds ${settings.seed} to ${settings.seed + settings.members - 1}`);
  const { report: compared, evaluated } = await evaluate(series, settings, say);
  const report = { settings, skipped, ...compared };
  if (values.picture !== undefined) {
    const stretch = shownStretch(evaluated[0]!, loopOf(settings));
    writeFileSync(values.picture, forecastPicture(stretch));
    say(`drawn in ${values.picture}`);
  }
  if (values.record !== undefined) {
    const file = join("bench", "results", `${values.record}.json`);
    writeFileSync(
      join(PROJECT_ROOT, file),
      `${JSON.stringify({ machine: machineFacts(), report }, null, 2)}\n`,
    );
    say(`kept in ${file}`);
  }
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : reportTable(report));
  return EXIT.ok;
}
