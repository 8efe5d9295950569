import { describe, expect, it } from "vitest";
import { Expectation, seeded, submitOne } from "../support/load.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { auditHistory, intentOf, RecordedPipeline, storesOf } from "./audited.js";

describe("the model", () => {
  it.each([1, 2, 3, 4, 5])("finds nothing wrong with a network that works, seed %i", (seed) => {
    const chance = seeded(seed);
    const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 5 } });
    const pipeline = new RecordedPipeline(net);
    const expected = new Expectation();
    for (let count = 0; count < 100; count++) {
      submitOne(pipeline, net, chance, expected);
      if (chance(3) > 0) pipeline.runUntilQuiet({ chance, steps: chance(60) });
    }
    pipeline.runUntilQuiet({ chance });
    const { history } = pipeline;
    const intents = pipeline.topics.all("transactions").map((record) => intentOf(net, record));
    const end = { healedAtMs: pipeline.nowMs, stores: storesOf(pipeline) };
    const startMs = performance.now();
    const { model, violations } = auditHistory({ net, history, intents, end });
    console.log(performance.now() - startMs, model.counts);
    expect(violations).toEqual([]);
  });
});
