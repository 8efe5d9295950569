import { HORIZON_MAX, WINDOW } from "../parts.js";
import { DAY_S, WEEK_S } from "../series.js";
import { maximumBetween } from "../statistics.js";
import { changeUpTo, type History, meanUpTo, seasonal } from "./history.js";
import { angle } from "./seasons.js";

const LAGS = [1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 23, 35, 47];
const MEANS = [3, 6, 12, WINDOW, 4 * WINDOW, 16 * WINDOW];
const MAXIMA = [6, 12, WINDOW];
const CHANGES = [3, 12, WINDOW];
const DAY_AHEAD = [-1, 0, 1, 3, 6, 9, HORIZON_MAX];
const WEEK_AHEAD = [0, 1, 6, HORIZON_MAX];

export const TREE_FEATURES =
  1 + LAGS.length + MEANS.length + MAXIMA.length + CHANGES.length + DAY_AHEAD.length + WEEK_AHEAD.length + 2;

/** What the trees split on: as the linear features, with maxima and changes, and the level itself. */
export function writeTreeFeatures(history: History, origin: number, out: Float64Array, offset = 0): void {
  const { series, seasons } = history;
  const { values } = series;
  const last = values[origin]!;
  let at = offset;
  out[at++] = last;
  for (const lag of LAGS) out[at++] = values[Math.max(0, origin - lag)]! - last;
  for (const length of MEANS) out[at++] = meanUpTo(history, origin, length) - last;
  for (const length of MAXIMA)
    out[at++] = maximumBetween(values, Math.max(0, origin + 1 - length), origin) - last;
  for (const length of CHANGES) out[at++] = changeUpTo(history, origin, length);
  for (const ahead of DAY_AHEAD) out[at++] = seasonal(history, origin + ahead, seasons.daySteps, last) - last;
  for (const ahead of WEEK_AHEAD)
    out[at++] = seasonal(history, origin + ahead, seasons.weekSteps, last) - last;
  out[at++] = seasons.daySteps ? angle(series, origin, DAY_S) : 0;
  out[at++] = seasons.weekSteps ? angle(series, origin, WEEK_S) : 0;
}
