import { describe, expect, it } from "vitest";
import { OUTPUTS } from "../../../ml/network/outputs.js";
import { ChangeCosts, COSTS_UNMEASURED, shardMsOf } from "../../../ml/scaling/change-costs.js";
import { quantileOf, targetCovering } from "../../../ml/scaling/look-ahead.js";
import { Pending } from "../../../ml/scaling/pending.js";
import { TARGETS } from "../../../ml/targets.js";
import type { ScalingOutcome } from "../../../schemas/generated.js";
import { decision } from "../../gateway/measurements.js";

const done = (fields: Partial<ScalingOutcome> = {}): ScalingOutcome => ({
  ...{ kind: "SPLIT", shards: [1], epoch: 0, decidedAt: 0, at: 0, result: "DONE", begun: [2, 3] },
  ...{ tookMs: 2_000, peakMilli: 0, overloadedMs: 0, lostPpm: -1 },
  ...fields,
});

describe("what a change costs", () => {
  it("is what was measured elsewhere until one was done here", () => {
    const costs = new ChangeCosts();
    costs.add(done({ result: "NOT_DONE", tookMs: -1 }));
    expect(costs.of("SPLIT")).toEqual(COSTS_UNMEASURED.SPLIT);
    expect(shardMsOf("SPLIT", costs)).toBeCloseTo(1_332, 1);
    expect(shardMsOf("MERGE", costs)).toBeCloseTo(2 * 8_300 * 0.7 + 1_332, 1);
  });

  it("is the longest of the last five, and what they lost in the mean", () => {
    const costs = new ChangeCosts();
    costs.add(done({ tookMs: 50_000 }));
    for (const tookMs of [1_000, 2_000, 4_000, 3_000]) costs.add(done({ tookMs }));
    expect(costs.of("SPLIT")).toEqual({ tookMs: 50_000, lostShare: 0.37 });
    costs.add(done({ tookMs: 1_500, lostPpm: 200_000 }));
    costs.add(done({ tookMs: 1_500, lostPpm: 400_000 }));
    expect(costs.of("SPLIT").tookMs).toBe(4_000);
    expect(costs.of("SPLIT").lostShare).toBeCloseTo(0.3, 9);
    expect(costs.of("MERGE")).toEqual(COSTS_UNMEASURED.MERGE);
  });
});

describe("what is looked ahead to", () => {
  it("is the nearest window that a change is done in, with what isn't seen yet", () => {
    const window = (changeMs: number) => TARGETS[targetCovering(changeMs)];
    expect(window(900)).toEqual({ from: 1, to: 3 });
    expect(window(2_000)).toEqual({ from: 3, to: 5 });
    expect(window(3_600)).toEqual({ from: 1, to: 6 });
    expect(window(6_000)).toEqual({ from: 3, to: 8 });
    expect(window(10_000)).toEqual({ from: 12, to: 12 });
    expect(window(60_000)).toEqual({ from: 12, to: 12 });
  });

  it("has one and the same quantile of each", () => {
    const forecast = Float32Array.from(OUTPUTS, (_, at) => at);
    for (const target of TARGETS.keys())
      expect(OUTPUTS[quantileOf(forecast, target)]).toEqual({ target, level: 0.9 });
  });
});

describe("a change under way", () => {
  const { record } = decision({ loadMilli: 500_000, at: 10_000, shards: [2] });
  const pending = () =>
    new Pending("rustorium.ScalingDecision" in record ? record["rustorium.ScalingDecision"] : expect.fail());

  it("lost what of the load before it wasn't served", () => {
    const change = pending();
    // Half of the first span was before the decision.
    change.did(400, 1_000, 10_500);
    change.did(300, 1_000, 12_000);
    expect(change.lostPpm(2_000)).toBe(500_000);
    change.did(5_000, 1_000, 13_000);
    expect(change.lostPpm(2_000)).toBe(0);
  });

  it("says nothing of it where there was too little load", () => {
    expect(pending().lostPpm(90)).toBe(-1);
  });
});
