import { nearestRank } from "../../runtime/session/figures.js";

/** Percentiles of latencies (nearest rank), in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** null where there is nothing to measure. */
export function latenciesOf(valuesMs: Float64Array): Latencies | null {
  if (valuesMs.length === 0) return null;
  const sorted = valuesMs.slice().sort();
  const at = (share: number) => nearestRank(sorted, share);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
