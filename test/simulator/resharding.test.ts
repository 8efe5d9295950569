import { describe, expect, it } from "vitest";
import { PROPOSAL_REFUSALS } from "../../ledger/resharding/decide.js";
import { TOPOLOGY_BITS_MAX } from "../../ledger/topology.js";
import type { Counts } from "../../simulator/model/model.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { Resharded } from "./resharded.js";
import { auditResharded, reshardedAtRandom } from "./resharded-load.js";

const SEEDS = 10;
const STEPS = 900;
const TIMEOUT_MS = 120_000;

/** Codes of refused proposals, in the order of the main chain's log. */
function refusals({ blocks }: Resharded): string[] {
  return blocks
    .flatMap(({ receipts }) => receipts)
    .filter(({ kind }) => kind === "PROPOSAL_REFUSED")
    .map(({ code }) => code);
}

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
      for (const code of refusals(world)) codes.add(code);
    },
    TIMEOUT_MS,
  );

  it("of all kinds", () => {
    const sum = (of: (counts: Counts) => number) => seen.reduce((total, counts) => total + of(counts), 0);
    expect(sum(({ splits }) => splits)).toBeGreaterThan(2 * SEEDS);
    expect(sum(({ merges }) => merges)).toBeGreaterThan(SEEDS);
    expect(sum(({ crossShard }) => crossShard)).toBeGreaterThan(20 * SEEDS);
    // These two take other networks: see below.
    const others = new Set(["TOO_FEW_VALIDATORS", "TOO_DEEP"]);
    const wanted = Object.keys(PROPOSAL_REFUSALS).filter((code) => !others.has(code));
    expect([...codes].sort()).toEqual(wanted.sort());
  });

  it("where a network has too few validators", () => {
    const world = new Resharded(makeTestNetwork({ shards: 1, stakes: [1_000, 1_000, 1_000] }));
    world.propose({ kind: "SPLIT", shards: [1] });
    world.drain();
    expect(auditResharded(world).violations).toEqual([]);
    expect(refusals(world)).toEqual(["TOO_FEW_VALIDATORS"]);
  });

  it(
    "down to the smallest shard",
    () => {
      const world = new Resharded(makeTestNetwork({ shards: 1, parameters: { reshardCooldownMs: 0 } }));
      for (let bits = 0; bits <= TOPOLOGY_BITS_MAX; bits++) {
        world.propose({ kind: "SPLIT", shards: [Math.max(...world.shards.keys())] });
        world.drain();
      }
      const { model, violations } = auditResharded(world);
      expect(violations).toEqual([]);
      expect(model.counts.splits).toBe(TOPOLOGY_BITS_MAX);
      expect(refusals(world)).toEqual(["TOO_DEEP"]);
    },
    TIMEOUT_MS,
  );
});
