import { commonRidgeForecast, loadScale } from "../baselines/common-ridge.js";
import { fitRidge, ridgeForecasts } from "../baselines/fit-ridge.js";
import type { Ridge } from "../baselines/ridge.js";
import { historyOf } from "../features/history.js";
import type { Lesson } from "../network/samples.js";
import { type Origins, partsOf, SERIES_STEPS_MIN } from "../parts.js";
import type { Series } from "../series.js";
import { actual, TARGETS } from "../targets.js";

/** Seconds of a shard's history that its network is asked from on: less says next to nothing of what is noise. */
export const ASKED_STEPS_MIN = 30;
/** Less history than this is too little for a ridge regression of its own. */
export const FITTED_STEPS_MIN = SERIES_STEPS_MIN + 60;
/** Seconds after which it is fitted anew. */
export const REFIT_S = 60;

/** A ridge regression that was fitted to one shard. */
export interface OwnFit {
  readonly ridge: Ridge;
  /** The shard's unit, by its first `trainEnd` values. */
  readonly scale: number;
  readonly trainEnd: number;
  /** Mean absolute error of each of TARGETS in the newest part, in transactions a second. */
  readonly errors: readonly number[];
}

/** @throws MlError SERIES_TOO_SHORT */
export function fitOwn(series: Series): OwnFit {
  const parts = partsOf(series);
  const { trainEnd, tuneEnd, end } = parts;
  const { history, late: ridge } = fitRidge(series, parts);
  const scale = loadScale(series, trainEnd);
  const newest = { first: tuneEnd, end: end - 1 };
  const forecasts = ridgeForecasts(history, ridge, newest);
  const errors = TARGETS.map((target, place) => {
    let sum = 0;
    let count = 0;
    for (let origin = newest.first; origin < newest.end; origin++) {
      const error = Math.abs(actual(series, origin, target) - forecasts[place]![origin - newest.first]!);
      if (Number.isNaN(error)) continue;
      sum += error;
      count++;
    }
    return count > 0 ? sum / count : scale;
  });
  return { ridge, scale, trainEnd, errors };
}

/** What a network sees of a shard that has a ridge regression of its own. */
export function ownLesson(series: Series, { ridge, scale, trainEnd }: OwnFit, origins: Origins): Lesson {
  const history = historyOf(series, trainEnd);
  return { history, scale, ridge: ridgeForecasts(history, ridge, origins), ridgeFirst: origins.first };
}

/** The same of a shard that has the one of all shards, and a unit by its first `known` values. */
export function commonLesson(series: Series, known: number, ridge: Ridge, { first, end }: Origins): Lesson {
  const measured = { history: historyOf(series, known), scale: loadScale(series, known) };
  const forecasts = TARGETS.map(() => new Float64Array(Math.max(0, end - first)));
  for (let origin = first; origin < end; origin++)
    commonRidgeForecast(measured, ridge, origin).forEach((forecast, target) => {
      forecasts[target]![origin - first] = forecast;
    });
  return { ...measured, ridge: forecasts, ridgeFirst: first };
}
