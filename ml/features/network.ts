import { HORIZON_MAX, HORIZONS, WINDOW } from "../parts.js";
import { DAY_S, WEEK_S } from "../series.js";
import { maximumBetween } from "../statistics.js";
import { TARGETS, type Target } from "../targets.js";
import { changeUpTo, type History, meanUpTo, seasonal } from "./history.js";
import { lineAhead, lineUpTo } from "./line.js";
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

/** Simple forecasts that the network mixes, of each target: ridge, last value, recent values, long mean, line, a day and a week ago. */
export const EXPERTS = 7;
export const STATIC_FEATURES =
  4 + MEANS.length + MAXIMA.length + CHANGES.length + 4 + 2 * HORIZONS.length + TARGETS.length;

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
  const unit = localScale(history, origin, scale);
  writeSequence(history, origin, unit, buffers.sequence, row * STEPS * STEP_FEATURES);
  writeStatics(history, origin, { unit, scale, ridge }, buffers.statics, row * STATIC_FEATURES);
  writeExperts(history, origin, { unit, ridge }, buffers.experts, row * TARGETS.length * EXPERTS);
}

/** The window less its last value, and the same of a day and of a week ago, so far on that it ends with what came then. */
function writeSequence(
  history: History,
  origin: number,
  unit: number,
  into: Float32Array,
  offset: number,
): void {
  const { values } = history.series;
  const last = values[origin]!;
  const periods = periodsOf(history);
  const before = periods.map((period) => seasonal(history, origin, period, last));
  let at = offset;
  for (let step = 0; step < STEPS; step++) {
    const from = origin + 1 - WINDOW + step * PATCH;
    for (let place = from; place < from + PATCH; place++)
      into[at++] = Math.asinh((values[Math.max(0, place)]! - last) / unit);
    for (let which = 0; which < periods.length; which++) {
      const then = before[which]!;
      for (let place = from; place < from + PATCH; place++) {
        const value = seasonal(history, place + HORIZON_MAX, periods[which]!, then);
        into[at++] = Math.asinh((value - then) / unit);
      }
    }
  }
}

interface Units {
  readonly unit: number;
  readonly scale: number;
  readonly ridge: readonly number[];
}

/** Level, how much past there is, slope, long means, maxima and changes, place in day and week, what came then at the horizons, the ridge forecasts. */
function writeStatics(
  history: History,
  origin: number,
  { unit, scale, ridge }: Units,
  into: Float32Array,
  offset: number,
): void {
  const { series, seasons } = history;
  const { values } = series;
  const last = values[origin]!;
  const squash = (value: number) => Math.asinh((value - last) / unit);
  let at = offset;
  into[at++] = Math.log1p(last / scale) / 4;
  into[at++] = seasons.daySteps ? 1 : 0;
  // What lies before the first value counts as that value: the network has to know how much does.
  into[at++] = Math.min(1, Math.log2((origin + 1) / WINDOW) / 4);
  into[at++] = Math.asinh((lineUpTo(values, origin).slope * HORIZON_MAX) / unit);
  for (const length of MEANS) into[at++] = squash(meanUpTo(history, origin, length));
  for (const length of MAXIMA)
    into[at++] = squash(maximumBetween(values, Math.max(0, origin + 1 - length), origin));
  for (const length of CHANGES)
    into[at++] = Math.log((changeUpTo(history, origin, length) + 0.01 * scale) / scale) / 2;
  for (const [period, periodS] of [
    [seasons.daySteps, DAY_S],
    [seasons.weekSteps, WEEK_S],
  ] as const) {
    const phase = angle(series, origin, periodS);
    into[at++] = period ? Math.sin(phase) : 0;
    into[at++] = period ? Math.cos(phase) : 0;
  }
  for (const ahead of HORIZONS)
    for (const period of periodsOf(history))
      into[at++] = squash(seasonal(history, origin + ahead, period, last));
  for (let target = 0; target < TARGETS.length; target++) into[at++] = squash(ridge[target]!);
}

function writeExperts(
  history: History,
  origin: number,
  { unit, ridge }: Omit<Units, "scale">,
  into: Float32Array,
  offset: number,
): void {
  const last = history.series.values[origin]!;
  const longMean = meanUpTo(history, origin, WINDOW);
  const line = lineUpTo(history.series.values, origin);
  const periods = periodsOf(history);
  let at = offset;
  TARGETS.forEach((target, place) => {
    const ago = periods.map((period) => sameBefore(history, origin, target, period));
    const ahead = Math.max(0, lineAhead(line, target));
    for (const forecast of [ridge[place]!, last, recent(history, origin, target), longMean, ahead, ...ago])
      into[at++] = (forecast - last) / unit;
  });
}

const periodsOf = ({ seasons }: History) => [seasons.daySteps, seasons.weekSteps] as const;

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
