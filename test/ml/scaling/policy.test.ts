import { describe, expect, it } from "vitest";
import { siblingPairs } from "../../../ledger/resharding/siblings.js";
import {
  fitTogether,
  mergeOf,
  SCALING_DEFAULTS,
  type ShardView,
  splitOf,
} from "../../../ml/scaling/policy.js";

const RUS = 10n ** 18n;

function view(fields: Partial<ShardView> = {}): ShardView {
  return {
    ...{ shard: 1, path: "1", ageMs: 100_000, load: 500, expected: 600, capacity: 1_000, accounts: 10 },
    ...{ stateBytes: 1_000, memoryBytes: 1_000, value: 0n, contractCalls: 0, crossShare: 0 },
    ...fields,
  };
}
const ruleOf = (fields: Partial<ShardView>) => splitOf(view(fields), SCALING_DEFAULTS)?.rule;

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

  it("never while it is young, and what isn't known says nothing", () => {
    expect(ruleOf({ load: 999, ageMs: 59_999 })).toBeUndefined();
    expect(ruleOf({ accounts: -1, stateBytes: -1 })).toBeUndefined();
  });
});

describe("siblings are merged", () => {
  const low = { load: 100, expected: 150 };
  const pair = (left: Partial<ShardView>, right: Partial<ShardView>) =>
    [
      view({ path: "1.1", shard: 3, ...low, ...left }),
      view({ path: "1.2", shard: 4, ...low, ...right }),
    ] as const;

  it("where both are low and would be one shard far from a split", () => {
    expect(fitTogether(...pair({}, {}), SCALING_DEFAULTS)).toBe(true);
    for (const fields of [
      { load: 400 },
      { expected: 700 },
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
    expect(mergeOf(...pair({}, {}), SCALING_DEFAULTS)).toMatchObject({
      shards: [3, 4],
      rule: "SIBLINGS_LOW",
    });
    expect(mergeOf(...pair({ crossShare: 0.95 }, {}), SCALING_DEFAULTS).rule).toBe("CROSS_SHARD");
  });

  it("and are children of one parent", () => {
    const views = ["1.2", "1.1", "2", "2.1", "1.1.1"].map((path, shard) => view({ path, shard }));
    expect(siblingPairs(views).map(([left, right]) => [left.path, right.path])).toEqual([["1.1", "1.2"]]);
  });
});
