/** Percentiles of latencies, in milliseconds, rounded. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Median and 99th percentile (nearest rank); null where there is nothing to measure. */
export function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!);
  return { p50: at(0.5), p99: at(0.99) };
}
