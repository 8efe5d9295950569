import type { Seasons } from "../features/seasons.js";
import { mean } from "../statistics.js";
import { least, type PointForecast } from "./simple.js";

export interface HoltWintersWeights {
  /** Of the level. */
  readonly alpha: number;
  /** Of the trend. */
  readonly beta: number;
  /** Of the season. */
  readonly gamma: number;
  /** The trend fades by this factor a step. */
  readonly damping: number;
}

const CANDIDATES: readonly HoltWintersWeights[] = [0.02, 0.1, 0.3, 0.5, 0.8].flatMap((alpha) =>
  [0, 0.02, 0.1].flatMap((beta) =>
    [0.02, 0.1, 0.3].flatMap((gamma) => [0.9, 0.98].map((damping) => ({ alpha, beta, gamma, damping }))),
  ),
);

/**
 * Additive Holt-Winters with a damped trend and a season of one day; without a season where the series is too short for one.
 * The weights have the least mean absolute error one to `ahead` steps ahead up to `end`.
 */
export function holtWinters(
  values: Float64Array,
  { daySteps }: Seasons,
  end: number,
  ahead: number,
): PointForecast & { weights: HoltWintersWeights } {
  const weights = least(CANDIDATES, (candidate) => {
    const forecast = holtWintersWith(values, daySteps, candidate, end);
    let sum = 0;
    for (let at = 2 * daySteps; at + ahead < end; at++)
      sum +=
        Math.abs(values[at + 1]! - forecast(at, 1)) + Math.abs(values[at + ahead]! - forecast(at, ahead));
    return sum;
  });
  return Object.assign(holtWintersWith(values, daySteps, weights, values.length), { weights });
}

/**
 * The recursion itself, as in Hyndman's textbook: the level starts at the mean of the first season, the trend at 0, the
 * seasons at the first season less its mean.
 */
export function holtWintersWith(
  values: Float64Array,
  period: number,
  { alpha, beta, gamma, damping }: HoltWintersWeights,
  end: number,
): PointForecast {
  const first = period ? mean(values.subarray(0, period)) : (values[0] ?? 0);
  const levels = new Float64Array(end);
  const trends = new Float64Array(end);
  const seasons = new Float64Array(end);
  for (let at = 0; at < end; at++) {
    const value = values[at]!;
    if (at < Math.max(1, period)) {
      levels[at] = first;
      seasons[at] = period ? value - first : 0;
      continue;
    }
    const expected = levels[at - 1]! + damping * trends[at - 1]!;
    const season = period ? seasons[at - period]! : 0;
    levels[at] = alpha * (value - season) + (1 - alpha) * expected;
    trends[at] = beta * (levels[at]! - levels[at - 1]!) + (1 - beta) * damping * trends[at - 1]!;
    seasons[at] = period ? gamma * (value - expected) + (1 - gamma) * season : 0;
  }
  return (origin, ahead) => {
    const faded = damping === 1 ? ahead : (damping * (1 - damping ** ahead)) / (1 - damping);
    const at = period ? origin + ahead - period * Math.ceil(ahead / period) : -1;
    return levels[origin]! + faded * trends[origin]! + (at >= 0 ? seasons[at]! : 0);
  };
}
