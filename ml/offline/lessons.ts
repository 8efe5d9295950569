import { fitCommonRidge, loadScale } from "../baselines/common-ridge.js";
import type { Ridge } from "../baselines/ridge.js";
import { historyOf } from "../features/history.js";
import { joined, type Samples, samplesAt } from "../network/samples.js";
import { HORIZON_MAX } from "../parts.js";
import { type Random, sample } from "../random.js";
import {
  ASKED_STEPS_MIN,
  commonLesson,
  FITTED_STEPS_MIN,
  fitOwn,
  ownLesson,
  REFIT_S,
} from "../scaling/lessons.js";
import type { Series } from "../series.js";

/** A moment of a shard's life, and origins soon after it: what is fitted there is used for them. */
interface Moment {
  readonly series: Series;
  /** Values that are known then. */
  readonly known: number;
  readonly origins: Int32Array;
}

/** Of each series so many moments, and so many origins after each. */
const MOMENTS = 6;
const ORIGINS = 10;
/** How often a shard with enough of a past is seen with the ridge regression of all shards nevertheless. */
const COMMON_SHARE = 0.3;

/** Moments of a live shard's life, drawn; the early ones of it more often. Too short series have none. */
export function drawMoments(all: readonly Series[], random: Random): Moment[] {
  return all.flatMap((series) => {
    const end = series.values.length - HORIZON_MAX;
    if (end <= ASKED_STEPS_MIN) return [];
    return Array.from({ length: MOMENTS }, () => {
      const known = Math.floor(ASKED_STEPS_MIN * (end / ASKED_STEPS_MIN) ** random());
      const soon = Math.min(REFIT_S, end - known + 1);
      const places = Int32Array.from({ length: soon }, (_, at) => known - 1 + at);
      return { series, known, origins: sample(places, ORIGINS, random) };
    });
  });
}

/** The ridge regression of all shards. */
export function ridgeAt(moments: readonly Moment[]): Ridge {
  return fitCommonRidge(
    moments.map(({ series, known, origins }) => ({
      history: historyOf(series, known),
      scale: loadScale(series, known),
      origins,
    })),
  );
}

/** What a network sees in these moments, and what came. Nothing that a network is shown lies after the origin. */
export function samplesOf(moments: readonly Moment[], ridge: Ridge, random: Random): Samples {
  return joined(
    moments.map(({ series, known, origins }) => {
      const span = { first: known - 1, end: known - 1 + REFIT_S };
      const isOwn = known >= FITTED_STEPS_MIN && random() >= COMMON_SHARE;
      const lesson = isOwn
        ? ownLesson(series, fitOwn(upTo(series, known)), within(series, span))
        : commonLesson(series, known, ridge, within(series, span));
      return samplesAt(lesson, origins);
    }),
  );
}

const upTo = (series: Series, end: number): Series => ({
  ...series,
  values: series.values.subarray(0, end),
  isObserved: series.isObserved.subarray(0, end),
});

const within = ({ values }: Series, { first, end }: { first: number; end: number }) => ({
  first,
  end: Math.min(end, values.length),
});
