import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { siblingPairs } from "../../../ledger/resharding/siblings.js";
import { type ChangeCost, ChangeCosts, shardMsOf } from "../../../ml/scaling/change-costs.js";
import {
  fitTogether,
  mergeAfterMs,
  mergeOf,
  SCALING_DEFAULTS,
  type ShardView,
  splitOf,
} from "../../../ml/scaling/policy.js";

const RUS = 10n ** 18n;

function view(fields: Partial<ShardView> = {}): ShardView {
  return {
    ...{ shard: 1, path: "1", ageMs: 100_000, load: 500, expected: 600, expectedLater: 600, capacity: 1_000 },
    ...{ accounts: 10, stateBytes: 1_000, memoryBytes: 1_000, value: 0n, contractCalls: 0, crossShare: 0 },
    ...fields,
  };
}
const costsOf = (split: Partial<ChangeCost>, merge: Partial<ChangeCost> = split) => ({
  of: (kind: "SPLIT" | "MERGE") => ({ tookMs: 3_000, lostShare: 0, ...(kind === "SPLIT" ? split : merge) }),
});
const ruleOf = (fields: Partial<ShardView>, settings = SCALING_DEFAULTS, costs = costsOf({})) =>
  splitOf(view(fields), settings, costs)?.rule;

describe("a shard is split", () => {
  it("for each of the mission's thresholds, and at them exactly", () => {
    expect(ruleOf({})).toBeUndefined();
    expect(ruleOf({ load: 800 })).toBe("PRESENT_LOAD");
    expect(ruleOf({ load: 799, expected: 799 })).toBeUndefined();
    expect(ruleOf({ expected: 800 })).toBe("FORECAST_LOAD");
    expect(ruleOf({ accounts: 1_000_000 })).toBe("ACCOUNTS");
    expect(ruleOf({ stateBytes: 1e12 })).toBe("BYTES");
    expect(ruleOf({ memoryBytes: 2 ** 33 })).toBe("MEMORY");
    expect(ruleOf({ value: 1_000_000n * RUS })).toBe("TOTAL_VALUE");
    expect(ruleOf({ contractCalls: 1_000 })).toBe("CONTRACT_USE");
  });

  it("for what it is worth only where it is used", () => {
    expect(ruleOf({ value: 5_000_000n * RUS, load: 99 })).toBeUndefined();
    expect(ruleOf({ value: 5_000_000n * RUS, load: 100 })).toBe("TOTAL_VALUE");
  });

  it("for what can wait only where the load leaves room for what the split takes", () => {
    const rich = { value: 5_000_000n * RUS };
    const half = costsOf({ lostShare: 0.5 });
    expect(ruleOf({ ...rich, load: 500, expected: 500 }, SCALING_DEFAULTS, half)).toBe("TOTAL_VALUE");
    expect(ruleOf({ ...rich, load: 501, expected: 400 }, SCALING_DEFAULTS, half)).toBeUndefined();
    expect(ruleOf({ ...rich, load: 400, expected: 501 }, SCALING_DEFAULTS, half)).toBeUndefined();
    expect(ruleOf({ load: 500, expected: 500, contractCalls: 1_000 }, SCALING_DEFAULTS, half)).toBe(
      "CONTRACT_USE",
    );
    // A full shard is split whatever that takes.
    expect(ruleOf({ load: 900 }, SCALING_DEFAULTS, costsOf({ lostShare: 1 }))).toBe("PRESENT_LOAD");
  });

  it("by its present load alone where it is to be so", () => {
    const present = { ...SCALING_DEFAULTS, looksAt: "present" } as const;
    expect(ruleOf({ expected: 2_000 }, present)).toBeUndefined();
    expect(ruleOf({ load: 800 }, present)).toBe("PRESENT_LOAD");
  });

  it("never while it is young, and what isn't known says nothing", () => {
    expect(ruleOf({ load: 999, ageMs: 59_999 })).toBeUndefined();
    expect(ruleOf({ accounts: -1, stateBytes: -1 })).toBeUndefined();
  });
});

describe("siblings are merged", () => {
  const low = { load: 100, expected: 150, expectedLater: 150 };
  const pair = (left: Partial<ShardView>, right: Partial<ShardView>) =>
    [
      view({ path: "1.1", shard: 3, ...low, ...left }),
      view({ path: "1.2", shard: 4, ...low, ...right }),
    ] as const;

  it("where both are low and would be one shard far from a split", () => {
    expect(fitTogether(...pair({}, {}), SCALING_DEFAULTS)).toBe(true);
    for (const fields of [
      { load: 400 },
      { expectedLater: 700 },
      { accounts: 600_000 },
      { ageMs: 1_000 },
      { stateBytes: 6e11 },
      { load: 300, value: 2_000_000n * RUS },
    ])
      expect(fitTogether(...pair(fields, {}), SCALING_DEFAULTS), JSON.stringify(Object.keys(fields))).toBe(
        false,
      );
  });

  it("left half first, with the reason", () => {
    expect(mergeOf(...pair({}, {}), 130_000, SCALING_DEFAULTS)).toMatchObject({
      shards: [3, 4],
      rule: "SIBLINGS_LOW",
      reason: "together their load is 20 % of one's capacity, for 130 s",
    });
    expect(mergeOf(...pair({ crossShare: 0.95 }, {}), 1, SCALING_DEFAULTS).rule).toBe("CROSS_SHARD");
  });

  it("whatever is forecast, where present loads alone count", () => {
    const present = { ...SCALING_DEFAULTS, looksAt: "present" } as const;
    expect(fitTogether(...pair({ expectedLater: 700 }, {}), present)).toBe(true);
  });

  it("after a time with one shard less that is worth the merge and the split after it, or not at all", () => {
    const cost = fc.record({
      tookMs: fc.integer({ min: 0, max: 600_000 }),
      lostShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cost, cost, fc.integer({ min: 0, max: 300_000 }), (split, merge, after) => {
        const settings = { ...SCALING_DEFAULTS, mergeAfterMs: after };
        const costs = costsOf(split, merge);
        const costMs = shardMsOf("MERGE", costs);
        const afterMs = mergeAfterMs(settings, costs);
        expect(afterMs).toBeGreaterThanOrEqual(Math.max(after, costMs));
        expect(Number.isFinite(afterMs)).toBe(costMs <= settings.mergePaysWithinMs);
        // A dearer change never makes a merge come sooner.
        const dearer = costsOf(split, { ...merge, tookMs: merge.tookMs + 1_000 });
        expect(mergeAfterMs(settings, dearer)).toBeGreaterThanOrEqual(afterMs);
      }),
    );
    expect(mergeAfterMs(SCALING_DEFAULTS, new ChangeCosts())).toBe(120_000);
  });

  it("and are children of one parent", () => {
    const views = ["1.2", "1.1", "2", "2.1", "1.1.1"].map((path, shard) => view({ path, shard }));
    expect(siblingPairs(views).map(([left, right]) => [left.path, right.path])).toEqual([["1.1", "1.2"]]);
  });
});
