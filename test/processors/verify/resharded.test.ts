import { describe, expect, it } from "vitest";
import { totalAllocated } from "../../../ledger/genesis/genesis.js";
import type { ChainReport, Refusal } from "../../../processors/verify/difference.js";
import type { ShardStart } from "../../../processors/verify/start.js";
import { verifyChain } from "../../../processors/verify/verify-chain.js";
import { seeded } from "../../../simulator/kernel/random.js";
import { ONE } from "../../../simulator/world/network.js";
import { MemorySource } from "../../support/chain-source.js";
import { Resharded } from "../../support/resharded.js";

const SHARDS = { shards: 2 } as const;

async function verify(
  world: Resharded,
  source = new MemorySource(world),
  starts: ReadonlyMap<number, ShardStart> = new Map(),
): Promise<ChainReport> {
  const report: ChainReport | Refusal = await verifyChain(world.network, source, { starts });
  if (!("firstDifference" in report)) throw new Error(report.code);
  return report;
}

const blocksOf = (world: Resharded, shard: number) => world.living.get(shard)!.blocks.length;

/** Transfers of everybody to everybody, some of them under way. */
function stirred(world: Resharded, seed: number, times: number): void {
  const chance = seeded(seed);
  for (let count = 0; count < times; count++) world.stir(chance);
}

/** Shard 1 splits, its left half too, and both changes are taken back; transfers are under way all the time. */
function splitAndMerged(seed = 1): Resharded {
  const world = new Resharded(SHARDS);
  const change = (kind: "SPLIT" | "MERGE", ...shards: number[]) => {
    stirred(world, seed++, 60);
    world.propose(kind, ...shards);
    stirred(world, seed++, 60);
    world.turnAll();
    stirred(world, seed++, 60);
    world.finish();
  };
  change("SPLIT", 1);
  change("SPLIT", 3);
  change("MERGE", 5, 6);
  change("MERGE", 7, 4);
  stirred(world, seed, 60);
  world.finish();
  return world;
}

describe("a verifier of shards that split and merge", () => {
  it("finds a sound network equal in everything, and the value conserved, ended shards not counted twice", async () => {
    const world = splitAndMerged();
    expect([...world.living.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const report = await verify(world);
    expect(report.firstDifference).toBeNull();
    expect(report.value.found).toBe(totalAllocated(world.network));
    for (const { shard, ...figures } of report.shards) {
      const blocks = blocksOf(world, shard);
      expect(blocks, `shard ${shard}`).toBeGreaterThan(0);
      expect(figures, `shard ${shard}`).toMatchObject({ blocks, certified: blocks, changesCompared: blocks });
    }
    expect(report.shards.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("finds no difference at whatever moment it looks", async () => {
    const world = new Resharded(SHARDS);
    const chance = seeded(5);
    let splits = 0;
    for (let round = 0; round < 40; round++) {
      for (let count = 0; count < 25; count++) world.stir(chance);
      const { live } = world.network.topology;
      const { shard, path } = live[chance(live.length)]!;
      const sibling = live.find((other) => other.path === `${path.slice(0, -1)}2` && path.endsWith(".1"));
      if (sibling && chance(2) === 0) world.propose("MERGE", shard, sibling.shard);
      else if (live.length < 6) world.propose("SPLIT", shard);
      const report = await verify(world);
      expect(report.firstDifference, `round ${round}`).toBeNull();
      expect(report.value.found, `round ${round}`).toBe(totalAllocated(world.network));
      splits = world.network.topology.epoch;
    }
    expect(splits).toBeGreaterThan(4);
    world.finish();
    expect((await verify(world)).firstDifference).toBeNull();
  });

  it("follows the main chain where a change came after the network's shards were listed", async () => {
    const world = new Resharded(SHARDS);
    stirred(world, 1, 50);
    world.settle();
    const { topology } = world.network;
    world.propose("SPLIT", 1);
    world.finish();
    const report = await verifyChain({ ...world.network, topology }, new MemorySource(world));
    expect(report).toMatchObject({
      firstDifference: null,
      value: { found: totalAllocated(world.network) },
      shards: [0, 1, 2, 3, 4].map((shard) => ({ shard, blocks: blocksOf(world, shard) })),
    });
  });

  it("counts what shards hold that the topic topology doesn't have yet", async () => {
    const world = new Resharded(SHARDS);
    stirred(world, 1, 50);
    world.settle();
    const { topology } = world.network;
    const before = new MemorySource(world);
    world.propose("SPLIT", 1);
    while (world.sent.length > 0) world.deliver();
    world.turnAll();
    const source = new MemorySource(world);
    // finalize of the main chain is behind.
    for (const name of ["topology", "shard.state", "shard.finalized"] as const)
      source.records(name, 0).splice(before.records(name, 0).length);
    const report = await verifyChain({ ...world.network, topology }, source);
    expect(report).toMatchObject({
      firstDifference: null,
      value: { found: totalAllocated(world.network) },
      shards: [{ shard: 0 }, { shard: 1 }, { shard: 2 }, { shard: 3, blocks: 0 }, { shard: 4, blocks: 0 }],
    });
  });

  it("pays from accounts of both halves afterwards, and to them from elsewhere", async () => {
    const world = splitAndMerged();
    const before = blocksOf(world, 8);
    for (const from of world.net.wallets) world.pay(from, world.net.wallets[0]!, ONE);
    world.finish();
    expect(blocksOf(world, 8)).toBeGreaterThan(before);
    expect((await verify(world)).firstDifference).toBeNull();
  });
});
