import { loadScale } from "../baselines/common-ridge.js";
import { MEMBER_DEFAULTS, pupilOf } from "../evaluation/member.js";
import { buildNetwork, putWeights, takeWeights } from "../network/network.js";
import { drawOrigins, joined, samplesAt } from "../network/samples.js";
import { saveModel, type TrainedModel } from "../network/saved-model.js";
import { lossOn, trainingTurns } from "../network/train.js";
import { drawMoments, samplesOf } from "../offline/lessons.js";
import { trainOrigins, tuneOrigins } from "../parts.js";
import { seededRandom } from "../random.js";
import { syntheticLoad } from "../synthetic/load.js";
import type { LoadHistory } from "./load-history.js";

/** Seconds of a shard's history that are enough to learn from. */
export const LEARNED_S_MIN = 320;
/** Samples of all shards together in one training. */
const SAMPLES_MAX = 2_048;
const TUNE_SAMPLES_MAX = 512;
/** Synthetic series that are learned from as well: what is calm for half an hour must not make a network forget what a ramp is. */
const REHEARSED_SERIES = 24;
const REHEARSED_TUNE_SERIES = 8;
const SEED_SPAN = 1_000;
/** On those of them that aren't learned from, its loss may be as many times that of before. */
const FORGOTTEN_MAX = 1.02;
const EPOCHS = 3;
const RATE_END_SHARE = 0.1;

/** A training to be done in turns. */
export interface Refresh {
  /** Does one turn, some tens of milliseconds; true: it is done. */
  turn(): boolean;
  /** The trained model, and its file, where it is no worse than before on the shards' tuning part, and forgot nothing; else undefined. */
  result(): (TrainedModel & { readonly text: string }) | undefined;
}

/** Trains a copy of the network on what was measured; undefined: no shard has enough history. */
export function beginRefresh(
  { network: before, ridge }: TrainedModel,
  histories: readonly LoadHistory[],
  seed: number,
): Refresh | undefined {
  const pupils = histories
    .filter(({ length }) => length >= LEARNED_S_MIN)
    .map(({ series }) => pupilOf(series, loadScale));
  if (pupils.length === 0) return undefined;
  const random = seededRandom(seed);
  const network = buildNetwork(before.settings);
  putWeights(network, takeWeights(before));
  const each = (most: number) => Math.ceil(most / pupils.length);
  const rehearsed = (first: number, count: number) => {
    const loads = Array.from({ length: count }, (_, at) => syntheticLoad(seed * SEED_SPAN + first + at));
    return samplesOf(drawMoments(loads, random), ridge, random);
  };
  const own = joined([
    ...pupils.map(({ lesson, parts }) =>
      samplesAt(lesson.tune, drawOrigins(trainOrigins(parts), each(SAMPLES_MAX), random)),
    ),
    rehearsed(0, REHEARSED_SERIES),
  ]);
  const tuning = joined(
    pupils.map(({ lesson, parts }) =>
      samplesAt(lesson.tune, drawOrigins(tuneOrigins(parts), each(TUNE_SAMPLES_MAX), random)),
    ),
  );
  const known = rehearsed(REHEARSED_SERIES, REHEARSED_TUNE_SERIES);
  const bounds = [lossOn(before, tuning), FORGOTTEN_MAX * lossOn(before, known)] as const;
  const rate = MEMBER_DEFAULTS.ownRate;
  const turns = trainingTurns(network, own, { epochs: EPOCHS, rate, rateEnd: rate * RATE_END_SHARE }, random);
  return {
    turn: () => turns.next().done === true,
    result() {
      const isBetter = lossOn(network, tuning) <= bounds[0] && lossOn(network, known) <= bounds[1];
      if (isBetter) return { network, ridge, ...saveModel(network, ridge) };
      network.dispose();
      return undefined;
    },
  };
}
