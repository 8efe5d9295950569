import { LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";

/** How many took how long. */
export class LatencyCounts {
  private counts = noCounts();

  add(ms: number): void {
    let at = 0;
    while (at < LATENCY_BOUNDS_MS.length && ms > LATENCY_BOUNDS_MS[at]!) at++;
    this.counts[at]!++;
  }

  /** Hands out what was counted, and begins anew. */
  take(): number[] {
    const taken = this.counts;
    this.counts = noCounts();
    return taken;
  }
}

function noCounts(): number[] {
  return Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
}

/** Counts of several spans together; those that are too short count as having zeros behind. */
export function addedCounts(all: Iterable<readonly number[]>): number[] {
  const sum = noCounts();
  for (const counts of all) for (const at of sum.keys()) sum[at]! += counts[at] ?? 0;
  return sum;
}

/**
 * The bound that a share of the counted took no longer than, in milliseconds; infinite where it is above all bounds.
 * undefined: nothing was counted.
 */
export function countedQuantile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [at, bound] of LATENCY_BOUNDS_MS.entries()) {
    seen += counts[at] ?? 0;
    if (seen >= share * total) return bound;
  }
  return Number.POSITIVE_INFINITY;
}
