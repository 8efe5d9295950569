import { type History, historyOf } from "../features/history.js";
import { firstWithLags } from "../features/seasons.js";
import { TREE_FEATURES, writeTreeFeatures } from "../features/trees.js";
import { type Origins, type Parts, pastOrigins, trainOrigins, tuneOrigins } from "../parts.js";
import { type Random, sample } from "../random.js";
import type { Series } from "../series.js";
import { actual, type Target } from "../targets.js";
import { BOOSTING_DEFAULTS, type Boosting, boost, boostingForecast, type Rows } from "./trees.js";

/** Rows that trees are grown on; of a longer past a sample. */
export const BOOSTING_ROWS_MAX = 10_000;

export interface BoostingFit {
  readonly history: History;
  readonly early: Boosting;
  readonly late: Boosting;
}

/** Boosted trees for one target. The tuning part says how many trees; then as many are grown on all of the past. */
export function fitBoosting(
  series: Series,
  parts: Parts,
  target: Target,
  objective: number | "mean",
  random: Random,
): BoostingFit {
  const history = historyOf(series, parts.trainEnd);
  const settings = { ...BOOSTING_DEFAULTS, objective };
  const early = boost(
    rowsOf(history, trainOrigins(parts), target, random),
    rowsOf(history, tuneOrigins(parts), target, random),
    settings,
    random,
  );
  const none = { features: TREE_FEATURES, matrix: new Float64Array(0), target: new Float64Array(0) };
  const grown = { ...settings, treesMax: early.trees.length };
  return {
    history,
    early,
    late: boost(rowsOf(history, pastOrigins(parts), target, random), none, grown, random),
  };
}

/** The forecast at each origin, none below 0. */
export function boostingForecasts(history: History, model: Boosting, { first, end }: Origins): Float64Array {
  const features = new Float64Array(TREE_FEATURES);
  return Float64Array.from({ length: Math.max(0, end - first) }, (_, at) => {
    writeTreeFeatures(history, first + at, features);
    return Math.max(0, history.series.values[first + at]! + boostingForecast(model, features));
  });
}

function rowsOf(history: History, { first, end }: Origins, target: Target, random: Random): Rows {
  const { series, seasons } = history;
  const all: number[] = [];
  for (let origin = firstWithLags(seasons, first); origin < end; origin++)
    if (!Number.isNaN(actual(series, origin, target))) all.push(origin);
  const origins = sample(all, BOOSTING_ROWS_MAX, random);
  const matrix = new Float64Array(origins.length * TREE_FEATURES);
  origins.forEach((origin, row) => {
    writeTreeFeatures(history, origin, matrix, row * TREE_FEATURES);
  });
  const targets = Float64Array.from(
    origins,
    (origin) => actual(series, origin, target) - series.values[origin]!,
  );
  return { features: TREE_FEATURES, matrix, target: targets };
}
