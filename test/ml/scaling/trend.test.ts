import { describe, expect, it } from "vitest";
import { firstOutput, OUTPUTS } from "../../../ml/network/outputs.js";
import { seededRandom } from "../../../ml/random.js";
import { trendForecast } from "../../../ml/scaling/trend.js";
import { TARGETS } from "../../../ml/targets.js";

const median = (forecast: Float32Array, target: number) => forecast[firstOutput(target)]!;

describe("the straight line", () => {
  it("goes on as a load rises, to the end of each window", () => {
    const forecast = trendForecast(Array.from({ length: 30 }, (_, at) => 100 + 10 * at));
    TARGETS.forEach(({ to }, target) => {
      expect(median(forecast, target)).toBeCloseTo(390 + 10 * to, 3);
    });
  });

  it("isn't drawn through noise", () => {
    const random = seededRandom(3);
    const loads = Array.from({ length: 60 }, () => 100 + 10 * (random() - 0.5));
    const forecast = trendForecast(loads);
    for (const target of TARGETS.keys()) expect(Math.abs(median(forecast, target) - 100)).toBeLessThan(12);
  });

  it("has rising quantiles, none below 0, and knows what to say of a single value", () => {
    for (const loads of [[7], [3, 1], Array.from({ length: 20 }, (_, at) => 40 - 2 * at), [0, 0, 0, 0]]) {
      const forecast = trendForecast(loads);
      for (const [at, { target }] of OUTPUTS.entries()) {
        expect(forecast[at]).toBeGreaterThanOrEqual(0);
        if (OUTPUTS[at + 1]?.target === target)
          expect(forecast[at + 1]).toBeGreaterThanOrEqual(forecast[at]!);
      }
    }
  });
});
