import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mase, maseScale, peakHeight, peaksSeenAhead, pinball, pinballLoss } from "../../ml/metrics.js";

const observed = (length: number) => new Uint8Array(length).fill(1);

describe("MASE", () => {
  it("has the mean one-step change of the training part as its unit", () => {
    const values = [1, 3, 2, 6, 100];
    expect(maseScale(values, observed(5), 4)).toBeCloseTo((2 + 1 + 4) / 3, 12);
    expect(mase([10, 20], [13, 19], 2)).toBe((3 + 1) / 2 / 2);
  });

  it("passes over what wasn't measured", () => {
    expect(maseScale([1, 3, 50, 6, 7], [1, 1, 0, 1, 1], 5)).toBe((2 + 1) / 2);
    expect(mase([10, Number.NaN], [12, 5], 1)).toBe(2);
    expect(mase([], [], 1)).toBeNaN();
  });

  it("is in the series' own unit where the training part never changes", () => {
    expect(maseScale([5, 5, 5], observed(3), 3)).toBe(1);
  });

  it("is the same in any unit and at any level", () => {
    const value = fc.double({ min: 0, max: 1_000, noNaN: true });
    const pairs = fc.array(fc.tuple(value, value), { minLength: 4, maxLength: 40 });
    const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(pairs, factor, value, (drawn, by, shift) => {
        const actual = drawn.map(([real]) => real);
        const forecast = drawn.map(([, guess]) => guess);
        const scale = maseScale(actual, observed(actual.length), actual.length);
        // Where nothing changes the unit is fixed, and where changes vanish beside the level digits do.
        fc.pre(scale > 1e-3 && scale !== 1);
        const moved = (values: number[]) => values.map((own) => own * by + shift);
        const movedScale = maseScale(moved(actual), observed(actual.length), actual.length);
        expect(mase(moved(actual), moved(forecast), movedScale)).toBeCloseTo(
          mase(actual, forecast, scale),
          4,
        );
      }),
    );
  });

  it("is 1 for the last-value forecast of the training part itself", () => {
    const values = [4, 9, 2, 7, 7, 1];
    const scale = maseScale(values, observed(6), 6);
    expect(mase(values.slice(1), values.slice(0, -1), scale)).toBeCloseTo(1, 12);
  });
});

describe("pinball loss", () => {
  it("weighs what came above by the level, what came below by the rest", () => {
    expect(pinballLoss(10, 0.9)).toBeCloseTo(9, 12);
    expect(pinballLoss(-10, 0.9)).toBeCloseTo(1, 12);
    expect(pinball([10, 0], [0, 10], 0.9, 2)).toBeCloseTo((9 + 1) / 2 / 2, 12);
  });

  it("is half of the absolute error at 0.5, never negative, and least at the quantile of a sample", () => {
    const values = Array.from({ length: 101 }, (_, at) => at);
    const losses = values.map((guess) =>
      pinball(
        values,
        values.map(() => guess),
        0.9,
        1,
      ),
    );
    expect(losses.indexOf(Math.min(...losses))).toBe(90);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (error, level) => {
          expect(pinballLoss(error, level)).toBeGreaterThanOrEqual(0);
          expect(pinballLoss(error, 0.5)).toBeCloseTo(Math.abs(error) / 2, 9);
        },
      ),
    );
  });
});

describe("peaks", () => {
  it("are seen ahead where the forecast was above the height too", () => {
    const actual = [1, 9, 9, 1, Number.NaN];
    expect(peaksSeenAhead(actual, [1, 9, 2, 9, 9], 5)).toEqual({ peaks: 2, share: 0.5, precision: 0.5 });
    expect(peaksSeenAhead([1, 2], [9, 1], 5)).toEqual({ peaks: 0, share: null, precision: 0 });
    expect(peaksSeenAhead([9], [1], 5)).toEqual({ peaks: 1, share: 0, precision: null });
  });

  it("have the height of the 95th percentile", () => {
    expect(peakHeight(Array.from({ length: 101 }, (_, at) => at))).toBe(95);
  });
});
