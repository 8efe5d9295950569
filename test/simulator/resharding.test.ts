import { describe, expect, it } from "vitest";
import { PROPOSAL_REFUSALS } from "../../ledger/resharding/decide.js";
import type { Counts } from "../../simulator/model/model.js";
import { auditResharded, reshardedAtRandom } from "./resharded-load.js";

const SEEDS = 12;
const STEPS = 2_000;

describe("the model and the ledger make the same blocks", () => {
  const seen: Counts[] = [];
  const codes = new Set<string>();

  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    "while shards split and merge, seed %i",
    (seed) => {
      const world = reshardedAtRandom(seed, STEPS);
      const { model, violations } = auditResharded(world);
      expect(violations).toEqual([]);
      expect(model.counts.blocks).toBe(world.blocks.length);
      seen.push(model.counts);
      for (const { receipts } of world.blocks)
        for (const { kind, code } of receipts) if (kind === "PROPOSAL_REFUSED") codes.add(code);
    },
  );

  it("of all kinds", () => {
    const sum = (of: (counts: Counts) => number) => seen.reduce((total, counts) => total + of(counts), 0);
    expect(sum(({ splits }) => splits)).toBeGreaterThan(2 * SEEDS);
    expect(sum(({ merges }) => merges)).toBeGreaterThan(SEEDS);
    expect(sum(({ crossShard }) => crossShard)).toBeGreaterThan(50 * SEEDS);
    // These two take other networks: see below.
    const others = new Set(["TOO_FEW_VALIDATORS", "TOO_DEEP"]);
    expect([...codes].sort()).toEqual(
      Object.keys(PROPOSAL_REFUSALS)
        .filter((code) => !others.has(code))
        .sort(),
    );
    console.log(
      sum(({ splits }) => splits),
      sum(({ merges }) => merges),
      sum(({ crossShard }) => crossShard),
    );
  });
});
