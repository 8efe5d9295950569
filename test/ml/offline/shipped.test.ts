import { beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../../../ml/network/backend.js";
import { ARCHITECTURES } from "../../../ml/network/network.js";
import { OUTPUTS } from "../../../ml/network/outputs.js";
import type { TrainedModel } from "../../../ml/network/saved-model.js";
import { judge } from "../../../ml/offline/judge.js";
import { seriesOf } from "../../../ml/offline/learn.js";
import { RAMP_KINDS, watchRamps } from "../../../ml/offline/ramps.js";
import { seededRandom } from "../../../ml/random.js";
import { Sources } from "../../../ml/scaling/sources.js";
import { poisson } from "../../../ml/synthetic/noise.js";
import { historyOf, shipped } from "../support.js";

beforeAll(async () => {
  await useBackend();
});

/** What is said of a shard that these loads were measured of, one a second; NaN: none was. */
function saidOf(loads: readonly number[], model: TrainedModel) {
  return new Sources().ask(new Map([[1, historyOf(loads)]]), model).get(1)!;
}

describe("the shipped models", () => {
  const heldOut = Array.from({ length: 8 }, (_, at) => seriesOf(1, 500 + at, true));

  for (const architecture of ARCHITECTURES) {
    it(`are readable, and better than last value and trend on loads they never saw: ${architecture}`, () => {
      const model = shipped(architecture);
      expect(model.network.settings.architecture).toBe(architecture);
      expect(model.ridge).toBeDefined();
      for (const { error, upper, forecasts } of Object.values(judge(heldOut, model))) {
        expect(forecasts).toBeGreaterThan(300);
        const sum = (figures: readonly (number | null)[]) =>
          figures.reduce<number>((all, own) => all + own!, 0);
        expect(sum(error.network)).toBeLessThan(sum(error.lastValue));
        expect(sum(error.network)).toBeLessThan(sum(error.trend));
        expect(sum(error.network)).toBeLessThan(sum(error.ridge));
        expect(sum(upper.network)).toBeLessThan(sum(upper.trend));
      }
      model.network.dispose();
    });
  }

  it("decide on ramps no later than the trend, in the mean, and not more often too early", () => {
    const model = shipped("lstm");
    for (const kind of Object.values(RAMP_KINDS)) {
      const { byDecider } = watchRamps(kind, 10, 77, model);
      expect(byDecider.network.leadS).toBeGreaterThan(byDecider.trend.leadS - 0.5);
      expect(byDecider.chosen.leadS).toBeGreaterThan(byDecider.trend.leadS - 0.5);
      expect(byDecider.chosen.early).toBeLessThanOrEqual(byDecider.trend.early);
    }
    model.network.dispose();
  });

  it("forecast a shard that was never seen from half a minute of its load on", () => {
    const model = shipped("lstm");
    const random = seededRandom(5);
    const loads = Array.from({ length: 40 }, () => poisson(random, 300));
    expect(saidOf(loads.slice(0, 29), model).has("network")).toBe(false);
    const { network, ridge } = Object.fromEntries(saidOf(loads, model));
    expect(ridge).toBeUndefined();
    // A calm load stays where it is, and its quantiles are as far away as its noise says.
    const of = (target: number, level: number) =>
      network![OUTPUTS.findIndex((output) => output.target === target && output.level === level)]!;
    expect(of(0, 0.5)).toBeGreaterThan(285);
    expect(of(0, 0.5)).toBeLessThan(315);
    expect(of(0, 0.9)).toBeGreaterThan(305);
    expect(of(0, 0.9)).toBeLessThan(350);
    model.network.dispose();
  });

  it("say of a shard whose load doubles in ten seconds, half a minute after it began, that it goes on", () => {
    const model = shipped("lstm");
    const loads = Array.from({ length: 40 }, (_, at) => 400 + Math.max(0, at - 33) * 60);
    const said = saidOf(loads, model).get("network")!;
    const median = said[OUTPUTS.findIndex(({ target, level }) => target === 1 && level === 0.5)]!;
    expect(median).toBeGreaterThan(loads.at(-1)! + 100);
    model.network.dispose();
  });

  it("say numbers that rise from level to level of any load: none, gaps, no numbers, one burst", () => {
    const model = shipped("lstm");
    const odd = [
      Array<number>(60).fill(0),
      Array.from({ length: 60 }, (_, at) => (at < 20 || at > 40 ? 50 : Number.NaN)),
      Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? Number.POSITIVE_INFINITY : at)),
      Array.from({ length: 400 }, (_, at) => (at === 390 ? 1e9 : 0)),
    ];
    for (const loads of odd) {
      const network = saidOf(loads, model).get("network")!;
      expect(network.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      for (let at = 1; at < network.length; at++)
        if (OUTPUTS[at]!.target === OUTPUTS[at - 1]!.target)
          expect(network[at]!).toBeGreaterThanOrEqual(network[at - 1]!);
    }
    // A shard without load isn't expected to have much.
    const idle = saidOf(odd[0]!, model).get("network")!;
    OUTPUTS.forEach(({ level }, at) => {
      expect(idle[at]!).toBeLessThan(level === 0.5 ? 2 : 50);
    });
    model.network.dispose();
  });
});
