import { describe, expect, it } from "vitest";
import { loadTarget } from "../../fuzz/registry.js";
import { run } from "../../fuzz/run.js";
import { TARGET_NAMES, type TargetName } from "../../fuzz/target.js";

const SEED = 7;
/** Cases of a target whose cases are quick; and of those that open tasks, sign and answer requests. */
const CASES = 3_000;
const SLOW_CASES: Partial<Record<TargetName, number>> = {
  "ethereum-transactions": 1_500,
  "shard-log": 150,
  finality: 120,
  stages: 200,
  "gateway-requests": 600,
  "gateway-views": 200,
  "foreign-schemas": 1_500,
  settings: 600,
  "state-proofs": 1_500,
};
/** Outcomes that each target must meet so that its cases mean something. */
const OUTCOMES_MIN = 2;

describe("fuzz targets, a short run with one seed (`npm run fuzz` is the long one)", () => {
  it.each(TARGET_NAMES)("%s", async (name) => {
    const target = await loadTarget(name);
    const report = await run(name, target, { seed: SEED, cases: SLOW_CASES[name] ?? CASES });
    expect(report.failures).toEqual([]);
    expect(Object.keys(report.codes).length).toBeGreaterThanOrEqual(OUTCOMES_MIN);
  });
});
