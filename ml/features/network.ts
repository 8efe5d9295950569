import { HORIZON_MAX, HORIZONS, WINDOW } from "../parts.js";
import { DAY_S, WEEK_S } from "../series.js";
import { maximumBetween } from "../statistics.js";
import { TARGETS, type Target } from "../targets.js";
import { changeUpTo, type History, meanUpTo, seasonal } from "./history.js";
import { angle } from "./seasons.js";

/** Values that the network takes in one step of its sequence, and steps of the sequence: a quarter of the work of single values. */
export const PATCH = 4;
export const STEPS = WINDOW / PATCH;
/** Of each step: the window's values, and those of a day and of a week ago, as far ahead as is forecast. */
export const STEP_FEATURES = 3 * PATCH;

const MEANS = [4, 12, WINDOW, 4 * WINDOW, 16 * WINDOW];
const MAXIMA = [3, 12, WINDOW, 4 * WINDOW];
const CHANGES = [3, 12, WINDOW, 4 * WINDOW];
const RECENT = 6;

/** Simple forecasts that the network mixes, of each target: ridge, last value, recent values, long mean, a day and a week ago. */
export const EXPERTS = 6;
export const STATIC_FEATURES =
  2 + MEANS.length + MAXIMA.length + CHANGES.length + 4 + 2 * HORIZONS.length + TARGETS.length;

/** Where a sample's numbers go, each in its place of a batch. */
export interface SampleBuffers {
  /** [samples, STEPS, STEP_FEATURES] */
  readonly sequence: Float32Array;
  /** [samples, STATIC_FEATURES] */
  readonly statics: Float32Array;
  /** [samples, TARGETS, EXPERTS]: simple forecasts less the last value, in local scales. */
  readonly experts: Float32Array;
}

export function sampleBuffers(samples: number): SampleBuffers {
  return {
    sequence: new Float32Array(samples * STEPS * STEP_FEATURES),
    statics: new Float32Array(samples * STATIC_FEATURES),
    experts: new Float32Array(samples * TARGETS.length * EXPERTS),
  };
}

/** Unit of what the network sees and says at an origin: between the series' mean change a step and that of the last window. */
export function localScale(history: History, origin: number, scale: number): number {
  return 0.5 * (scale + changeUpTo(history, origin, WINDOW));
}

/**
 * Writes what the network sees at an origin.
 * @param scale mean change a step in the training part, above 0
 * @param ridge the ridge forecast of each of TARGETS at this origin
 */
export function writeSample(
  history: History,
  origin: number,
  scale: number,
  ridge: readonly number[],
  buffers: SampleBuffers,
  row: number,
): void {
  const { series, seasons } = history;
  const { values } = series;
  const last = values[origin]!;
  const unit = localScale(history, origin, scale);
  const squash = (difference: number) => Math.asinh(difference / unit);
  const periods = [seasons.daySteps, seasons.weekSteps];
  const before = periods.map((period) => seasonal(history, origin, period, last));

  let at = row * STEPS * STEP_FEATURES;
  for (let step = 0; step < STEPS; step++) {
    const from = origin + 1 - WINDOW + step * PATCH;
    for (let place = 0; place < PATCH; place++)
      buffers.sequence[at++] = squash(values[Math.max(0, from + place)]! - last);
    for (let which = 0; which < periods.length; which++) {
      const then = before[which]!;
      for (let place = 0; place < PATCH; place++)
        buffers.sequence[at++] = squash(
          seasonal(history, from + place + HORIZON_MAX, periods[which]!, then) - then,
        );
    }
  }

  const { statics } = buffers;
  at = row * STATIC_FEATURES;
  statics[at++] = Math.log1p(last / scale) / 4;
  statics[at++] = seasons.daySteps ? 1 : 0;
  for (const length of MEANS) statics[at++] = squash(meanUpTo(history, origin, length) - last);
  for (const length of MAXIMA)
    statics[at++] = squash(maximumBetween(values, Math.max(0, origin + 1 - length), origin) - last);
  for (const length of CHANGES)
    statics[at++] = Math.log((changeUpTo(history, origin, length) + 0.01 * scale) / scale) / 2;
  for (const [period, periodS] of [
    [seasons.daySteps, DAY_S],
    [seasons.weekSteps, WEEK_S],
  ] as const) {
    const phase = angle(series, origin, periodS);
    statics[at++] = period ? Math.sin(phase) : 0;
    statics[at++] = period ? Math.cos(phase) : 0;
  }
  for (const ahead of HORIZONS) {
    statics[at++] = squash(seasonal(history, origin + ahead, seasons.daySteps, last) - last);
    statics[at++] = squash(seasonal(history, origin + ahead, seasons.weekSteps, last) - last);
  }
  for (let target = 0; target < TARGETS.length; target++) statics[at++] = squash(ridge[target]! - last);

  at = row * TARGETS.length * EXPERTS;
  const longMean = meanUpTo(history, origin, WINDOW);
  for (let target = 0; target < TARGETS.length; target++) {
    const window = TARGETS[target]!;
    const ago = periods.map((period) => sameBefore(history, origin, window, period));
    const simple = [ridge[target]!, last, recent(history, origin, window), longMean, ...ago];
    for (const forecast of simple) buffers.experts[at++] = (forecast - last) / unit;
  }
}

function recent(history: History, origin: number, { from, to }: Target): number {
  if (from === to) return meanUpTo(history, origin, RECENT);
  return maximumBetween(history.series.values, Math.max(0, origin - (to - from)), origin);
}

/** The same target a period before; the last value where there is none. */
function sameBefore({ series }: History, origin: number, { from, to }: Target, period: number): number {
  const first = origin + from - period;
  if (period === 0 || first < 0) return series.values[origin]!;
  return maximumBetween(series.values, first, origin + to - period);
}
