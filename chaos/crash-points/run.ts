import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import { type Chance, seeded } from "../../simulator/kernel/random.js";
import { makeChange } from "../changes/change.js";
import { possibleMerges, possibleSplits } from "../changes/choose.js";
import { isSound, judge, type Verdict } from "../check/verdict.js";
import { GeneratedTransfers } from "../load/generated.js";
import { Load } from "../load/load.js";
import { ChaosNetwork, SHARDS_MAX } from "../network/chaos-network.js";
import { pick } from "../schedule/random.js";
import { within } from "../wait.js";
import { type Crash, isOfChange, OCCURRENCE_VARIABLE, POINT_VARIABLE } from "./crash-point.js";

/** A point that isn't reached by then under load is wrong, in milliseconds. */
const REACH_BOUND_MS = 45_000;
/** The same of a point that a change of the shard tree leads to, whatever it waits for. */
const REACH_CHANGE_BOUND_MS = 120_000;
/** Everything submitted must have its last status by then, in milliseconds. */
const SETTLE_BOUND_MS = 90_000;
/** A process dies at one of the first so many occurrences. */
const OCCURRENCES = 4;
/** A change has two shards before or after it: fewer occurrences than that would be none. */
const OCCURRENCES_OF_CHANGE = 2;
const PER_SECOND = 20;
/** Compiled: it is loaded by the processes, not by this one. */
const PRELOAD = pathToFileURL(join(PROJECT_ROOT, "dist", "chaos", "crash-points", "preload.js")).href;

export interface CrashPointOptions {
  readonly crashes: readonly Crash[];
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** What `--crash-points --json` prints. */
export interface CrashPointReport extends Verdict {
  readonly seed: number;
  /** Points that were to be reached, and were. */
  readonly points: number;
  readonly reached: number;
}

/**
 * One network; at each point in turn its process dies under load and is started again, and before the next one
 * everything submitted must have ended, once, and the chain be sound.
 */
export async function runCrashPoints({ crashes, seed, say }: CrashPointOptions): Promise<CrashPointReport> {
  const chance = seeded(seed);
  const network = await ChaosNetwork.start({ accounts: [], say });
  let sound = false;
  try {
    const load = await Load.open(network.environment);
    const generated = new GeneratedTransfers(network.environment.network, seeded(seed + 1));
    const wrong: string[] = [];
    let reached = 0;
    for (const [index, crash] of crashes.entries()) {
      const startMs = Date.now();
      const name = `${crash.process} ${crash.point}`;
      load.start(() => generated.next(), PER_SECOND);
      const isReached = isOfChange(crash.point)
        ? await crashInChange(crash, index, network, chance).catch((error: unknown) => {
            wrong.push(`${name}: ${String(error)}`);
            return false;
          })
        : await crashOnce(crash, 1 + chance(OCCURRENCES), network);
      if (isReached) reached++;
      else wrong.push(`${name} was not reached`);
      await load.stop();
      const found = await soundness(network, load);
      wrong.push(...found.map((sentence) => `after ${name}: ${sentence}`));
      say(
        `${index + 1} of ${crashes.length}: ${name} ${isReached ? "" : "NOT "}reached; ${load.submitted.length} submitted, ` +
          `${found.length === 0 ? "sound" : found.join("; ")} (${Date.now() - startMs} ms)`,
      );
    }
    const verdict = await judge(network, load, generated);
    await load.close();
    const report = { ...verdict, seed, points: crashes.length, reached, wrong: [...wrong, ...verdict.wrong] };
    sound = isSound(report);
    return report;
  } finally {
    await network.stop(!sound);
  }
}

/** Does so while the shard tree changes; resolves when that is done. Throws where it doesn't get done. */
async function crashInChange(
  crash: Crash,
  index: number,
  network: ChaosNetwork,
  chance: Chance,
): Promise<boolean> {
  const choices = async () => {
    const topology = await network.environment.topology.refresh();
    return { merges: possibleMerges(topology), splits: possibleSplits(topology, SHARDS_MAX) };
  };
  // Only a shard of a merge has more than one parent to copy from.
  const isOfMerge = crash.point === "after-copy";
  if (isOfMerge) {
    const { merges, splits } = await choices();
    if (merges.length === 0) await makeChange(network, pick(splits, chance));
  }
  const { merges, splits } = await choices();
  // In turns, so that each process dies in both as far as its points allow.
  const isMerge = isOfMerge || splits.length === 0 || (index % 2 === 1 && merges.length > 0);
  const change = pick(isMerge ? merges : splits, chance);
  // A split ends one shard, so one task is closed; and a merge begins one, so one store is cloned.
  const isOnce = isMerge || crash.point === "after-close";
  const occurrence = isOnce ? 1 : 1 + chance(OCCURRENCES_OF_CHANGE);
  let done: Promise<unknown> = Promise.resolve();
  const isReached = await crashOnce(crash, occurrence, network, REACH_CHANGE_BOUND_MS, () => {
    done = makeChange(network, change);
    // It is awaited only when the process is back.
    done.catch(() => undefined);
  });
  await done;
  return isReached;
}

/**
 * Starts the process so that it dies at the point, waits for that, and starts it as ever.
 * @param ready called when the process that is to die does its work
 */
async function crashOnce(
  { process, point }: Crash,
  occurrence: number,
  network: ChaosNetwork,
  reachBoundMs = REACH_BOUND_MS,
  ready: () => void = () => undefined,
): Promise<boolean> {
  const { children } = network;
  const plan = network.planOf(process);
  await children.end(process, "SIGTERM");
  const environment = { [POINT_VARIABLE]: point, [OCCURRENCE_VARIABLE]: String(occurrence) };
  const doomed = { ...plan, nodeFlags: ["--import", PRELOAD], environment, restart: false };
  // It may die before it is ready.
  void children.start(doomed).then(ready, () => undefined);
  const reached = await within(reachBoundMs, () => children.startOf(process) === undefined);
  await children.end(process, "SIGTERM");
  await children.start(plan);
  return reached;
}

/** What isn't as it must be with nothing in flight, a sentence each. */
async function soundness({ environment }: ChaosNetwork, load: Load): Promise<string[]> {
  if (!(await within(SETTLE_BOUND_MS, () => load.inFlight === 0)))
    return [`${load.inFlight} submissions have no last status`];
  const audited = await auditWhenQuiet(environment.network, environment.reader);
  return [
    ...(load.tracker.duplicated === 0 ? [] : [`${load.tracker.duplicated} transactions took effect twice`]),
    ...(audited.inEscrow === 0n ? [] : [`${audited.inEscrow} is left in escrow`]),
    ...audited.faults,
  ];
}

export function renderCrashPoints(report: CrashPointReport): string {
  const yes = (holds: boolean) => (holds ? "yes" : "NO");
  return [
    `${report.reached} of ${report.points} crash points reached, seed ${report.seed}`,
    `submitted ${report.submitted}, lost ${report.lost}, twice ${report.duplicated}`,
    `value conserved: ${yes(report.valueConserved)}; rebuilt equals live: ${yes(report.rebuiltEqual)}`,
    ...report.wrong.map((sentence) => `WRONG: ${sentence}`),
  ].join("\n");
}
