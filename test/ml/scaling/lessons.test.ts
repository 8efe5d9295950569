import { describe, expect, it } from "vitest";
import { commonRidgeForecast, fitCommonRidge, loadScale } from "../../../ml/baselines/common-ridge.js";
import { historyOf } from "../../../ml/features/history.js";
import { seededRandom } from "../../../ml/random.js";
import { commonLesson, fitOwn, ownLesson } from "../../../ml/scaling/lessons.js";
import type { Series } from "../../../ml/series.js";
import { poisson } from "../../../ml/synthetic/noise.js";
import { TARGETS } from "../../../ml/targets.js";
import { seriesOf } from "../support.js";

const load = (count: number, of: (at: number) => number): Series =>
  seriesOf(
    "load",
    Array.from({ length: count }, (_, at) => of(at)),
    1,
  );
const measured = (series: Series) => ({
  history: historyOf(series, series.values.length),
  scale: loadScale(series, series.values.length),
});
const TWELVE = TARGETS.findIndex(({ from, to }) => from === 12 && to === 12);

describe("the unit of a load", () => {
  it("is what it changes a second, but at least what counting scatters by, and one", () => {
    expect(
      loadScale(
        load(60, (at) => 400 + 100 * (at % 2)),
        60,
      ),
    ).toBeCloseTo(100);
    expect(
      loadScale(
        load(60, () => 400),
        60,
      ),
    ).toBeCloseTo(20);
    expect(
      loadScale(
        load(60, () => 0),
        60,
      ),
    ).toBe(1);
  });

  it("is by what is known alone", () => {
    const series = load(60, (at) => (at < 30 ? 400 : 9_000 * (at % 2)));
    expect(loadScale(series, 30)).toBeCloseTo(20);
  });
});

describe("the ridge regression of all shards", () => {
  const random = seededRandom(1);
  const ramps = [0.5, 3, 20, 200].map((slope) =>
    load(120, (at) => poisson(random, 50 * slope + slope * Math.max(0, at - 60))),
  );
  const rows = ramps.map((series) => ({
    ...measured(series),
    origins: Int32Array.from({ length: 75 }, (_, at) => 30 + at),
  }));

  it("foresees a ramp of a shard of another size, and none where there is none", () => {
    const ridge = fitCommonRidge(rows);
    const steep = measured(load(50, (at) => 4_000 + 60 * Math.max(0, at - 38)));
    const last = steep.history.series.values[49]!;
    expect(commonRidgeForecast(steep, ridge, 49)[TWELVE]! - last).toBeGreaterThan(0.4 * 12 * 60);
    const calm = measured(load(50, () => 4_000));
    expect(Math.abs(commonRidgeForecast(calm, ridge, 49)[TWELVE]! - 4_000)).toBeLessThan(100);
  });

  it("isn't decided by one burst that nothing announced", () => {
    const burst = load(120, (at) => (at === 80 ? 1e7 : 10));
    const origins = Int32Array.from({ length: 75 }, (_, at) => 30 + at);
    const [without, withBurst] = [rows, [...rows, { ...measured(burst), origins }]].map(fitCommonRidge);
    const steep = measured(load(50, (at) => 4_000 + 60 * Math.max(0, at - 38)));
    const [before, after] = [without!, withBurst!].map(
      (ridge) => commonRidgeForecast(steep, ridge, 49)[TWELVE]! - 4_660,
    );
    expect(after!).toBeGreaterThan(0.6 * before!);
    expect(after!).toBeLessThan(1.4 * before!);
  });

  it("stands in a young shard's lesson where a grown one has its own", () => {
    const ridge = fitCommonRidge(rows);
    const young = commonLesson(ramps[2]!, 50, ridge, { first: 49, end: 51 });
    expect(young.scale).toBe(loadScale(ramps[2]!, 50));
    expect(young.ridge.map((own) => own.length)).toEqual(TARGETS.map(() => 2));
    const grown = load(400, (at) => 500 + 300 * Math.sin(at / 5));
    const fit = fitOwn(grown);
    const lesson = ownLesson(grown, fit, { first: 399, end: 400 });
    // A wave that repeats is no secret to it.
    expect(lesson.ridge[TWELVE]![0]!).toBeCloseTo(500 + 300 * Math.sin(411 / 5), -1);
    expect(fit.errors[TWELVE]!).toBeLessThan(20);
  });
});
