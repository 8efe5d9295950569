import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EXIT, failWith } from "../../cli/failure.js";
import { parseFlags } from "../../cli/parse-flags.js";
import { progressSince } from "../../cli/progress.js";
import { shippedModelPath } from "../../cli/project-root.js";
import { useBackend } from "../../ml/network/backend.js";
import { ARCHITECTURES } from "../../ml/network/network.js";
import { judge } from "../../ml/offline/judge.js";
import { learnOffline, OFFLINE_DEFAULTS, seriesOf, stretchesOf } from "../../ml/offline/learn.js";
import { RAMP_KINDS, watchRamps } from "../../ml/offline/ramps.js";
import { numberIn, oneOf } from "./flags.js";
import { readSeries } from "./read-series.js";
import { trainingTable } from "./training-table.js";

const HELD_OUT = 60;

const USAGE = `usage: npm run train:forecast -- [--architecture A] [--out FILE] [--json]
  --architecture A      ${ARCHITECTURES.join(", ")} (lstm)
  --seed N              of series, samples and weights (${OFFLINE_DEFAULTS.seed})
  --synthetic N         synthetic series to learn from (${OFFLINE_DEFAULTS.series})
  --epochs N            times that each sample is learned from (${OFFLINE_DEFAULTS.epochs})
  --held-out N          synthetic series, and ramps of each kind, that it is judged by; none is learned from (${HELD_OUT})
  --series DIR          further series to learn from: files timestamp,value, as evaluate:forecast reads them; a step counts as a second
  --out FILE            where the model is kept (ml/models/ARCHITECTURE.json: the one that is shipped)
  --json                the result as JSON on standard output
`;

const say = progressSince();

try {
  process.exitCode = await main();
} catch (error) {
  failWith(error, "train:forecast");
}

async function main(): Promise<number> {
  const options = {
    architecture: { type: "string", default: "lstm" },
    seed: { type: "string", default: String(OFFLINE_DEFAULTS.seed) },
    synthetic: { type: "string", default: String(OFFLINE_DEFAULTS.series) },
    epochs: { type: "string", default: String(OFFLINE_DEFAULTS.epochs) },
    "held-out": { type: "string", default: String(HELD_OUT) },
    series: { type: "string" },
    out: { type: "string" },
    json: { type: "boolean", default: false },
  } as const;
  const values = parseFlags(options, USAGE);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const architecture = oneOf(ARCHITECTURES, values.architecture, "--architecture");
  const settings = {
    architecture,
    seed: numberIn(values.seed, "--seed", 0, 1_000, true),
    series: numberIn(values.synthetic, "--synthetic", 1, 100_000, true),
    epochs: numberIn(values.epochs, "--epochs", 1, 100, true),
  };
  const heldOut = numberIn(values["held-out"], "--held-out", 1, 10_000, true);
  const backend = await useBackend();
  const others = values.series === undefined ? [] : readSeries(values.series).series.flatMap(stretchesOf);
  say(`backend ${backend}, seed ${settings.seed}`);
  const model = learnOffline(settings, others, say);
  const file = values.out ?? shippedModelPath(architecture);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, model.text);
  say(`kept in ${file}`);
  const unseen = Array.from({ length: heldOut }, (_, at) => seriesOf(settings.seed, at, true));
  const judged = judge(unseen, model);
  say("judged on held-out series");
  const ramps = Object.fromEntries(
    Object.entries(RAMP_KINDS).map(([name, kind]) => [name, watchRamps(kind, heldOut, settings.seed, model)]),
  );
  const result = {
    ...{ settings, backend, hash: model.hash, bytes: model.text.length },
    ...{ learned: settings.series + others.length, heldOut, judged, ramps },
  };
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : trainingTable(result));
  return EXIT.ok;
}
