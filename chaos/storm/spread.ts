/** 95th percentile (nearest rank) and largest of some durations, in whole milliseconds; null where there are none. */
export interface Spread {
  readonly p95: number;
  readonly max: number;
}

export function spreadOf(durationsMs: readonly number[]): Spread | null {
  if (durationsMs.length === 0) return null;
  const sorted = [...durationsMs].sort((a, b) => a - b);
  return {
    p95: Math.round(sorted[Math.ceil(0.95 * sorted.length) - 1]!),
    max: Math.round(sorted.at(-1)!),
  };
}
