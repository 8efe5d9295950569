import { beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../../../ml/network/backend.js";
import { loadModel } from "../../../ml/network/saved-model.js";
import { lossOn } from "../../../ml/network/train.js";
import { seriesOf } from "../../../ml/offline/learn.js";
import { drawMoments, samplesOf } from "../../../ml/offline/lessons.js";
import { seededRandom } from "../../../ml/random.js";
import { beginRefresh, LEARNED_S_MIN } from "../../../ml/scaling/refresh.js";
import { poisson } from "../../../ml/synthetic/noise.js";
import { historyOf, shipped } from "../support.js";

beforeAll(async () => {
  await useBackend();
});

/** A load that begins anew each minute: no synthetic one does. */
function teeth(seconds: number, seed: number) {
  const random = seededRandom(seed);
  return historyOf(Array.from({ length: seconds }, (_, second) => poisson(random, (second % 60) * 10)));
}

const samplesFor = (
  all: readonly ReturnType<typeof seriesOf>[],
  ridge: ReturnType<typeof shipped>["ridge"],
) => samplesOf(drawMoments(all, seededRandom(4)), ridge, seededRandom(5));

describe("a refresh", () => {
  it("makes the network better on the load there is, and no worse on others", () => {
    const model = shipped("gru");
    const others = samplesFor(
      Array.from({ length: 20 }, (_, at) => seriesOf(1, at, true)),
      model.ridge,
    );
    const alike = samplesFor([teeth(600, 3).series], model.ridge);
    const before = { alike: lossOn(model.network, alike), others: lossOn(model.network, others) };
    const refresh = beginRefresh(model, [teeth(600, 2)], 1)!;
    while (!refresh.turn());
    const after = refresh.result()!;
    expect(after.hash).not.toBe(model.hash);
    expect(after.ridge).toBe(model.ridge);
    expect(lossOn(after.network, alike)).toBeLessThan(0.97 * before.alike);
    expect(lossOn(after.network, others)).toBeLessThan(1.03 * before.others);
    const loaded = loadModel(after.text);
    expect(loaded.hash).toBe(after.hash);
    for (const { network } of [model, after, loaded]) network.dispose();
  });

  it("waits until a shard has a past", () => {
    const model = shipped("gru");
    expect(beginRefresh(model, [teeth(LEARNED_S_MIN - 1, 2)], 1)).toBeUndefined();
    model.network.dispose();
  });
});
