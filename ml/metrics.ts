import { quantile } from "./statistics.js";

/**
 * The scale of MASE (Hyndman and Koehler 2006): mean absolute error of the one-step last-value forecast in the training part,
 * over steps that were measured. 1 where nothing ever changes, so that errors are then in the series' own unit.
 */
export function maseScale(
  values: ArrayLike<number>,
  isObserved: ArrayLike<number>,
  trainEnd: number,
): number {
  let sum = 0;
  let count = 0;
  for (let at = 1; at < trainEnd; at++) {
    if (!isObserved[at] || !isObserved[at - 1]) continue;
    sum += Math.abs(values[at]! - values[at - 1]!);
    count++;
  }
  return sum > 0 ? sum / count : 1;
}

/** Mean absolute error in units of `scale`; pairs with NaN are left out. NaN of none. */
export function mase(actual: ArrayLike<number>, forecast: ArrayLike<number>, scale: number): number {
  return meanOver(actual, forecast, (real, guess) => Math.abs(real - guess)) / scale;
}

/** Mean pinball loss at `level` in units of `scale`; pairs with NaN are left out. NaN of none. */
export function pinball(
  actual: ArrayLike<number>,
  forecast: ArrayLike<number>,
  level: number,
  scale: number,
): number {
  return meanOver(actual, forecast, (real, guess) => pinballLoss(real - guess, level)) / scale;
}

/** Loss of an error (actual minus forecast): `level` a unit of what came above the forecast, the rest of what came below. */
export function pinballLoss(error: number, level: number): number {
  return error >= 0 ? level * error : (level - 1) * error;
}

/** A value above this quantile of the past is a peak. */
export const PEAK_LEVEL = 0.95;

/** The height from which on values are peaks, from the part that was measured before the evaluation. */
export function peakHeight(past: ArrayLike<number>): number {
  return quantile(past, PEAK_LEVEL);
}

/**
 * Share of peaks seen ahead: of the values above `height`, those whose forecast was above it too; and how many of the
 * forecasts above it were right.
 */
export function peaksSeenAhead(actual: ArrayLike<number>, forecast: ArrayLike<number>, height: number) {
  let peaks = 0;
  let seen = 0;
  let announced = 0;
  for (let at = 0; at < actual.length; at++) {
    if (Number.isNaN(actual[at]!) || Number.isNaN(forecast[at]!)) continue;
    const isPeak = actual[at]! > height;
    const isAnnounced = forecast[at]! > height;
    if (isPeak) peaks++;
    if (isAnnounced) announced++;
    if (isPeak && isAnnounced) seen++;
  }
  return {
    peaks,
    share: peaks === 0 ? null : seen / peaks,
    precision: announced === 0 ? null : seen / announced,
  };
}

function meanOver(
  actual: ArrayLike<number>,
  forecast: ArrayLike<number>,
  loss: (real: number, guess: number) => number,
): number {
  let sum = 0;
  let count = 0;
  for (let at = 0; at < actual.length; at++) {
    const value = loss(actual[at]!, forecast[at]!);
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / (count === 0 ? Number.NaN : count);
}
