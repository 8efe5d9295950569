import type { Seasons } from "../features/seasons.js";

/** Forecast of the value `ahead` steps after `origin`, from values up to `origin`. */
export type PointForecast = (origin: number, ahead: number) => number;

export function lastValue(values: Float64Array): PointForecast {
  return (origin) => values[origin]!;
}

/** The value one day earlier; the last value where there is no day before. */
export function seasonalNaive(values: Float64Array, { daySteps }: Seasons): PointForecast {
  return (origin, ahead) => {
    const at = origin + ahead - daySteps;
    return daySteps === 0 || at < 0 || at > origin ? values[origin]! : values[at]!;
  };
}

/** Candidates for the weight of the newest value. */
const ALPHAS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Simple exponential smoothing; the weight has the least mean absolute one-step error up to `end`. */
export function exponentialSmoothing(values: Float64Array, end: number): PointForecast & { alpha: number } {
  const alpha = least(ALPHAS, (candidate) => oneStepError(smoothed(values, candidate), values, end));
  const levels = smoothed(values, alpha);
  return Object.assign((origin: number) => levels[origin]!, { alpha });
}

/** Level after each value: l(t) = alpha x(t) + (1 - alpha) l(t - 1), l(0) = x(0). */
export function smoothed(values: Float64Array, alpha: number): Float64Array {
  let level = values[0] ?? 0;
  return values.map((value) => {
    level += alpha * (value - level);
    return level;
  });
}

function oneStepError(levels: Float64Array, values: Float64Array, end: number): number {
  let sum = 0;
  for (let at = 1; at < end; at++) sum += Math.abs(values[at]! - levels[at - 1]!);
  return sum;
}

/** The candidate with the least cost, the first of equals. */
export function least<T>(candidates: readonly T[], cost: (candidate: T) => number): T {
  const costs = candidates.map(cost);
  return candidates[costs.indexOf(Math.min(...costs))] ?? candidates[0]!;
}
