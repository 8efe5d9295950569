/**
 * Upper bounds that latencyCounts of ShardFigures and PartitionFigures count by, in milliseconds. The counts have one more:
 * what took longer than the last.
 */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

/**
 * The bound that a share of the counted stays within, in milliseconds: 0.99 gives the 99th percentile, rounded up.
 * Infinity: above the last bound; undefined: nothing was counted.
 */
export function boundOfShare(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [index, boundMs] of LATENCY_BOUNDS_MS.entries()) {
    below += counts[index] ?? 0;
    if (below >= share * total) return boundMs;
  }
  return Number.POSITIVE_INFINITY;
}
