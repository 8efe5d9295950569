import type { Tracked } from "./tracker.js";

/** When a submission got so far. */
export type TrackedEvent = "preconfirmedMs" | "finalMs" | "settledMs";

/** Percentiles of latencies, in milliseconds, rounded. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** From just before publishing to the event, of the submissions that got so far; null where none did. */
export function latencyOf(submissions: readonly Tracked[], event: TrackedEvent): Percentiles | null {
  return percentiles(
    submissions.flatMap(({ [event]: atMs, sentMs }) => (atMs === undefined ? [] : [atMs - sentMs])),
  );
}

/** A latency as a person reads it. */
export function describeLatency(name: string, latency: Percentiles | null): string {
  return latency ? `${name} p50 ${latency.p50} ms, p99 ${latency.p99} ms` : `${name} -`;
}

/** Median and 99th percentile (nearest rank); null where there is nothing to measure. */
function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: nearestRank(sorted, 0.5), p99: nearestRank(sorted, 0.99) };
}

/** The value that so large a share of ascending values, at least one, doesn't exceed; rounded. */
export function nearestRank(sorted: ArrayLike<number>, share: number): number {
  return Math.round(sorted[Math.ceil(share * sorted.length) - 1]!);
}
