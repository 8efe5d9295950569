import { describe, expect, it } from "vitest";
import { changeUpTo, historyOf, meanUpTo } from "../../ml/features/history.js";
import { linearFeatureCount, writeLinearFeatures } from "../../ml/features/linear.js";
import { sampleBuffers, writeSample } from "../../ml/features/network.js";
import { seasonsOf } from "../../ml/features/seasons.js";
import { TREE_FEATURES, writeTreeFeatures } from "../../ml/features/trees.js";
import type { Series } from "../../ml/series.js";
import { actual, TARGETS } from "../../ml/targets.js";
import { seriesOf, sineSeries } from "./support.js";

const TRAIN_END = 480;
const ORIGINS = [47, 100, 300, 479];

function featuresAt(series: Series, origin: number, ridge = TARGETS.map((_, at) => 90 + at), scale = 7) {
  const history = historyOf(series, TRAIN_END);
  const linear = new Float64Array(linearFeatureCount(history));
  writeLinearFeatures(history, origin, linear);
  const trees = new Float64Array(TREE_FEATURES);
  writeTreeFeatures(history, origin, trees);
  const sample = sampleBuffers(1);
  writeSample(history, origin, scale, ridge, sample, 0);
  return { linear, trees, sample };
}

describe("features", () => {
  const series = sineSeries(800);

  it.each([3_600, 5 * 3_600, 86_400])(
    "see nothing of what comes after the origin, with steps of %i s",
    (stepS) => {
      const series = { ...sineSeries(800), stepS };
      for (const origin of ORIGINS) {
        const values = series.values.map((value, at) => (at > origin ? 1e6 + at : value));
        const before = featuresAt(series, origin);
        // The level of the training part is known once it is over; until then it is the one thing from later.
        const changed = origin >= TRAIN_END - 1 ? featuresAt({ ...series, values }, origin) : undefined;
        const { level: _, ...history } = historyOf({ ...series, values }, TRAIN_END);
        const level = historyOf(series, TRAIN_END).level;
        const linear = new Float64Array(before.linear.length);
        writeLinearFeatures({ ...history, level }, origin, linear);
        expect(linear).toEqual(before.linear);
        const trees = new Float64Array(TREE_FEATURES);
        writeTreeFeatures({ ...history, level }, origin, trees);
        expect(trees).toEqual(before.trees);
        const sample = sampleBuffers(1);
        writeSample(
          { ...history, level },
          origin,
          7,
          TARGETS.map((_, at) => 90 + at),
          sample,
          0,
        );
        expect(sample).toEqual(before.sample);
        if (changed) expect(changed.linear).toEqual(before.linear);
      }
    },
  );

  it("of the network are the same in any unit", () => {
    const doubled = { ...series, values: series.values.map((value) => value * 1_024) };
    for (const origin of ORIGINS) {
      const before = featuresAt(series, origin).sample;
      const after = featuresAt(
        doubled,
        origin,
        TARGETS.map((_, at) => (90 + at) * 1_024),
        7 * 1_024,
      ).sample;
      for (const part of ["statics", "sequence", "experts"] as const) {
        const farthest = Math.max(...after[part].map((value, at) => Math.abs(value - before[part][at]!)));
        expect(farthest, part).toBeLessThan(1e-3);
      }
    }
  });

  it("are numbers for all zeros, for a series that never changes and at its first steps", () => {
    for (const flat of [0, 5]) {
      const own = seriesOf("flat", Array(600).fill(flat));
      for (const origin of [0, 3, ...ORIGINS]) {
        const { linear, trees, sample } = featuresAt(own, origin, Array(TARGETS.length).fill(flat), 1);
        for (const values of [linear, trees, sample.sequence, sample.statics, sample.experts])
          expect([...values].every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("use a day only where the training part has three", () => {
    expect(seasonsOf(series, 480)).toEqual({ daySteps: 24, weekSteps: 0 });
    expect(seasonsOf(series, 504)).toEqual({ daySteps: 24, weekSteps: 168 });
    expect(seasonsOf(series, 71)).toEqual({ daySteps: 0, weekSteps: 0 });
    expect(seasonsOf({ ...series, stepS: 86_400 }, 700), "two weeks").toEqual({ daySteps: 0, weekSteps: 14 });
    expect(seasonsOf({ ...series, stepS: 5 * 3_600 }, 480)).toEqual({ daySteps: 15, weekSteps: 34 });
  });

  it("have means and changes over the steps that there are", () => {
    const history = historyOf(seriesOf("s", [1, 3, 7, 0]), 4);
    expect([meanUpTo(history, 3, 2), meanUpTo(history, 1, 10)]).toEqual([3.5, 2]);
    expect([changeUpTo(history, 3, 2), changeUpTo(history, 3, 10), changeUpTo(history, 0, 5)]).toEqual([
      5.5,
      13 / 3,
      0,
    ]);
  });
});

describe("targets", () => {
  it("are maxima over their steps, and NaN where a step wasn't measured or isn't there", () => {
    const series = seriesOf("s", [1, 5, 2, 9, Number.NaN, 4]);
    expect(actual(series, 0, { from: 1, to: 3 })).toBe(9);
    expect(actual(series, 0, { from: 2, to: 2 })).toBe(2);
    expect(actual(series, 2, { from: 1, to: 2 })).toBeNaN();
    expect(actual(series, 4, { from: 1, to: 2 })).toBeNaN();
  });
});
