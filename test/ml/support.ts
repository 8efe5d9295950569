import { readFileSync } from "node:fs";
import { shippedModelPath } from "../../cli/project-root.js";
import { maseScale } from "../../ml/metrics.js";
import type { Architecture } from "../../ml/network/network.js";
import { loadModel, type TrainedModel } from "../../ml/network/saved-model.js";
import { partsOf } from "../../ml/parts.js";
import { type Random, seededRandom } from "../../ml/random.js";
import { LoadHistory } from "../../ml/scaling/load-history.js";
import { type Series, toSeries } from "../../ml/series.js";

/** A day of hours as a sine with a little noise. */
export function sineSeries(steps: number, seed = 1, name = "sine"): Series {
  const random = seededRandom(seed);
  return seriesOf(
    name,
    Array.from({ length: steps }, (_, at) => 100 + 50 * Math.sin((2 * Math.PI * at) / 24) + 5 * random()),
  );
}

export function seriesOf(name: string, values: readonly number[], stepS = 3_600): Series {
  return toSeries(
    name,
    values.map((value, at) => ({ timeS: 1_600_000_000 + at * stepS, value })),
  );
}

export const scaleOf = (series: Series) =>
  maseScale(series.values, series.isObserved, partsOf(series).trainEnd);

/** About normal, from twelve even draws. */
export function normal(random: Random): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw++) sum += random();
  return sum;
}

/** The model that comes with the package. */
export function shipped(architecture: Architecture): TrainedModel {
  const { network, ridge, hash } = loadModel(readFileSync(shippedModelPath(architecture), "utf8"));
  return { network, ridge: ridge!, hash };
}

/** A shard that these loads were measured of, one a second; NaN: none was. */
export function historyOf(loads: readonly number[]): LoadHistory {
  const history = LoadHistory.empty("1");
  loads.forEach((load, second) => {
    history.add(1_700_000_000_000 + second * 1_000, load);
  });
  return history;
}
