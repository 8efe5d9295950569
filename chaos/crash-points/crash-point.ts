import { CHECKPOINTS, type ProcessName } from "../network/process-name.js";

/** Where in its work a process dies. */
export type CrashPoint =
  /** A fetch gave records, and nothing was done with them. */
  | "after-poll"
  /** The task took in half of a step's records. */
  | "mid-step"
  /** Around writing the step's records: sent or not, the process never learns of it. */
  | "before-produce"
  | "after-produce"
  /** Around the positions: committed alone, or put into the Kafka transaction. */
  | "before-offsets"
  | "after-offsets"
  /** The transactional id is taken over, and nothing was read yet. */
  | "after-fence"
  /** Around the end of the Kafka transaction. */
  | "before-commit"
  | "after-commit"
  /** Around the cut that `execute` writes without a Kafka transaction. */
  | "before-cut"
  | "after-cut"
  /** Around the write to the local store. */
  | "before-store"
  | "after-store"
  | ChangePoint;

/** Points that only a change of the shard tree leads to. */
export type ChangePoint =
  /** Around writing markers: what is routed by the new tree comes after them. */
  | "before-markers"
  | "after-markers"
  /** The store of a shard that begins is a clone of its parent's, and doesn't say yet whose it is. */
  | "after-clone"
  /** It has copied, besides, what another parent left. */
  | "after-copy"
  /** The task of a shard that has ended is closed, its store let go of; those after it haven't taken it yet. */
  | "after-close"
  /** Around writing the topic topology, in a Kafka transaction. */
  | "before-topology"
  | "after-topology";

const EVERY: readonly CrashPoint[] = [
  "after-poll",
  "mid-step",
  "before-produce",
  "after-produce",
  "before-offsets",
  "after-offsets",
];
const TRANSACTION: readonly CrashPoint[] = ["after-fence", "before-commit", "after-commit"];
const STORE: readonly CrashPoint[] = ["before-store", "after-store"];
const MARKERS: readonly ChangePoint[] = ["before-markers", "after-markers"];
const INHERITANCE: readonly ChangePoint[] = ["after-clone", "after-copy", "after-close"];
const TOPOLOGY: readonly ChangePoint[] = ["before-topology", "after-topology"];
const CHANGE_POINTS: readonly CrashPoint[] = [...MARKERS, ...INHERITANCE, ...TOPOLOGY];

/** Whether a process comes to the point only when the shard tree changes. */
export function isOfChange(point: CrashPoint): boolean {
  return CHANGE_POINTS.includes(point);
}

/** A process and where it dies. */
export interface Crash {
  readonly process: ProcessName | typeof CHECKPOINTS;
  readonly point: CrashPoint;
}

function of(process: Crash["process"], ...points: readonly CrashPoint[]): Crash[] {
  return points.map((point) => ({ process, point }));
}

/** All points of all stages, once; of the validators, which are all alike, one. */
export const CRASHES: readonly Crash[] = [
  ...of("validate", ...EVERY),
  ...of("shard-assign", ...EVERY),
  ...of("execute", ...EVERY, ...TRANSACTION, "before-cut", "after-cut", ...STORE),
  ...of("vote-1", ...EVERY, ...STORE),
  ...of("finalize", ...EVERY, ...TRANSACTION),
  ...of("relay", ...EVERY),
  ...of("notify", ...EVERY),
  ...of(CHECKPOINTS, ...EVERY, ...STORE),
  ...of("shard-assign", ...MARKERS),
  ...of("execute", ...INHERITANCE),
  ...of("vote-1", ...INHERITANCE),
  ...of(CHECKPOINTS, ...INHERITANCE),
  ...of("finalize", ...TOPOLOGY),
];

/** How a crash is told to the process that is to die. */
export const POINT_VARIABLE = "RUSTORIUM_CRASH_POINT";
/** At which occurrence of the point, from 1. */
export const OCCURRENCE_VARIABLE = "RUSTORIUM_CRASH_OCCURRENCE";
