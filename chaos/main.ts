import { parseFlags } from "../cli/parse-flags.js";
import { progressSince } from "../cli/progress.js";
import { isSound } from "./check/verdict.js";
import { CRASHES, isOfChange } from "./crash-points/crash-point.js";
import { renderCrashPoints, runCrashPoints } from "./crash-points/run.js";
import { FAULT_CLASSES, type FaultClass } from "./faults/fault.js";
import { renderRebuild, runRebuild } from "./rebuild/rebuild.js";
import { renderReport } from "./storm/report.js";
import { runStorm } from "./storm/storm.js";

/** Exit codes: 0 nothing wrong, 1 something is, 2 could not be done. */
const EXIT = { sound: 0, wrong: 1, failed: 2 } as const;
const MINUTES = "5";
/** State records that a rebuild is timed with. */
const RECORDS = "1000000";
const PER_SECOND = "20";

const USAGE = `usage: npm run chaos -- [--minutes M] [--json] [--seed S] [--rate TRANSACTIONS_A_SECOND] [--only CLASS,CLASS] [--reshard] [--keep]
       npm run chaos -- --crash-points [--json] [--seed S] [--only PROCESS,PROCESS] [--reshard]
       npm run chaos -- --rebuild [--records N] [--json]
--reshard: three of four strikes are splits and merges, most of them with a kill; with --crash-points: those of a change
classes: ${FAULT_CLASSES.join(", ")}
processes: ${[...new Set(CRASHES.map(({ process: name }) => name))].join(", ")}`;

const say = progressSince();

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}
process.exit(process.exitCode);

async function main(): Promise<number> {
  const options = {
    minutes: { type: "string", default: MINUTES },
    json: { type: "boolean", default: false },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    rate: { type: "string", default: PER_SECOND },
    only: { type: "string" },
    reshard: { type: "boolean", default: false },
    rebuild: { type: "boolean", default: false },
    records: { type: "string", default: RECORDS },
    "crash-points": { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  } as const;
  const values = parseFlags(options, USAGE);
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.sound;
  }
  if (values.rebuild) {
    const report = await runRebuild(positive(values.records), say);
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${renderRebuild(report)}\n`);
    return EXIT.sound;
  }
  const seed = Number(values.seed);
  const only = values.only?.split(",");
  if (values["crash-points"]) {
    for (const name of only ?? []) processName(name);
    const crashes = CRASHES.filter(
      ({ process: name, point }) =>
        (only === undefined || only.includes(name)) && (!values.reshard || isOfChange(point)),
    );
    const report = await runCrashPoints({ crashes, seed, say });
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${renderCrashPoints(report)}\n`);
    return isSound(report) ? EXIT.sound : EXIT.wrong;
  }
  const report = await runStorm({
    minutes: positive(values.minutes),
    seed,
    perSecond: positive(values.rate),
    classes: only?.map(faultClass) ?? FAULT_CLASSES,
    reshard: values.reshard,
    keep: values.keep,
    say,
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${renderReport(report)}\n`);
  return isSound(report) ? EXIT.sound : EXIT.wrong;
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`${text} is no number above 0\n${USAGE}`);
  return number;
}

function processName(text: string): void {
  if (!CRASHES.some(({ process: name }) => name === text))
    throw new RangeError(`no crash point in a process ${text}\n${USAGE}`);
}

function faultClass(text: string): FaultClass {
  const found = FAULT_CLASSES.find((name) => name === text);
  if (!found) throw new RangeError(`no fault class ${text}\n${USAGE}`);
  return found;
}
