import { HORIZON_MAX, WINDOW } from "../parts.js";
import { DAY_S, WEEK_S } from "../series.js";
import { type History, meanUpTo, seasonal } from "./history.js";
import { angle } from "./seasons.js";

/** Spans in windows whose mean is a feature. */
const LONG_MEANS = [2, 4, 8, 16];
/** Yesterday's values around the time that is forecast, from this many steps before the last value. */
const DAY_FROM = -2;
const WEEK_AHEAD = [1, 3, 6, 9, 12];
const HARMONICS = 3;

/** Of the newest values alone. */
export const RECENT_FEATURES = WINDOW - 1 + LONG_MEANS.length;

/** How many features a linear model of this series has. */
export function linearFeatureCount({ seasons }: History): number {
  const day = seasons.daySteps ? HORIZON_MAX - DAY_FROM + 1 + 2 * HARMONICS : 0;
  const week = seasons.weekSteps ? WEEK_AHEAD.length + 2 * HARMONICS : 0;
  return RECENT_FEATURES + 1 + day + week;
}

/** Lags and long means, relative to the last value, into `out`; returns the place after them. */
export function writeRecentFeatures(history: History, origin: number, out: Float64Array, offset = 0): number {
  const { values } = history.series;
  const last = values[origin]!;
  let at = offset;
  for (let lag = 1; lag < WINDOW; lag++) out[at++] = values[Math.max(0, origin - lag)]! - last;
  for (const windows of LONG_MEANS) out[at++] = meanUpTo(history, origin, windows * WINDOW) - last;
  return at;
}

/** Lags, long means, daily and weekly lags, all relative to the last value, and time of day and week, into `out`. */
export function writeLinearFeatures(history: History, origin: number, out: Float64Array, offset = 0): void {
  const { series, seasons, level } = history;
  const last = series.values[origin]!;
  let at = writeRecentFeatures(history, origin, out, offset);
  out[at++] = level - last;
  if (seasons.daySteps) {
    for (let ahead = DAY_FROM; ahead <= HORIZON_MAX; ahead++)
      out[at++] = seasonal(history, origin + ahead, seasons.daySteps, last) - last;
    at = writeHarmonics(angle(series, origin, DAY_S), out, at);
  }
  if (seasons.weekSteps) {
    for (const ahead of WEEK_AHEAD)
      out[at++] = seasonal(history, origin + ahead, seasons.weekSteps, last) - last;
    at = writeHarmonics(angle(series, origin, WEEK_S), out, at);
  }
}

function writeHarmonics(phase: number, out: Float64Array, offset: number): number {
  let at = offset;
  for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
    out[at++] = Math.sin(harmonic * phase);
    out[at++] = Math.cos(harmonic * phase);
  }
  return at;
}
