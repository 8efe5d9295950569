import { Worker } from "node:worker_threads";
import { parseFlags } from "../cli/parse-flags.js";
import { INPUT_BYTES_MAX } from "./mutate/bytes.js";
import type { Failure, Report } from "./run.js";
import { TARGET_NAMES, type TargetName } from "./target.js";
import type { WorkerInput } from "./worker.js";

/** Exit codes: 0 nothing wrong, 1 something is, 2 could not be done. */
const EXIT = { sound: 0, wrong: 1, failed: 2 } as const;
const DEFAULT_SECONDS = 10;
/** A case that takes longer hangs, in milliseconds: far above the bound that a case is held to. */
const HANG_MS = 20_000;
const WATCH_MS = 1_000;
/** JavaScript heap of a worker, in MiB; one that needs more has believed a length that it read. */
const HEAP_MIB_MAX = 512;

const USAGE = `usage: npm run fuzz -- [--target NAME]… [--seconds S] [--seed N] [--json]
targets: ${TARGET_NAMES.join(", ")}`;

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(EXIT.failed);
}

async function main(): Promise<number> {
  const options = {
    target: { type: "string", multiple: true },
    seconds: { type: "string", default: String(DEFAULT_SECONDS) },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  } as const;
  const values = parseFlags(options, USAGE);
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.sound;
  }
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!(seconds > 0) || !Number.isSafeInteger(seed))
    throw new RangeError(`seconds are a number above 0, a seed is a whole one\n${USAGE}`);
  const reports: Report[] = [];
  for (const name of values.target?.map(targetName) ?? TARGET_NAMES) {
    const report = await fuzz(name, seconds, seed);
    reports.push(report);
    if (!values.json) process.stdout.write(render(report));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
  return reports.some(({ failures }) => failures.length > 0) ? EXIT.wrong : EXIT.sound;
}

function targetName(text: string): TargetName {
  const found = TARGET_NAMES.find((name) => name === text);
  if (!found) throw new RangeError(`no target ${text}\n${USAGE}`);
  return found;
}

/** Runs a target in a thread of its own, so that a hang and a lack of memory end it and name the input. */
function fuzz(name: TargetName, seconds: number, seed: number): Promise<Report> {
  const counters = new SharedArrayBuffer(8);
  const input = new SharedArrayBuffer(INPUT_BYTES_MAX);
  const places = new Int32Array(counters);
  const workerData: WorkerInput = { name, seed, seconds, counters, input };
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  });
  const startMs = performance.now();
  return new Promise((resolve) => {
    let [before, sinceMs] = [0, performance.now()];
    const end = (report: Report) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(report);
    };
    const watch = setInterval(() => {
      const now = Atomics.load(places, 0);
      if (now !== before) [before, sinceMs] = [now, performance.now()];
      else if (performance.now() - sinceMs > HANG_MS) end(broken(`no end after ${HANG_MS} ms`));
    }, WATCH_MS);
    const broken = (what: string): Report => {
      const cases = Atomics.load(places, 0);
      const hex = Buffer.from(input).subarray(0, Atomics.load(places, 1)).toString("hex");
      const failures: Failure[] = [{ what, case: cases - 1, hex }];
      const casesPerSecond = Math.round((1_000 * cases) / (performance.now() - startMs));
      const none = { codes: {}, worstCaseMs: HANG_MS, memoryGrowthMiB: 0 };
      return { target: name, seed, cases, casesPerSecond, ...none, failures };
    };
    worker.once("message", end);
    worker.once("error", (error) => end(broken(String(error))));
  });
}

function render(report: Report): string {
  const { target, cases, casesPerSecond, worstCaseMs, memoryGrowthMiB, codes, failures } = report;
  const lines = [
    `${target}: ${cases} cases, ${casesPerSecond} a second, slowest ${worstCaseMs} ms, memory ${memoryGrowthMiB} MiB`,
    `  ${Object.entries(codes)
      .map(([code, count]) => `${code} ${count}`)
      .join(", ")}`,
    ...failures.map(
      ({ what, case: number, hex }) => `  FAILED: ${what} (case ${number})\n    ${hex.slice(0, 4_000)}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
