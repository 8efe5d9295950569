import type { Series } from "../series.js";
import { prefixSums } from "../statistics.js";
import { type Seasons, seasonsOf } from "./seasons.js";

/** A series with what its features are worked out from. Whatever is asked at an origin lies at or before it. */
export interface History {
  readonly series: Series;
  readonly seasons: Seasons;
  /** Mean of the training part. */
  readonly level: number;
  readonly sums: Float64Array;
  /** Sums of the absolute differences of neighbours. */
  readonly changeSums: Float64Array;
}

export function historyOf(series: Series, trainEnd: number): History {
  const { values } = series;
  const sums = prefixSums(values);
  const changes = values.map((value, at) => (at === 0 ? 0 : Math.abs(value - values[at - 1]!)));
  return {
    series,
    seasons: seasonsOf(series, trainEnd),
    level: sums[trainEnd]! / Math.max(1, trainEnd),
    sums,
    changeSums: prefixSums(changes),
  };
}

/** Mean of the last `length` values up to `origin`; of fewer where the series is younger. */
export function meanUpTo({ sums }: History, origin: number, length: number): number {
  const from = Math.max(0, origin + 1 - length);
  return (sums[origin + 1]! - sums[from]!) / (origin + 1 - from);
}

/** Mean absolute change a step over the last `length` steps. */
export function changeUpTo({ changeSums }: History, origin: number, length: number): number {
  const from = Math.max(1, origin + 1 - length);
  return origin < 1 ? 0 : (changeSums[origin + 1]! - changeSums[from]!) / Math.max(1, origin + 1 - from);
}

/** The value `period` steps before `at`; where there is none, that of `otherwise`. */
export function seasonal({ series }: History, at: number, period: number, otherwise: number): number {
  return period === 0 || at < period ? otherwise : series.values[at - period]!;
}
