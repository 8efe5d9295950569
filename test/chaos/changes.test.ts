import { describe, expect, it } from "vitest";
import { chooseChange, possibleMerges, possibleSplits } from "../../chaos/changes/choose.js";
import { initialShards, type KnownShard, MAIN_CHAIN, Topology } from "../../ledger/topology.js";
import { seeded } from "../../simulator/kernel/random.js";

const founded: KnownShard[] = initialShards(4).map((shard) => ({ ...shard, epoch: 0, parents: [] }));

/** The tree with shard 1 split into 5 and 6. */
function afterSplit(isBeginning: boolean): KnownShard[] {
  const halves = [0, 1].map((half) => ({
    ...{ shard: 5 + half, path: `1.${half + 1}`, prefix: `00${half}`, partition: 5 + half },
    ...{ epoch: 1, parents: [1], isBeginning },
  }));
  return [...founded.map((shard) => (shard.shard === 1 ? { ...shard, ended: 1 } : shard)), ...halves];
}

describe("changes that chaos chooses from", () => {
  it("are splits of all shards but the main chain, as long as there may be more", () => {
    const topology = new Topology(founded);
    const split = possibleSplits(topology, 8).map(({ shards }) => shards);
    expect(split).toEqual([[1], [2], [3], [4]]);
    expect(split.flat()).not.toContain(MAIN_CHAIN);
    expect(possibleSplits(topology, 4)).toEqual([]);
    expect(possibleMerges(topology)).toEqual([]);
  });

  it("are merges of siblings, left half first, but not of what is still beginning or has ended", () => {
    expect(possibleMerges(new Topology(afterSplit(false)))).toEqual([{ kind: "MERGE", shards: [5, 6] }]);
    const beginning = new Topology(afterSplit(true));
    expect(possibleMerges(beginning)).toEqual([]);
    expect(possibleSplits(beginning, 8).map(({ shards }) => shards)).toEqual([[2], [3], [4]]);
  });

  it("are of both kinds in the long run; with no room for a split it is a merge", () => {
    const topology = new Topology(afterSplit(false));
    const chance = seeded(4);
    const kinds = Array.from({ length: 40 }, () => chooseChange(topology, 8, chance)?.kind);
    expect(new Set(kinds)).toEqual(new Set(["SPLIT", "MERGE"]));
    expect(chooseChange(topology, 5, chance)?.kind).toBe("MERGE");
    expect(chooseChange(new Topology(founded), 4, chance)).toBeUndefined();
  });
});
