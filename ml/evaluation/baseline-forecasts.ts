import { boostingForecasts, fitBoosting } from "../baselines/fit-boosting.js";
import { fitRidge, ridgeForecasts } from "../baselines/fit-ridge.js";
import { holtWinters } from "../baselines/holt-winters.js";
import { exponentialSmoothing, lastValue, type PointForecast, seasonalNaive } from "../baselines/simple.js";
import { seasonsOf } from "../features/seasons.js";
import { evaluatedOrigins, HORIZON_MAX, HORIZONS, type Origins, type Parts, tuneOrigins } from "../parts.js";
import type { Random } from "../random.js";
import type { Series } from "../series.js";
import { quantile } from "../statistics.js";
import { POINT_TARGETS } from "../targets.js";
import { type Both, type PointForecasts, pointActuals, UPPER_LEVEL } from "./forecast-set.js";

export const BASELINES = [
  "lastValue",
  "seasonalNaive",
  "exponentialSmoothing",
  "holtWinters",
  "ridge",
  "gradientBoosting",
] as const;
export type Baseline = (typeof BASELINES)[number];

/** All baselines of a series. Weights are fitted on the past of what is forecast, settings chosen on the tuning part. */
export function baselineForecasts(
  series: Series,
  parts: Parts,
  random: Random,
): Record<Baseline, Both<PointForecasts>> {
  const { values } = series;
  const seasons = seasonsOf(series, parts.trainEnd);
  const simple = (early: PointForecast, late: PointForecast) =>
    withUpper(series, parts, pointsOf(early, tuneOrigins(parts)), pointsOf(late, evaluatedOrigins(parts)));
  const both = (forecast: PointForecast) => simple(forecast, forecast);
  const smoothing = (end: number) => exponentialSmoothing(values, end);
  const seasonal = (end: number) => holtWinters(values, seasons, end, HORIZON_MAX / 2);
  return {
    lastValue: both(lastValue(values)),
    seasonalNaive: both(seasonalNaive(values, seasons)),
    exponentialSmoothing: simple(smoothing(parts.trainEnd), smoothing(parts.tuneEnd)),
    holtWinters: simple(seasonal(parts.trainEnd), seasonal(parts.tuneEnd)),
    ridge: ridgePoints(series, parts),
    gradientBoosting: boostingPoints(series, parts, random),
  };
}

function pointsOf(forecast: PointForecast, { first, end }: Origins): Float64Array[] {
  return HORIZONS.map((ahead) =>
    Float64Array.from({ length: Math.max(0, end - first) }, (_, at) =>
      Math.max(0, forecast(first + at, ahead)),
    ),
  );
}

function ridgePoints(series: Series, parts: Parts): Both<PointForecasts> {
  const { history, early, late } = fitRidge(series, parts);
  const points = POINT_TARGETS.length;
  return withUpper(
    series,
    parts,
    ridgeForecasts(history, early, tuneOrigins(parts)).slice(0, points),
    ridgeForecasts(history, late, evaluatedOrigins(parts)).slice(0, points),
  );
}

/** Trees of the median for the forecast, and of the upper quantile. */
function boostingPoints(series: Series, parts: Parts, random: Random): Both<PointForecasts> {
  const [points, upper] = [0.5, UPPER_LEVEL].map((level) =>
    POINT_TARGETS.map((target) => {
      const { history, early, late } = fitBoosting(series, parts, target, level, random);
      return {
        tune: boostingForecasts(history, early, tuneOrigins(parts)),
        evaluated: boostingForecasts(history, late, evaluatedOrigins(parts)),
      };
    }),
  ) as [Both<Float64Array>[], Both<Float64Array>[]];
  const part = (which: "tune" | "evaluated") => ({
    points: points.map((forecasts) => forecasts[which]),
    upper: upper.map((forecasts) => forecasts[which]),
  });
  return { tune: part("tune"), evaluated: part("evaluated") };
}

/** A model without quantiles of its own gets them from its errors in the tuning part. */
function withUpper(
  series: Series,
  parts: Parts,
  tune: readonly Float64Array[],
  evaluated: readonly Float64Array[],
): Both<PointForecasts> {
  const came = pointActuals(series, tuneOrigins(parts));
  const margins = tune.map((forecasts, at) => {
    const errors = forecasts
      .map((forecast, origin) => came[at]![origin]! - forecast)
      .filter((error) => !Number.isNaN(error));
    return errors.length === 0 ? 0 : quantile(errors, UPPER_LEVEL);
  });
  const raised = (forecasts: readonly Float64Array[]) =>
    forecasts.map((own, at) => own.map((forecast) => Math.max(0, forecast + margins[at]!)));
  return {
    tune: { points: tune, upper: raised(tune) },
    evaluated: { points: evaluated, upper: raised(evaluated) },
  };
}
