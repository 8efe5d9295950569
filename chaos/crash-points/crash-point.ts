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
  | "after-store";

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
];

/** How a crash is told to the process that is to die. */
export const POINT_VARIABLE = "RUSTORIUM_CRASH_POINT";
/** At which occurrence of the point, from 1. */
export const OCCURRENCE_VARIABLE = "RUSTORIUM_CRASH_OCCURRENCE";
