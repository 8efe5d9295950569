import { MEMBER_DEFAULTS, pupilOf } from "../evaluation/member.js";
import { buildNetwork, NETWORK_DEFAULTS, type Network, putWeights, takeWeights } from "../network/network.js";
import { drawOrigins, joined, samplesAt } from "../network/samples.js";
import { lossOn, trainingTurns } from "../network/train.js";
import { trainOrigins, tuneOrigins } from "../parts.js";
import { seededRandom } from "../random.js";
import type { LoadHistory } from "./load-history.js";

/** Seconds of a shard's history that are enough to learn from. */
export const LEARNED_S_MIN = 320;
/** Samples of all shards together in one training. */
const SAMPLES_MAX = 2_048;
const TUNE_SAMPLES_MAX = 512;
const EPOCHS = 3;
const RATE_END_SHARE = 0.1;

/** A training to be done in turns. */
export interface Refresh {
  /** Does one turn, some tens of milliseconds; true: it is done. */
  turn(): boolean;
  /** The trained network where it is better than before on what it didn't learn from; else undefined, and it is disposed of. */
  result(): Network | undefined;
}

/**
 * Trains a copy of the network on what was measured; undefined: no shard has enough history.
 * @param before undefined: a new one is built
 */
export function beginRefresh(
  before: Network | undefined,
  histories: readonly LoadHistory[],
  seed: number,
): Refresh | undefined {
  const pupils = histories
    .filter(({ length }) => length >= LEARNED_S_MIN)
    .map(({ series }) => pupilOf(series));
  if (pupils.length === 0) return undefined;
  const random = seededRandom(seed);
  const network = buildNetwork(before?.settings ?? { ...NETWORK_DEFAULTS, seed });
  if (before) putWeights(network, takeWeights(before));
  const each = (most: number) => Math.ceil(most / pupils.length);
  const own = joined(
    pupils.map(({ lesson, parts }) =>
      samplesAt(lesson.tune, drawOrigins(trainOrigins(parts), each(SAMPLES_MAX), random)),
    ),
  );
  const tuning = joined(
    pupils.map(({ lesson, parts }) =>
      samplesAt(lesson.tune, drawOrigins(tuneOrigins(parts), each(TUNE_SAMPLES_MAX), random)),
    ),
  );
  const lossBefore = before ? lossOn(network, tuning) : Number.POSITIVE_INFINITY;
  const rate = before ? MEMBER_DEFAULTS.ownRate : MEMBER_DEFAULTS.commonRate;
  const turns = trainingTurns(network, own, { epochs: EPOCHS, rate, rateEnd: rate * RATE_END_SHARE }, random);
  return {
    turn: () => turns.next().done === true,
    result() {
      const loss = lossOn(network, tuning);
      if (Number.isFinite(loss) && loss <= lossBefore) return network;
      network.dispose();
      return undefined;
    },
  };
}
