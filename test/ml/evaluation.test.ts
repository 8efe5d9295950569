import { describe, expect, it } from "vitest";
import { closedLoop, scaledLoad } from "../../ml/evaluation/closed-loop.js";
import { fallbacks } from "../../ml/evaluation/lately.js";
import { ensemble, meanByHorizon, pointsOf, served } from "../../ml/evaluation/scores.js";
import { OUTPUTS } from "../../ml/network/outputs.js";
import { evaluatedOrigins, type Origins, partsOf, tuneOrigins } from "../../ml/parts.js";
import { quantile } from "../../ml/statistics.js";
import { actual, TARGETS } from "../../ml/targets.js";
import { seriesOf } from "./support.js";

/** Sudden loads that a clock foretells: 2 for most of the time, 8 every tenth step. */
const bursts = seriesOf(
  "bursts",
  Array.from({ length: 1_000 }, (_, at) => (at % 10 === 0 ? 8 : 2)),
);
const parts = partsOf(bursts);

/** A forecast of all quantiles of all targets, from a function. */
function said({ first, end }: Origins, forecast: (origin: number, target: number) => number): Float32Array {
  return Float32Array.from({ length: (end - first) * OUTPUTS.length }, (_, at) =>
    forecast(first + Math.floor(at / OUTPUTS.length), OUTPUTS[at % OUTPUTS.length]!.target),
  );
}
const both = (forecast: (origin: number, target: number) => number) => ({
  tune: said(tuneOrigins(parts), forecast),
  evaluated: said(evaluatedOrigins(parts), forecast),
});

describe("the closed loop", () => {
  const perfect = both((origin, target) => actual(bursts, origin, TARGETS[target]!));

  it("scales a series so that its 99th percentile needs eight shards", () => {
    const load = scaledLoad(bursts, parts);
    expect(quantile(load.subarray(0, parts.tuneEnd), 0.99)).toBeCloseTo(8, 9);
  });

  it("rewards foresight: a perfect forecast is never overloaded where the threshold always is", () => {
    for (const effect of [1, 3] as const) {
      // From 2 shards no set doubles to 8 within one step, so the budget has to allow for staying large.
      const results = closedLoop(bursts, parts, perfect, effect, { changeCost: 0, shardsMax: 64, budget: 3 });
      const share = (own: { overloadedSteps: number; steps: number }) => own.overloadedSteps / own.steps;
      expect(share(results.threshold)).toBeCloseTo(0.1, 1);
      expect(share(results.forecast)).toBeLessThan(0.01);
      expect(share(results.oracle)).toBeLessThan(0.01);
    }
  });

  it("falls back, and says so, where the forecast is of no use", () => {
    const useless = both(() => 0);
    const { forecast, peakHold } = closedLoop(bursts, parts, useless, 1, {
      changeCost: 0,
      shardsMax: 64,
      budget: 3,
    });
    expect(forecast.fallback).toBe("peakHold");
    expect(forecast.overloadedSteps).toBe(peakHold.overloadedSteps);
  });

  it("uses the threshold's rule where nothing is within the budget", () => {
    const { forecast, threshold } = closedLoop(bursts, parts, perfect, 1, {
      changeCost: 0,
      shardsMax: 64,
      budget: 0.01,
    });
    expect(forecast).toMatchObject({ fallback: "threshold", shardTime: threshold.shardTime });
  });

  it("chooses by the tuning part alone: what comes later changes no setting", () => {
    const changed = {
      ...bursts,
      values: bursts.values.map((value, at) => (at >= parts.tuneEnd ? 50 * value : value)),
    };
    const loop = { changeCost: 0.1, shardsMax: 64, budget: 1.5 };
    const before = closedLoop(bursts, parts, perfect, 3, loop);
    const after = closedLoop(changed, parts, perfect, 3, loop);
    for (const policy of ["peakHold", "forecast", "oracle"] as const)
      expect(after[policy].settings).toEqual(before[policy].settings);
    expect(after.threshold.overloadedSteps).not.toBe(before.threshold.overloadedSteps);
  });
});

describe("lately", () => {
  const good = (length: number) => new Float64Array(length).fill(1);
  const bad = (length: number) => new Float64Array(length).fill(2);

  it("takes the baseline once its errors are known to be less, and the model again when they aren't", () => {
    const model = Float64Array.of(1, 3, 3, 1, 1, 1, 1, 1);
    const baseline = new Float64Array(8).fill(2);
    // Known at origin t: errors up to t - 1, of the last three.
    expect([...fallbacks(model, baseline, 1, 3)]).toEqual([0, 0, 0, 1, 1, 0, 0, 0]);
    expect([...fallbacks(model, baseline, 2, 3)]).toEqual([0, 0, 0, 0, 1, 1, 0, 0]);
  });

  it("never uses what isn't known yet", () => {
    expect([...fallbacks(bad(20), good(20), 12)].indexOf(1)).toBe(12);
    expect([...fallbacks(good(20), good(20), 1)]).toEqual(Array(20).fill(0));
  });

  it("passes over what wasn't measured", () => {
    expect([...fallbacks(Float64Array.of(Number.NaN, 9, 9), Float64Array.of(1, 1, Number.NaN), 1)]).toEqual([
      0, 0, 1,
    ]);
  });
});

describe("scores", () => {
  it("of an ensemble are of the mean", () => {
    expect([...ensemble([Float32Array.of(1, 2), Float32Array.of(3, 6)])]).toEqual([2, 4]);
  });

  it("are means over those series that have a figure", () => {
    const figures = [
      { "1": 1, "6": null, "12": 2 },
      { "1": 3, "6": null, "12": null },
    ];
    expect(meanByHorizon(figures)).toEqual({ "1": 2, "6": null, "12": 2 });
  });

  it("of what is served have the baseline's where the model is worse", () => {
    const forecast = (factor: number) => {
      const own = both((origin, target) => factor * actual(bursts, origin, TARGETS[target]!));
      return { tune: pointsOf(own.tune), evaluated: pointsOf(own.evaluated) };
    };
    const [wrong, right] = [forecast(1.5), forecast(1)];
    const fallen = served(bursts, parts, wrong, right);
    expect(fallen.said).toEqual(right.evaluated);
    expect(fallen.fallbackShare).toEqual({ "1": 1, "6": 1, "12": 1 });
    expect(served(bursts, parts, right, wrong).fallbackShare).toEqual({ "1": 0, "6": 0, "12": 0 });
  });
});
