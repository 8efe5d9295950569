import { HORIZON_MAX } from "../parts.js";
import { DAY_S, type Series, stepsIn, WEEK_S } from "../series.js";

/**
 * Steps of the periods that a series is long enough to show; 0 where it isn't. Where a period is shorter than the horizon it is
 * as many of them as reach beyond, so that a value of a period ago is always known.
 */
export interface Seasons {
  readonly daySteps: number;
  readonly weekSteps: number;
}

/** A period is used where it lies in the training part at least this often. */
export const PERIODS_MIN = 3;

export function seasonsOf(series: Series, trainEnd: number): Seasons {
  const within = (spanS: number) => {
    const one = stepsIn(spanS, series.stepS);
    const steps = one * Math.ceil(HORIZON_MAX / one);
    return one > 1 && steps * PERIODS_MIN <= trainEnd ? steps : 0;
  };
  return { daySteps: within(DAY_S), weekSteps: within(WEEK_S) };
}

/** The first origin that has all the lags. */
export function firstWithLags({ daySteps, weekSteps }: Seasons, first: number): number {
  return Math.max(first, daySteps, weekSteps);
}

/** Place in a period as an angle, from the wall clock of UTC. */
export function angle({ startS, stepS }: Series, at: number, periodS: number): number {
  return (2 * Math.PI * ((startS + at * stepS) % periodS)) / periodS;
}
