import type { FaultClass } from "./faults/classes.js";
import type { InvariantName } from "./model/violations.js";
import type { Plant } from "./plants/plant.js";

/** reshard: shards split and merge all the time. */
export const SCENARIOS = ["reshard"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** A violation that is looked for. */
export interface Finding {
  readonly invariant: InvariantName;
  /** In its detail, where the invariant alone doesn't tell. */
  readonly says?: string;
}

/** One run: a seed, and what shrinking took away from it. */
export interface RunOptions {
  readonly seed: number;
  /** What happens besides load and faults; left out: nothing. */
  readonly scenario?: Scenario;
  /** All signatures are real, and not only one seed's in fifty. */
  readonly realSignatures?: boolean;
  /** Classes of faults that don't happen. */
  readonly without?: readonly FaultClass[];
  /** Most faults that are drawn; those drawn first stay. */
  readonly faultsMax?: number;
  /** Most transactions; those submitted first stay. */
  readonly transactionsMax?: number;
  readonly plant?: Plant;
  /** The run is over as soon as this is found. */
  readonly until?: Finding;
  /** Gives what the stages logged last, for looking into a seed. */
  readonly withLog?: boolean;
}

/** Whether this is what was looked for. */
export function isFinding(
  { invariant, detail }: Failure,
  { invariant: wanted, says = "" }: Finding,
): boolean {
  return invariant === wanted && detail.includes(says);
}

/** Something that must never be: an invariant of the model, an exception, or a simulation that never ends. */
export interface Failure {
  readonly invariant: InvariantName | "exception" | "not-deterministic";
  readonly detail: string;
}

/** What one run was. */
export interface RunResult {
  readonly seed: number;
  readonly events: number;
  readonly simulatedMs: number;
  readonly faults: Readonly<Partial<Record<FaultClass, number>>>;
  readonly failures: readonly Failure[];
  /** Hash over everything that happened, 16 hex digits. */
  readonly trace: string;
  readonly transactions: number;
  readonly blocks: number;
  readonly realSignatures: boolean;
  /** Changes of the shard tree that were done. */
  readonly splits: number;
  readonly merges: number;
  /** Changes that were decided while transfers were in escrow. */
  readonly changesWithEscrow: number;
  readonly log?: readonly string[];
}
