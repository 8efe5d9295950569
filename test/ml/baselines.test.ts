import { describe, expect, it } from "vitest";
import { fitRidge, ridgeForecasts } from "../../ml/baselines/fit-ridge.js";
import { holtWinters, holtWintersWith } from "../../ml/baselines/holt-winters.js";
import { moments, ridgeForecast, solveRidge } from "../../ml/baselines/ridge.js";
import { exponentialSmoothing, lastValue, seasonalNaive, smoothed } from "../../ml/baselines/simple.js";
import { BOOSTING_DEFAULTS, boost, boostingForecast } from "../../ml/baselines/trees.js";
import { actuals } from "../../ml/evaluation/forecast-set.js";
import { mase } from "../../ml/metrics.js";
import { evaluatedOrigins, partsOf } from "../../ml/parts.js";
import { seededRandom } from "../../ml/random.js";
import { TARGETS } from "../../ml/targets.js";
import { normal, scaleOf, seriesOf, sineSeries } from "./support.js";

describe("last value and seasonal naive", () => {
  const values = Float64Array.from({ length: 10 }, (_, at) => at);

  it("repeat what was last, and what was a day before", () => {
    expect(lastValue(values)(4, 12)).toBe(4);
    const naive = seasonalNaive(values, { daySteps: 4, weekSteps: 0 });
    expect([naive(6, 1), naive(6, 4), naive(1, 1)]).toEqual([3, 6, 1]);
    expect(naive(6, 5), "the day before isn't there yet").toBe(6);
    expect(seasonalNaive(values, { daySteps: 0, weekSteps: 0 })(6, 3)).toBe(6);
  });
});

describe("exponential smoothing", () => {
  it("follows its recursion", () => {
    expect([...smoothed(Float64Array.of(10, 20, 10), 0.5)]).toEqual([10, 15, 12.5]);
  });

  it("gives the textbook's forecast of Saudi oil production (Hyndman, fpp2, section 7.1)", () => {
    const oil = [
      445.36, 453.2, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43, 521.28, 508.95, 488.89, 509.87,
      456.72, 473.82, 525.95, 549.83, 542.34,
    ];
    expect(smoothed(Float64Array.from(oil), 0.83).at(-1)).toBeCloseTo(542.68, 1);
  });

  it("chooses the weight with the least error: 1 for a walk, little for noise", () => {
    const random = seededRandom(3);
    let level = 0;
    const walk = Float64Array.from({ length: 500 }, () => (level += normal(random)));
    const noise = Float64Array.from({ length: 500 }, () => normal(random));
    expect(exponentialSmoothing(walk, 500).alpha).toBeGreaterThanOrEqual(0.9);
    expect(exponentialSmoothing(noise, 500).alpha).toBeLessThanOrEqual(0.1);
  });
});

describe("Holt-Winters", () => {
  it("follows its recursion", () => {
    // Level starts at 10, season at (-2, 2). Value 10: expected 10, season -2.
    const forecast = holtWintersWith(
      Float64Array.of(8, 12, 10),
      2,
      { alpha: 0.5, beta: 0.5, gamma: 0.5, damping: 1 },
      3,
    );
    // level = .5 (10 + 2) + .5 · 10 = 11; trend = .5 · 1 = .5; season = .5 (10 - 10) + .5 (-2) = -1
    expect(forecast(2, 1)).toBeCloseTo(11 + 0.5 + 2, 12);
    expect(forecast(2, 2)).toBeCloseTo(11 + 1 - 1, 12);
    expect(forecast(2, 4)).toBeCloseTo(11 + 2 - 1, 12);
  });

  it("lets the trend fade", () => {
    const forecast = holtWintersWith(
      Float64Array.of(0, 1),
      0,
      { alpha: 1, beta: 1, gamma: 0, damping: 0.5 },
      2,
    );
    expect([forecast(1, 1), forecast(1, 2)]).toEqual([1.5, 1.75]);
  });

  it("continues a line with a season", () => {
    const values = Float64Array.from(
      { length: 400 },
      (_, at) => 100 + 0.2 * at + 20 * Math.sin((at * Math.PI) / 12),
    );
    const forecast = holtWinters(values, { daySteps: 24, weekSteps: 0 }, 400, 6);
    expect(Math.abs(forecast(380, 6) - values[386]!)).toBeLessThan(4);
  });
});

describe("ridge regression", () => {
  const rows = (features: number[][], targets: number[][]) =>
    moments({
      count: features.length,
      features: features[0]!.length,
      targets: targets[0]!.length,
      write(row, into, intoTargets) {
        into.set(features[row]!);
        intoTargets.set(targets[row]!);
      },
    });

  it("without a penalty is least squares, with a huge one the mean", () => {
    const random = seededRandom(1);
    const features = Array.from({ length: 200 }, () => [normal(random), 1e6 + normal(random), 7]);
    const targets = features.map(([a, b]) => [3 * a! - 2 * (b! - 1e6) + 5, 1]);
    const exact = solveRidge(rows(features, targets), 0);
    expect(ridgeForecast(exact, 0, Float64Array.of(1, 1e6 + 1, 7))).toBeCloseTo(6, 5);
    expect(ridgeForecast(exact, 1, Float64Array.of(9, 0, 0))).toBeCloseTo(1, 5);
    const shrunk = solveRidge(rows(features, targets), 1e12);
    const mean = targets.reduce((sum, [own]) => sum + own!, 0) / targets.length;
    expect(ridgeForecast(shrunk, 0, Float64Array.of(1, 1e6 + 1, 7))).toBeCloseTo(mean, 3);
  });

  it("solves (X'X + penalty) w = X'y by hand for one scaled feature", () => {
    // x = -1, 1: centred, deviation 1; X'X = 2, X'y = 4; penalty 2: w = 1.
    const model = solveRidge(rows([[-1], [1]], [[-2], [2]]), 2);
    expect(ridgeForecast(model, 0, Float64Array.of(1))).toBeCloseTo(1, 8);
  });

  it("leaves rows out whose target wasn't measured", () => {
    const model = solveRidge(rows([[0], [1], [2], [9]], [[0], [1], [2], [Number.NaN]]), 0);
    expect(ridgeForecast(model, 0, Float64Array.of(5))).toBeCloseTo(5, 5);
  });

  it("finds an autoregression, and beats last value on a sine", () => {
    const series = sineSeries(700);
    const parts = partsOf(series);
    const origins = evaluatedOrigins(parts);
    const { history, late } = fitRidge(series, parts);
    const forecasts = ridgeForecasts(history, late, origins);
    TARGETS.forEach((target, at) => {
      expect(mase(actuals(series, origins, target), forecasts[at]!, scaleOf(series))).toBeLessThan(0.3);
    });
  });

  it("forecasts no load below 0", () => {
    const falling = seriesOf(
      "falling",
      Array.from({ length: 300 }, (_, at) => Math.max(0, 280 - at)),
    );
    const parts = partsOf(falling);
    const { history, late } = fitRidge(falling, parts);
    for (const own of ridgeForecasts(history, late, evaluatedOrigins(parts)))
      expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
  });
});

describe("boosted trees", () => {
  const SETTINGS = { ...BOOSTING_DEFAULTS, treesMax: 150, leafRowsMin: 10 };
  const none = { features: 2, matrix: new Float64Array(0), target: new Float64Array(0) };
  const draw = (count: number, target: (x: number, y: number, noise: number) => number) => {
    const random = seededRandom(5);
    const matrix = Float64Array.from({ length: 2 * count }, () => random());
    const values = Float64Array.from({ length: count }, (_, row) =>
      target(matrix[2 * row]!, matrix[2 * row + 1]!, normal(random)),
    );
    return { features: 2, matrix, target: values };
  };

  it("learn steps and what two features make together", () => {
    const train = draw(1_500, (x, y) => (x > 0.5 ? 10 : 0) + (x > 0.5 && y > 0.3 ? 5 : 0));
    const model = boost(train, none, SETTINGS, seededRandom(1));
    const at = (x: number, y: number) => boostingForecast(model, Float64Array.of(x, y));
    expect(at(0.2, 0.9)).toBeCloseTo(0, 0);
    expect(at(0.9, 0.1)).toBeCloseTo(10, 0);
    expect(at(0.9, 0.9)).toBeCloseTo(15, 0);
  });

  it("learn a quantile: as many of new values lie below it", () => {
    const spread = (x: number, _y: number, noise: number) => noise * (1 + 3 * x);
    const model = boost(draw(3_000, spread), none, { ...SETTINGS, objective: 0.9 }, seededRandom(1));
    const random = seededRandom(77);
    let below = 0;
    for (let at = 0; at < 2_000; at++) {
      const x = random();
      if (spread(x, 0, normal(random)) <= boostingForecast(model, Float64Array.of(x, random()))) below++;
    }
    expect(below / 2_000).toBeGreaterThan(0.86);
    expect(below / 2_000).toBeLessThan(0.94);
  });

  it("end growing where new rows gain nothing, and are the same again with the same seed", () => {
    const noise = draw(600, (_x, _y, own) => own);
    const held = { ...draw(600, (_x, _y, own) => own), target: noise.target.slice().reverse() };
    const model = boost(noise, held, SETTINGS, seededRandom(1));
    expect(model.trees.length).toBeLessThan(40);
    expect(boost(noise, held, SETTINGS, seededRandom(1))).toEqual(model);
  });
});
