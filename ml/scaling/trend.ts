import { lineAhead, lineUpTo } from "../features/line.js";
import { OUTPUTS } from "../network/outputs.js";
import { TARGETS } from "../targets.js";

/** Newest values of a shard that a trend is looked for in. */
export const TREND_SEEN = 60;
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
  const line = lineUpTo(values, values.length - 1);
  const noise = noiseOf(values.slice(-NOISE_SEEN));
  return Float32Array.from(OUTPUTS, ({ target, level: quantile }) => {
    const ahead = TARGETS[target]!;
    // The greatest of several values lies higher than one of them.
    const spread = noise * (NORMAL_QUANTILES[quantile]! + 0.3 * Math.log(ahead.to - ahead.from + 1));
    return Math.max(0, lineAhead(line, ahead) + spread);
  });
}

/** Whether the last values rise in a straight line, as noise hardly does: a ramp has begun. @param values as of trendForecast */
export function isRamp(values: readonly number[]): boolean {
  const { slope, isClear } = lineUpTo(values, values.length - 1);
  return isClear && slope > 0;
}

/** By the second differences, which a straight line has none of. */
function noiseOf(values: readonly number[]): number {
  if (values.length < 3) return 0;
  let sum = 0;
  for (let at = 2; at < values.length; at++)
    sum += (values[at]! - 2 * values[at - 1]! + values[at - 2]!) ** 2;
  return Math.sqrt(sum / (values.length - 2) / 6);
}
