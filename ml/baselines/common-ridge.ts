import type { History } from "../features/history.js";
import { RECENT_FEATURES, writeRecentFeatures } from "../features/linear.js";
import { localScale } from "../features/network.js";
import { maseScale } from "../metrics.js";
import type { Series } from "../series.js";
import { mean } from "../statistics.js";
import { actual, TARGETS } from "../targets.js";
import { moments, type Ridge, ridgeForecast, solveRidge } from "./ridge.js";

/** In rows of several thousand: it only keeps weights of features that are nearly the same from growing. */
const PENALTY = 10;
/** A row whose greatest number is greater is shortened to this, in units: else few bursts that nothing announced would decide all. */
const ROW_MAX = 4;

/** A history with the unit that its load is counted in. */
export interface Measured {
  readonly history: History;
  /** In the series' own unit, above 0. */
  readonly scale: number;
}

/**
 * The unit of a load in transactions a second, by its first `end` values: its mean change a second, but at least the deviation
 * that mere counting has (a Poisson number's root), and one transaction. A short calm past would have a unit near 0.
 */
export function loadScale({ values, isObserved }: Series, end: number): number {
  return Math.max(1, Math.sqrt(mean(values.subarray(0, end))), maseScale(values, isObserved, end));
}

/** One ridge regression for all shards: on lags and long means in the shard's unit, so that a shard without a past has one. */
export function fitCommonRidge(all: readonly (Measured & { readonly origins: ArrayLike<number> })[]): Ridge {
  const rows = all.flatMap(({ history, scale, origins }) =>
    Array.from(origins, (origin) => ({ history, origin, unit: localScale(history, origin, scale) })),
  );
  const sums = moments({
    count: rows.length,
    features: RECENT_FEATURES,
    targets: TARGETS.length,
    write(row, features, targets) {
      const { history, origin, unit } = rows[row]!;
      writeInUnits(history, origin, unit, features);
      const last = history.series.values[origin]!;
      for (let at = 0; at < TARGETS.length; at++)
        targets[at] = (actual(history.series, origin, TARGETS[at]!) - last) / unit;
      shorten(features, targets);
    },
  });
  return solveRidge(sums, PENALTY);
}

/** Of each of TARGETS: the forecast at one origin, none below 0, in the series' own unit. */
export function commonRidgeForecast({ history, scale }: Measured, ridge: Ridge, origin: number): number[] {
  const unit = localScale(history, origin, scale);
  const features = new Float64Array(RECENT_FEATURES);
  writeInUnits(history, origin, unit, features);
  const last = history.series.values[origin]!;
  return TARGETS.map((_, target) => Math.max(0, last + unit * ridgeForecast(ridge, target, features)));
}

function shorten(features: Float64Array, targets: Float64Array): void {
  let greatest = ROW_MAX;
  for (const numbers of [features, targets])
    for (const number of numbers) greatest = Math.max(greatest, Math.abs(number));
  for (const numbers of [features, targets])
    for (let at = 0; at < numbers.length; at++) numbers[at]! *= ROW_MAX / greatest;
}

function writeInUnits(history: History, origin: number, unit: number, features: Float64Array): void {
  writeRecentFeatures(history, origin, features);
  for (let at = 0; at < RECENT_FEATURES; at++) features[at]! /= unit;
}
