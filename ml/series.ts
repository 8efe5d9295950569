import { MlError } from "./failure.js";

/** A measured value; `timeS` in seconds since 1970, `value` NaN where nothing was measured. */
export interface Point {
  readonly timeS: number;
  readonly value: number;
}

/** Values at equal steps. Gaps are filled from the past alone, and marked. */
export interface Series {
  readonly name: string;
  readonly stepS: number;
  /** Time of the first value, seconds since 1970. */
  readonly startS: number;
  /** Never NaN, never negative. */
  readonly values: Float64Array;
  /** 1 where the value was measured, 0 where it was filled in. */
  readonly isObserved: Uint8Array;
}

export const DAY_S = 86_400;
export const WEEK_S = 7 * DAY_S;
/** A series with more steps than this is refused: a year of seconds. */
export const STEPS_MAX = 32_000_000;
/** A gap is filled with the last value up to this many steps, then with what was there a day before. */
export const HELD_STEPS_MAX = 12;
/** Fewer points than this make no series: there is nothing to learn from. */
const POINTS_MIN = 3;

/**
 * Puts points on a grid of equal steps, the median distance of neighbours. Points may come in any order; of several in one
 * step the last counts. What isn't a number, is infinite or negative counts as not measured.
 * @throws MlError SERIES_EMPTY, SERIES_TOO_SHORT, SERIES_TOO_LONG
 */
export function toSeries(name: string, points: readonly Point[]): Series {
  const sorted = points
    .filter(({ timeS }) => Number.isFinite(timeS))
    .map((point, order) => ({ ...point, order }))
    .sort((a, b) => a.timeS - b.timeS || a.order - b.order);
  if (sorted.length === 0) throw new MlError("SERIES_EMPTY", `${name} has no points`);
  if (sorted.length < POINTS_MIN)
    throw new MlError("SERIES_TOO_SHORT", `${name} has ${sorted.length} points`);
  const stepS = medianStep(sorted.map(({ timeS }) => timeS));
  const startS = sorted[0]!.timeS;
  const length = Math.round((sorted.at(-1)!.timeS - startS) / stepS) + 1;
  if (length > STEPS_MAX) throw new MlError("SERIES_TOO_LONG", `${name} has ${length} steps of ${stepS} s`);
  const values = new Float64Array(length).fill(Number.NaN);
  for (const { timeS, value } of sorted) {
    if (Number.isFinite(value) && value >= 0) values[Math.round((timeS - startS) / stepS)] = value;
  }
  const isObserved = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1));
  if (!isObserved.includes(1)) throw new MlError("SERIES_EMPTY", `${name} has no value that is a number`);
  fillFromPast(values, stepsIn(DAY_S, stepS));
  return { name, stepS, startS, values, isObserved };
}

/** Steps in a span of time, at least one. */
export function stepsIn(spanS: number, stepS: number): number {
  return Math.max(1, Math.round(spanS / stepS));
}

function medianStep(timesS: readonly number[]): number {
  const distances = timesS
    .slice(1)
    .map((timeS, at) => timeS - timesS[at]!)
    .filter((distance) => distance > 0)
    .sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 1;
}

/** Nothing of the future: the last value for a short gap, yesterday's for a long one, 0 before the first value. */
function fillFromPast(values: Float64Array, daySteps: number): void {
  let last = 0;
  let missing = 0;
  for (let at = 0; at < values.length; at++) {
    if (!Number.isNaN(values[at]!)) {
      last = values[at]!;
      missing = 0;
      continue;
    }
    missing++;
    values[at] = missing > HELD_STEPS_MAX && at >= daySteps ? values[at - daySteps]! : last;
  }
}
