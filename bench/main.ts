import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseFlags } from "../cli/parse-flags.js";
import { progressSince } from "../cli/progress.js";
import { PROJECT_ROOT } from "../cli/project-root.js";
import { LOOKS } from "../ml/scaling/policy.js";
import { runCapacity } from "./capacity/run.js";
import { oneOf } from "./forecast/flags.js";
import { runLiveTick } from "./forecast/live-tick.js";
import { runTick } from "./forecast/tick.js";
import { runGate } from "./gate/gate.js";
import { runGrowth } from "./growth/run.js";
import { runHot } from "./hot/run.js";
import type { LoadScheme } from "./load/accounts.js";
import { machineFacts } from "./measure/machine.js";
import { runMicro } from "./micro/run.js";
import { runPeers } from "./peers/side-by-side/run.js";
import { pipelinePicture } from "./picture/picture.js";
import { shardsPicture } from "./picture/shards-picture.js";
import type { ShardCount } from "./pipeline/network.js";
import { type PipelineReport, runPipeline } from "./pipeline/run.js";
import { runRamps } from "./ramps/run.js";
import { runReshard } from "./reshard/run.js";
import { reshardTable } from "./reshard/table.js";
import { runScale } from "./scale/run.js";
import { recordedRuns } from "./shards/recorded.js";
import { runShards, type ShardsReport } from "./shards/run.js";
import { shardsTable } from "./shards/table.js";
import { runSoak } from "./soak/run.js";
import { runStages } from "./stages/run.js";
import { runStateTree } from "./state/run.js";
import { runTraining } from "./training/run.js";

/** Exit codes: 0 measured, 1 slower than it may be (--scenario gate), 2 could not be done. */
const EXIT = { done: 0, slower: 1, failed: 2 } as const;
const SCHEMES: readonly LoadScheme[] = ["ed25519", "ethereum", "mixed"];

const SCENARIOS = [
  "pipeline",
  "peers",
  "soak",
  "growth",
  "scale",
  "shards",
  "hot",
  "reshard",
  "ramps",
  "training",
  "capacity",
  "state",
  "stages",
  "micro",
  "forecast",
  "gate",
  "picture",
] as const;

/** Zipf's exponent of the scenario hot. */
const HOT_ZIPF = 1.1;
/** Accounts, of the scenario reshard in the shard that is split. */
const ACCOUNTS = "10000";
const RESHARD_ACCOUNTS = "100000";
/** Share of transfers to another shard, and shards at genesis, of the scenario reshard. */
const RESHARD_CROSS = "0.25";
const RESHARD_SHARDS = "2";
const PIPELINE_SHARDS = "4";
/** Of each mode in each round of the scenario training, in seconds. */
const TRAINING_SPAN_S = 4.5;

const USAGE = `usage: npm run bench -- [--scenario SCENARIO] [--json] [--record NAME]
scenarios: ${SCENARIOS.join(", ")}
  --validators N        validators; 1 is consensus solo (4)
  --scheme S            ${SCHEMES.join(", ")} (ed25519)
  --accounts N          accounts that send and get (10,000); of the scenario reshard in the shard that splits (100,000)
  --zipf EXPONENT       by Zipf's law instead of all alike, e.g. 0.9; of the scenario hot (${HOT_ZIPF})
  --cross SHARE         share of transfers to another shard, 0 to 1 (0; reshard: ${RESHARD_CROSS})
  --shards N            1, 2 or 4, of the scenarios pipeline (4) and reshard (${RESHARD_SHARDS})
  --rate N              transactions a second, of the scenario reshard (half of full load, which is measured first)
  --runs N              ramps, of the scenario ramps, and rounds, of the scenario training (10)
  --policy P            ${LOOKS.join(", ")}: what the scaler decides by, of the scenario ramps (forecast)
  --around SECONDS      before, between and after split and merge, of the scenario reshard (20)
  --seed N              seed of the load (1)
  --warm-up SECONDS     before the measurement at full load (20)
  --seconds SECONDS     measurement at full load (30)
  --latency-seconds N   each measurement at 25, 50 and 75 % of it; 0: none (15)
  --fsync               the broker calls fsync for each batch before it acknowledges it
  --profile DIRECTORY   CPU profiles of all Node processes, and flame graphs of them
  --minutes N           of the scenario soak (30)
  --transactions N      of the scenario stages (20,000), and of each stage in scale
`;

const say = progressSince();

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}
process.exit(process.exitCode);

async function main(): Promise<number> {
  const options = {
    scenario: { type: "string", default: "pipeline" },
    validators: { type: "string", default: "4" },
    scheme: { type: "string", default: "ed25519" },
    accounts: { type: "string" },
    zipf: { type: "string" },
    cross: { type: "string" },
    shards: { type: "string" },
    rate: { type: "string" },
    runs: { type: "string", default: "10" },
    policy: { type: "string", default: "forecast" },
    around: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    "warm-up": { type: "string", default: "20" },
    seconds: { type: "string", default: "30" },
    "latency-seconds": { type: "string", default: "15" },
    transactions: { type: "string", default: "20000" },
    minutes: { type: "string", default: "30" },
    fsync: { type: "boolean", default: false },
    profile: { type: "string" },
    json: { type: "boolean", default: false },
    record: { type: "string" },
  } as const;
  const values = parseFlags(options, USAGE);
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  if (values.scenario === "gate") {
    const report = await runGate(say);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.passed ? EXIT.done : EXIT.slower;
  }
  if (values.scenario === "picture") {
    draw();
    return EXIT.done;
  }
  if (values.profile !== undefined && values.scenario !== "pipeline")
    throw new RangeError("--profile goes with the scenario pipeline only");
  const scheme = SCHEMES.find((name) => name === values.scheme);
  if (!scheme) throw new RangeError(`no scheme ${values.scheme}: ${SCHEMES.join(", ")}`);
  const isReshard = values.scenario === "reshard";
  const common = {
    validators: whole(values.validators, 1),
    scheme,
    accounts: whole(values.accounts ?? (isReshard ? RESHARD_ACCOUNTS : ACCOUNTS), 8),
    crossShare: share(values.cross ?? (isReshard ? RESHARD_CROSS : "0")),
    seed: whole(values.seed, 0),
    say,
  };
  const timing = {
    skew: values.zipf === undefined ? ("uniform" as const) : { zipf: Number(values.zipf) },
    warmUpSeconds: whole(values["warm-up"], 1),
    measureSeconds: whole(values.seconds, 1),
    latencySeconds: whole(values["latency-seconds"], 0),
    fsync: values.fsync,
  };
  const measure = async () => {
    switch (values.scenario) {
      case "micro":
        return runMicro();
      case "forecast":
        return { ...(await runTick(common.seed)), live: await runLiveTick(common.seed) };
      case "peers":
        return runPeers({ ...common, ...timing });
      case "soak":
        return runSoak({ ...common, ...timing, minutes: whole(values.minutes, 1) });
      case "scale":
        return runScale({ ...common, ...timing, transactions: whole(values.transactions, 1) });
      case "shards":
        return runShards({ ...common, recorded: recordedRuns(recordedReport) });
      case "hot":
        return runHot({ ...common, ...timing, zipf: Number(values.zipf ?? HOT_ZIPF) });
      case "reshard":
        return runReshard({
          ...common,
          ...timing,
          shards: shardCount(values.shards ?? RESHARD_SHARDS),
          rate: values.rate === undefined ? undefined : whole(values.rate, 1),
          aroundSeconds: whole(values.around, 12),
        });
      case "ramps":
        return runRamps({
          ...common,
          runs: whole(values.runs, 1),
          policy: oneOf(LOOKS, values.policy, "--policy"),
          fsync: timing.fsync,
        });
      case "training":
        return runTraining({
          ...common,
          ...timing,
          rounds: whole(values.runs, 1),
          spanSeconds: TRAINING_SPAN_S,
        });
      case "capacity":
        return runCapacity({ ...common, ...timing });
      case "state":
        return runStateTree(common.seed, say);
      case "growth":
        return runGrowth({ ...common, ...timing });
      case "stages":
        return runStages({ ...common, transactions: whole(values.transactions, 1) });
      case "pipeline":
        return runPipeline({
          ...common,
          ...timing,
          shards: shardCount(values.shards ?? PIPELINE_SHARDS),
          profileDirectory: values.profile && resolve(values.profile),
        });
      default:
        throw new RangeError(`no scenario ${values.scenario}: ${SCENARIOS.join(", ")}`);
    }
  };
  const report = await measure();
  if (values.record !== undefined) keep(values.record, { machine: machineFacts(), report });
  if ("scenario" in report && report.scenario === "shards" && !values.json)
    process.stdout.write(shardsTable(report));
  else if ("scenario" in report && report.scenario === "reshard" && !values.json)
    process.stdout.write(reshardTable(report));
  else process.stdout.write(`${JSON.stringify(report, null, values.json ? undefined : 2)}\n`);
  return EXIT.done;
}

/** Draws the recorded runs of the pipeline and the model's shards for the README. */
function draw(): void {
  const directory = join(PROJECT_ROOT, "bench", "results");
  const reports = readdirSync(directory)
    .filter((file) => file.startsWith("pipeline-") && file.endsWith(".json"))
    .sort()
    .map((file) => {
      const { report } = JSON.parse(readFileSync(join(directory, file), "utf8")) as {
        report: PipelineReport;
      };
      return report;
    });
  writeFileSync(join(PROJECT_ROOT, "docs", "bench.svg"), pipelinePicture(reports));
  say("drawn: docs/bench.svg");
  const shards = recordedReport("shards") as ShardsReport | undefined;
  if (!shards) return;
  writeFileSync(join(PROJECT_ROOT, "docs", "shards.svg"), shardsPicture(shards));
  say("drawn: docs/shards.svg");
}

/** The report of a recorded result; undefined where there is none. */
function recordedReport(name: string): unknown {
  const file = join(PROJECT_ROOT, "bench", "results", `${name}.json`);
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { report: unknown }).report;
}

/** Keeps a result beside the code, with what it was measured on. */
function keep(name: string, result: object): void {
  if (!/^[\w-]+$/.test(name)) throw new RangeError(`${name} is no name of a result: letters, digits, dashes`);
  const file = join(PROJECT_ROOT, "bench", "results", `${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  say(`kept in bench/results/${name}.json`);
}

function shardCount(text: string): ShardCount {
  const count = ([1, 2, 4] as const).find((number) => String(number) === text);
  if (!count) throw new RangeError(`${text} shards: 1, 2 or 4`);
  return count;
}

function whole(text: string, least: number): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least)
    throw new RangeError(`${text} is no whole number of at least ${least}`);
  return number;
}

function share(text: string): number {
  const number = Number(text);
  if (!(number >= 0 && number <= 1)) throw new RangeError(`${text} is no share between 0 and 1`);
  return number;
}
