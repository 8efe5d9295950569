import { FAULT_CLASSES, type FaultClass } from "./faults/classes.js";
import type { RunOptions } from "./options.js";
import type { Plant } from "./plants/plant.js";
import { runSeed } from "./run.js";

/** The least that still fails in the same way; goes into regressions.ts as it is. */
export interface Shrunk {
  readonly seed: number;
  readonly invariant: string;
  readonly without: readonly FaultClass[];
  readonly faultsMax?: number;
  readonly transactionsMax?: number;
}

/** Runs that shrinking may take. */
const RUNS_MAX = 80;
/** More than a seed ever draws; halving begins here. */
const FAULTS_BOUND = 32;
const TRANSACTIONS_BOUND = 128;

/** Leaves out classes of faults, then faults, then transactions, as long as the same invariant fails. */
export async function shrink(
  seed: number,
  invariant: string,
  planted: () => { readonly plant?: Plant },
): Promise<Shrunk> {
  let runs = 0;
  const fails = async (tried: RunOptions) => {
    if (runs++ >= RUNS_MAX) return false;
    return (await runSeed({ ...tried, ...planted() })).failures.some(
      (failure) => failure.invariant === invariant,
    );
  };
  let best: RunOptions = { seed, without: [] };
  for (const fault of FAULT_CLASSES) {
    const tried = { ...best, without: [...(best.without ?? []), fault] };
    if (await fails(tried)) best = tried;
  }
  const faultsMax = await least(FAULTS_BOUND, (value) => fails({ ...best, faultsMax: value }));
  if (faultsMax !== undefined) best = { ...best, faultsMax };
  const transactionsMax = await least(TRANSACTIONS_BOUND, (value) =>
    fails({ ...best, transactionsMax: value }),
  );
  return {
    seed,
    invariant,
    without: best.without ?? [],
    ...(faultsMax !== undefined && { faultsMax }),
    ...(transactionsMax !== undefined && { transactionsMax }),
  };
}

/** A small value below the bound that holds, found by halving; undefined where none does. */
async function least(bound: number, holds: (value: number) => Promise<boolean>): Promise<number | undefined> {
  let found: number | undefined;
  let low = 0;
  let high = bound;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(middle)) {
      found = middle;
      high = middle;
    } else low = middle + 1;
  }
  return found;
}
