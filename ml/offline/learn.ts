import { buildNetwork, NETWORK_DEFAULTS, type NetworkSettings } from "../network/network.js";
import { saveModel, type TrainedModel } from "../network/saved-model.js";
import { train } from "../network/train.js";
import { seededRandom } from "../random.js";
import { REMEMBERED_S } from "../scaling/load-history.js";
import type { Series } from "../series.js";
import { syntheticLoad } from "../synthetic/load.js";
import { drawMoments, ridgeAt, samplesOf } from "./lessons.js";

export interface OfflineSettings {
  readonly architecture: NetworkSettings["architecture"];
  readonly seed: number;
  /** Synthetic series to learn from. */
  readonly series: number;
  readonly epochs: number;
}

export const OFFLINE_DEFAULTS: Omit<OfflineSettings, "architecture"> = { seed: 1, series: 1_500, epochs: 8 };

const RATE = 4e-3;
const RATE_END = 1e-4;
/** Seeds of series: those that are learned from, and those that a model is judged by, never meet. */
const SERIES_SEEDS = 1_000_000;

/** Series number `at` of those of a seed; held out where it isn't learned from. */
export function seriesOf(seed: number, at: number, isHeldOut: boolean): Series {
  return syntheticLoad(2 * (seed * SERIES_SEEDS + at) + (isHeldOut ? 1 : 0));
}

/** Another series in pieces as long as what is remembered of a live shard; its steps count as seconds. */
export function stretchesOf(series: Series): Series[] {
  const count = Math.ceil(series.values.length / REMEMBERED_S);
  return Array.from({ length: count }, (_, at) => {
    const [from, to] = [at * REMEMBERED_S, (at + 1) * REMEMBERED_S];
    return {
      ...{ name: `${series.name} ${at}`, stepS: 1, startS: series.startS + from },
      ...{ values: series.values.subarray(from, to), isObserved: series.isObserved.subarray(from, to) },
    };
  });
}

/**
 * One network for all shards, and the ridge regression that it begins with, from synthetic loads. The same settings, the same
 * model, bit by bit, on the same backend.
 * @param others further series to learn from, of steps of a second
 */
export function learnOffline(
  { architecture, seed, series, epochs }: OfflineSettings,
  others: readonly Series[],
  say: (line: string) => void,
): TrainedModel & { readonly text: string } {
  const random = seededRandom(seed);
  const all = Array.from({ length: series }, (_, at) => seriesOf(seed, at, false));
  const moments = drawMoments([...all, ...others], random);
  const ridge = ridgeAt(moments);
  const samples = samplesOf(moments, ridge, random);
  say(`${architecture}: ${samples.count} samples of ${all.length + others.length} series`);
  const network = buildNetwork({ ...NETWORK_DEFAULTS, architecture, seed });
  train(network, samples, { epochs, rate: RATE, rateEnd: RATE_END }, random, (epoch, loss) =>
    say(`epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(4)}`),
  );
  return { network, ridge, ...saveModel(network, ridge) };
}
