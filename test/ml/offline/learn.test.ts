import { beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../../../ml/network/backend.js";
import { loadModel } from "../../../ml/network/saved-model.js";
import { learnOffline, seriesOf, stretchesOf } from "../../../ml/offline/learn.js";
import { drawMoments, ridgeAt, samplesOf } from "../../../ml/offline/lessons.js";
import { seededRandom } from "../../../ml/random.js";
import { REMEMBERED_S } from "../../../ml/scaling/load-history.js";
import { sineSeries } from "../support.js";

beforeAll(async () => {
  await useBackend();
});

const learned = (seed: number) =>
  learnOffline({ architecture: "gru", seed, series: 20, epochs: 1 }, [], () => {});

describe("offline training", () => {
  it("makes the same model again with the same seed, and another with another", () => {
    const models = [learned(1), learned(1), learned(2)];
    expect(models[1]!.hash).toBe(models[0]!.hash);
    expect(models[2]!.hash).not.toBe(models[0]!.hash);
    const loaded = loadModel(models[0]!.text);
    expect(loaded.hash).toBe(models[0]!.hash);
    expect(loaded.ridge).toEqual(models[0]!.ridge);
    for (const { network } of [...models, loaded]) network.dispose();
  });

  it("is judged by series that it doesn't learn from", () => {
    const names = (isHeldOut: boolean) =>
      Array.from({ length: 50 }, (_, at) => seriesOf(1, at, isHeldOut).name);
    expect(new Set([...names(true), ...names(false)]).size).toBe(100);
  });

  it("shows a network nothing that lies after the moment it forecasts from", () => {
    const series = seriesOf(1, 3, false);
    const moments = drawMoments([series], seededRandom(1));
    const ridge = ridgeAt(moments);
    // One origin a moment, the last value known: whatever comes later must not be seen.
    const atOnce = moments.map((moment) => ({ ...moment, origins: Int32Array.of(moment.known - 1) }));
    expect(atOnce.length).toBeGreaterThan(0);
    for (const moment of atOnce) {
      const values = series.values.map((value, at) => (at < moment.known ? value : 3 * value + 1_000));
      const other = { ...moment, series: { ...series, values } };
      const [before, after] = [moment, other].map((one) => samplesOf([one], ridge, seededRandom(2)));
      expect(after!.sequence).toEqual(before!.sequence);
      expect(after!.statics).toEqual(before!.statics);
      expect(after!.experts).toEqual(before!.experts);
      expect(after!.targets).not.toEqual(before!.targets);
    }
  });

  it("takes other series in pieces of as much as is remembered of a shard, and none that is too short", () => {
    const pieces = stretchesOf(sineSeries(2_500));
    expect(pieces.map(({ values }) => values.length)).toEqual([REMEMBERED_S, 700]);
    expect(pieces.every(({ stepS }) => stepS === 1)).toBe(true);
    expect(drawMoments([sineSeries(35)], seededRandom(1))).toEqual([]);
  });
});
