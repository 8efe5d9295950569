import type { Origins } from "../parts.js";
import type { Series } from "../series.js";
import { actual, POINT_TARGETS, type Target } from "../targets.js";

/** The quantile that is compared beside the forecast itself. */
export const UPPER_LEVEL = 0.9;

/** What a model says from each origin of a part: of each of HORIZONS its forecast, and its quantile UPPER_LEVEL. */
export interface PointForecasts {
  readonly points: readonly Float64Array[];
  readonly upper: readonly Float64Array[];
}

/** Of the tuning part, by what was learned from the training part; of the evaluated part, by what was learned from both. */
export interface Both<T> {
  readonly tune: T;
  readonly evaluated: T;
}

/** What really came after each origin. */
export function actuals(series: Series, { first, end }: Origins, target: Target): Float64Array {
  return Float64Array.from({ length: Math.max(0, end - first) }, (_, at) =>
    actual(series, first + at, target),
  );
}

export const pointActuals = (series: Series, origins: Origins): Float64Array[] =>
  POINT_TARGETS.map((target) => actuals(series, origins, target));
