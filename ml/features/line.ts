import type { Target } from "../targets.js";

/** Values that a trend is seen in. */
const SEEN = 6;
/** A slope counts where it is so many times its standard error: noise has slopes, too. */
const ERRORS_MIN = 2;
/** So many times its standard error a slope is one that noise has once in a hundred times. */
const CLEAR_ERRORS_MIN = 4;

/** A straight line: its level at the last value, and its change a step. */
export interface Line {
  readonly level: number;
  readonly slope: number;
  /** Noise hardly has such a slope: values rise or fall in a straight line. */
  readonly isClear: boolean;
}

/** Through the last values up to `origin`, if they lie on a line that rises or falls, else flat at their mean. */
export function lineUpTo(values: ArrayLike<number>, origin: number): Line {
  const count = Math.min(SEEN, origin + 1);
  const first = origin + 1 - count;
  let sum = 0;
  for (let at = first; at <= origin; at++) sum += values[at]!;
  const mean = sum / count;
  if (count < 3) return { level: mean, slope: 0, isClear: false };
  const middle = (count - 1) / 2;
  let products = 0;
  let squares = 0;
  for (let at = 0; at < count; at++) {
    products += (at - middle) * (values[first + at]! - mean);
    squares += (at - middle) ** 2;
  }
  const slope = products / squares;
  let rest = 0;
  for (let at = 0; at < count; at++) rest += (values[first + at]! - mean - slope * (at - middle)) ** 2;
  const error = Math.sqrt(rest / (count - 2) / squares);
  if (Math.abs(slope) < ERRORS_MIN * error || slope === 0) return { level: mean, slope: 0, isClear: false };
  return { level: mean + slope * middle, slope, isClear: Math.abs(slope) >= CLEAR_ERRORS_MIN * error };
}

/** The line's greatest value in what is forecast; it may be below 0. */
export function lineAhead({ level, slope }: Pick<Line, "level" | "slope">, { from, to }: Target): number {
  return level + slope * (slope > 0 ? to : from);
}
