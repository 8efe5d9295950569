import { OUTPUTS } from "../network/outputs.js";
import { TARGETS } from "../targets.js";

/** Values that a trend is seen in. */
const SEEN = 6;
/** A slope counts where it is so many times its standard error: noise has slopes, too. */
const ERRORS_MIN = 2;
/** Values that the noise is measured in. */
const NOISE_SEEN = 30;

/** Of the normal distribution, for the levels that are forecast. */
export const NORMAL_QUANTILES: Readonly<Record<number, number>> = {
  0.5: 0,
  0.7: 0.524,
  0.8: 0.842,
  0.9: 1.282,
  0.95: 1.645,
  0.98: 2.054,
  0.99: 2.326,
};

/**
 * The simple forecast: a straight line through the last values, if they lie on one that rises or falls, else their mean; and how
 * far values lie from such lines. Quantiles as OUTPUTS has them.
 * @param values the last ones, oldest first, at least one
 */
export function trendForecast(values: readonly number[]): Float32Array {
  const { level, slope } = lineOf(values.slice(-SEEN));
  const noise = noiseOf(values.slice(-NOISE_SEEN));
  return Float32Array.from(OUTPUTS, ({ target, level: quantile }) => {
    const { from, to } = TARGETS[target]!;
    const ahead = slope > 0 ? to : from;
    // The greatest of several values lies higher than one of them.
    const spread = noise * (NORMAL_QUANTILES[quantile]! + 0.3 * Math.log(to - from + 1));
    return Math.max(0, level + slope * ahead + spread);
  });
}

/** Level at the last value, and change a step. */
function lineOf(values: readonly number[]): { level: number; slope: number } {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 3) return { level: mean, slope: 0 };
  const middle = (count - 1) / 2;
  let products = 0;
  let squares = 0;
  values.forEach((value, at) => {
    products += (at - middle) * (value - mean);
    squares += (at - middle) ** 2;
  });
  const slope = products / squares;
  const rest = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - middle)) ** 2, 0);
  const error = Math.sqrt(rest / (count - 2) / squares);
  if (Math.abs(slope) < ERRORS_MIN * error || slope === 0) return { level: mean, slope: 0 };
  return { level: mean + slope * middle, slope };
}

/** By the second differences, which a straight line has none of. */
function noiseOf(values: readonly number[]): number {
  if (values.length < 3) return 0;
  let sum = 0;
  for (let at = 2; at < values.length; at++)
    sum += (values[at]! - 2 * values[at - 1]! + values[at - 2]!) ** 2;
  return Math.sqrt(sum / (values.length - 2) / 6);
}
