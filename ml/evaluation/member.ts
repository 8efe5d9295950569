import { fitRidge, ridgeForecasts } from "../baselines/fit-ridge.js";
import { firstWithLags } from "../features/seasons.js";
import { maseScale } from "../metrics.js";
import { forecastPart } from "../network/forecast.js";
import { type Network, type NetworkSettings, putWeights, takeWeights } from "../network/network.js";
import { drawOrigins, joined, type Lesson, samplesAt } from "../network/samples.js";
import { lossOn, train } from "../network/train.js";
import {
  evaluatedOrigins,
  type Origins,
  type Parts,
  partsOf,
  pastOrigins,
  trainOrigins,
  tuneOrigins,
  WINDOW,
} from "../parts.js";
import type { Random } from "../random.js";
import type { Series } from "../series.js";
import type { Both } from "./forecast-set.js";

/** How much a member of the ensemble learns. */
export interface MemberSettings {
  readonly network: NetworkSettings;
  /** Samples of all series together, in the common training. */
  readonly commonSamples: number;
  readonly commonEpochs: number;
  readonly commonRate: number;
  /** Samples of each series in its own training. */
  readonly ownSamplesMax: number;
  readonly ownEpochs: number;
  readonly ownRate: number;
}

export const MEMBER_DEFAULTS: Omit<MemberSettings, "network"> = {
  commonSamples: 36_000,
  commonEpochs: 5,
  commonRate: 4e-3,
  ownSamplesMax: 3_000,
  ownEpochs: 4,
  ownRate: 1.5e-3,
};

const RATE_END_SHARE = 0.05;
const TUNE_SAMPLES_MAX = 2_000;
/** At the end each series goes once more through the newest of its past, at half the rate. */
const NEWEST_SHARE = 0.3;

/** A series prepared: ridge forecasts by what was learned early (training part) and late (tuning part too). */
export interface Pupil {
  readonly series: Series;
  readonly parts: Parts;
  readonly lesson: Both<Lesson>;
}

/** @param scaleOf the unit of the series by its first `end` values; that of MASE */
export function pupilOf(
  series: Series,
  scaleOf = ({ values, isObserved }: Series, end: number) => maseScale(values, isObserved, end),
): Pupil {
  const parts = partsOf(series);
  const { history, early, late } = fitRidge(series, parts);
  const scale = scaleOf(series, parts.trainEnd);
  const all: Origins = { first: WINDOW - 1, end: evaluatedOrigins(parts).end };
  const lesson = (ridge: typeof early): Lesson => ({
    history,
    scale,
    ridge: ridgeForecasts(history, ridge, all),
    ridgeFirst: all.first,
  });
  return { series, parts, lesson: { tune: lesson(early), evaluated: lesson(late) } };
}

/** What a member says of one series: quantiles [origins, OUTPUTS] of both parts. */
export interface MemberForecasts extends Both<Float32Array> {
  /** Epochs of the series' own training that helped in the tuning part. */
  readonly ownEpochs: number;
}

/** The common training: as many samples of each series. */
export function learnTogether(
  network: Network,
  pupils: readonly Pupil[],
  { commonSamples, commonEpochs: epochs, commonRate: rate, network: { seed } }: MemberSettings,
  random: Random,
  say: (line: string) => void,
): void {
  const each = Math.ceil(commonSamples / Math.max(1, pupils.length));
  const lots = pupils.map((pupil) => samplesAt(pupil.lesson.tune, drawOrigins(learned(pupil), each, random)));
  train(network, joined(lots), { epochs, rate, rateEnd: rate * RATE_END_SHARE }, random, (epoch, loss) =>
    say(`seed ${seed}: epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(4)}`),
  );
}

/** The series' own training; the epoch that is best in the tuning part is kept, none where none helps. */
export function adapt(
  network: Network,
  pupil: Pupil,
  settings: MemberSettings,
  random: Random,
): MemberForecasts {
  const { parts, lesson } = pupil;
  const tuning = samplesAt(lesson.tune, drawOrigins(tuneOrigins(parts), TUNE_SAMPLES_MAX, random));
  let best = { loss: lossOn(network, tuning), weights: takeWeights(network), epochs: 0 };
  const own = samplesAt(lesson.tune, drawOrigins(learned(pupil), settings.ownSamplesMax, random));
  const rate = settings.ownRate;
  train(
    network,
    own,
    { epochs: settings.ownEpochs, rate, rateEnd: rate * RATE_END_SHARE },
    random,
    (epoch) => {
      const loss = lossOn(network, tuning);
      if (loss < best.loss) best = { loss, weights: takeWeights(network), epochs: epoch + 1 };
    },
  );
  putWeights(network, best.weights);
  const tune = forecastPart(network, lesson.tune, tuneOrigins(parts));
  if (best.epochs > 0) {
    const newest = samplesAt(
      lesson.evaluated,
      drawOrigins(newestPast(pupil), settings.ownSamplesMax, random),
    );
    train(network, newest, { epochs: 1, rate: rate / 2, rateEnd: rate * RATE_END_SHARE }, random);
  }
  return {
    tune,
    evaluated: forecastPart(network, lesson.evaluated, evaluatedOrigins(parts)),
    ownEpochs: best.epochs,
  };
}

/** Origins of the training part that have all their lags; all of them where that would leave too few. */
function learned({ parts, lesson }: Pupil): Origins {
  const all = trainOrigins(parts);
  return { first: firstWithLags(lesson.tune.history.seasons, all.first), end: all.end };
}

function newestPast(pupil: Pupil): Origins {
  const { end } = pastOrigins(pupil.parts);
  return { first: Math.max(learned(pupil).first, Math.floor(end * (1 - NEWEST_SHARE))), end };
}
