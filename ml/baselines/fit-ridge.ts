import { type History, historyOf } from "../features/history.js";
import { linearFeatureCount, writeLinearFeatures } from "../features/linear.js";
import { firstWithLags } from "../features/seasons.js";
import { type Origins, type Parts, pastOrigins, trainOrigins, tuneOrigins } from "../parts.js";
import type { Series } from "../series.js";
import { actual, POINT_TARGETS, TARGETS } from "../targets.js";
import { moments, type Ridge, ridgeForecast, solveRidge } from "./ridge.js";
import { least } from "./simple.js";

/** Penalties to choose from, in rows. */
const PENALTIES = [0.1, 1, 10, 100, 1_000, 10_000];

export interface RidgeFit {
  readonly history: History;
  readonly penalty: number;
  /** Learned from the training part: what the tuning part is forecast with. */
  readonly early: Ridge;
  /** Learned from both. */
  readonly late: Ridge;
}

/** Ridge autoregression of every target; the penalty has the least mean absolute error in the tuning part. */
export function fitRidge(series: Series, parts: Parts): RidgeFit {
  const history = historyOf(series, parts.trainEnd);
  const early = momentsOf(history, trainOrigins(parts));
  const held = tuneOrigins(parts);
  const penalty = least(PENALTIES, (candidate) => {
    const forecast = ridgeForecasts(history, solveRidge(early, candidate), held);
    return POINT_TARGETS.reduce(
      (sum, target, at) => sum + absoluteError(series, held, target, forecast[at]!),
      0,
    );
  });
  const late = momentsOf(history, pastOrigins(parts));
  return { history, penalty, early: solveRidge(early, penalty), late: solveRidge(late, penalty) };
}

/** Of each of TARGETS: the forecast at each origin, none below 0. */
export function ridgeForecasts(history: History, ridge: Ridge, { first, end }: Origins): Float64Array[] {
  const features = new Float64Array(linearFeatureCount(history));
  const forecasts = TARGETS.map(() => new Float64Array(Math.max(0, end - first)));
  for (let origin = first; origin < end; origin++) {
    writeLinearFeatures(history, origin, features);
    const last = history.series.values[origin]!;
    for (let target = 0; target < TARGETS.length; target++)
      forecasts[target]![origin - first] = Math.max(0, last + ridgeForecast(ridge, target, features));
  }
  return forecasts;
}

function momentsOf(history: History, { first, end }: Origins) {
  const { series, seasons } = history;
  const from = firstWithLags(seasons, first);
  return moments({
    count: Math.max(0, end - from),
    features: linearFeatureCount(history),
    targets: TARGETS.length,
    write(row, features, targets) {
      writeLinearFeatures(history, from + row, features);
      const last = series.values[from + row]!;
      for (let at = 0; at < TARGETS.length; at++)
        targets[at] = actual(series, from + row, TARGETS[at]!) - last;
    },
  });
}

function absoluteError(
  series: Series,
  { first, end }: Origins,
  target: (typeof TARGETS)[number],
  forecast: Float64Array,
) {
  let sum = 0;
  for (let origin = first; origin < end; origin++) {
    const error = Math.abs(actual(series, origin, target) - forecast[origin - first]!);
    if (!Number.isNaN(error)) sum += error;
  }
  return sum;
}
