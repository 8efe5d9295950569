import { describe, expect, it } from "vitest";
import { seededRandom } from "../../ml/random.js";
import { mean } from "../../ml/statistics.js";
import { drawCourse } from "../../ml/synthetic/course.js";
import { measured, syntheticLoad } from "../../ml/synthetic/load.js";
import { normal, poisson } from "../../ml/synthetic/noise.js";

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

describe("a synthetic load", () => {
  it("is the same again with the same seed, and another with another", () => {
    expect(syntheticLoad(7)).toEqual(syntheticLoad(7));
    expect(syntheticLoad(8).values).not.toEqual(syntheticLoad(7).values);
  });

  it("is what a history of measured seconds can be: no number below 0, short and long, gaps marked", () => {
    const all = SEEDS.map(syntheticLoad);
    for (const { values, stepS, name } of all) {
      expect(stepS).toBe(1);
      expect(
        values.every((value) => Number.isFinite(value) && value >= 0),
        name,
      ).toBe(true);
    }
    const lengths = all.map(({ values }) => values.length);
    expect(Math.min(...lengths)).toBeLessThan(90);
    expect(Math.max(...lengths)).toBeGreaterThan(900);
    const withGaps = all.filter(({ isObserved }) => isObserved.includes(0));
    expect(withGaps.length).toBeGreaterThan(10);
    expect(withGaps.length).toBeLessThan(100);
    for (const { values, isObserved } of withGaps) {
      const first = isObserved.indexOf(0);
      expect(values[first]).toBe(values[first - 1]);
    }
  });

  it("has levels from nearly none to thousands, idle shards, loads that rise manifold and fall", () => {
    const all = SEEDS.map(syntheticLoad);
    const means = all.map(({ values }) => mean(values)).sort((a, b) => a - b);
    expect(means[15]).toBeLessThan(5);
    expect(means.at(-15)).toBeGreaterThan(2_000);
    const idle = all.filter(({ values }) => values.subarray(0, 15).every((value) => value === 0));
    expect(idle.length).toBeGreaterThan(5);
    const manifold = (rises: boolean) =>
      all.filter(({ values }) =>
        values.some((value, at) => {
          const later = values[at + 60];
          if (later === undefined) return false;
          return rises ? value > 20 && later > 3 * value : later > 20 && value > 3 * later;
        }),
      );
    expect(manifold(true).length).toBeGreaterThan(100);
    expect(manifold(false).length).toBeGreaterThan(100);
  });

  it("is drawn as many seconds long as asked, whatever happens in it", () => {
    for (const steps of [1, 61, 500]) expect(drawCourse(steps, seededRandom(steps))).toHaveLength(steps);
  });

  it("has as many transactions as the course says, in the mean", () => {
    const course = Array<number>(400).fill(250);
    const loads = SEEDS.slice(0, 60).map((seed) => measured("even", course, seededRandom(seed)));
    const gapless = loads.filter(({ isObserved }) => !isObserved.includes(0));
    expect(mean(gapless.map(({ values }) => mean(values)))).toBeCloseTo(250, -1);
  });
});

describe("what is drawn", () => {
  it("is scattered as it should be", () => {
    const random = seededRandom(3);
    const moments = (draw: () => number) => {
      const drawn = Array.from({ length: 20_000 }, draw);
      const middle = mean(drawn);
      return { middle, variance: mean(drawn.map((value) => (value - middle) ** 2)) };
    };
    const bell = moments(() => normal(random));
    expect(bell.middle).toBeCloseTo(0, 1);
    expect(bell.variance).toBeCloseTo(1, 1);
    for (const rate of [0, 0.3, 5, 29, 400]) {
      const { middle, variance } = moments(() => poisson(random, rate));
      expect(Math.abs(middle - rate)).toBeLessThanOrEqual(0.05 * Math.sqrt(rate));
      expect(Math.abs(variance - rate)).toBeLessThanOrEqual(0.06 * rate);
    }
  });
});
