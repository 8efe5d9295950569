import { describe, expect, it } from "vitest";
import { totalAllocated } from "../../../ledger/genesis/genesis.js";
import type { ChainReport, Refusal } from "../../../processors/verify/difference.js";
import type { ShardStart } from "../../../processors/verify/start.js";
import { verifyChain } from "../../../processors/verify/verify-chain.js";
import { codec } from "../../../schemas/codec.js";
import type { ShardTopology } from "../../../schemas/generated.js";
import { seeded } from "../../../simulator/kernel/random.js";
import { ONE } from "../../../simulator/world/network.js";
import { MemorySource } from "../../support/chain-source.js";
import { Resharded } from "../../support/resharded.js";
import { wire } from "../../support/verified-chain.js";

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
    let changes = 0;
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 40; count++) world.stir(chance);
      const { live } = world.network.topology;
      const { shard, path } = live[chance(live.length)]!;
      const sibling = live.find((other) => other.path === `${path.slice(0, -1)}2` && path.endsWith(".1"));
      if (sibling && chance(2) === 0) world.propose("MERGE", shard, sibling.shard);
      else if (live.length < 6) world.propose("SPLIT", shard);
      const report = await verify(world);
      expect(report.firstDifference, `round ${round}`).toBeNull();
      expect(report.value.found, `round ${round}`).toBe(totalAllocated(world.network));
      changes = world.network.topology.epoch;
    }
    expect(changes).toBeGreaterThan(3);
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

  describe("of certified states", () => {
    const world = splitAndMerged(80);
    const certified = (shards: readonly number[]) => {
      const source = new MemorySource(world);
      for (const shard of shards) {
        const { partition } = world.network.topology.shard(shard);
        source.certified.set(partition, [world.checkpoint(shard, 1), world.checkpoint(shard)]);
      }
      return source;
    };

    it("compares the roots of ended shards with those of the shards after them", async () => {
      for (const shards of [
        [1, 3, 4, 5, 6, 7, 8],
        [1, 3],
        [5, 6, 7],
        [3, 8],
      ]) {
        const report = await verify(world, certified(shards));
        expect(report.firstDifference, `${shards}`).toBeNull();
        for (const { shard, checkpoints } of report.shards)
          expect(checkpoints, `shard ${shard}`).toBe(shards.includes(shard) ? 2 : 0);
      }
    });

    it.each([3, 4, 7, 8])("names the root that shard %i begins with where it is another", async (shard) => {
      const source = certified([1, 3, 4, 5, 6, 7]);
      const { partition } = world.network.topology.shard(shard);
      const { stateRoot } = world.checkpoint(shard).checkpoint;
      source.certified.set(partition, [world.checkpoint(shard, 1, { stateRoot })]);
      expect((await verify(world, source)).firstDifference).toMatchObject({
        code: "CHECKPOINT_ROOT_DIFFERS",
        shard,
        height: 1,
      });
    });
  });

  describe("of the topic topology", () => {
    const world = splitAndMerged(120);
    const altered = (shard: number, change: (record: ShardTopology) => Partial<ShardTopology>) => {
      const source = new MemorySource(world);
      const list = source.records("topology", 0);
      const index = list.findLastIndex(({ key }) => key!.toString() === String(shard));
      const record = codec("ShardTopology").decode(list[index]!.value!.subarray(5))!;
      const bytes = codec("ShardTopology").encode({ ...record, ...change(record) });
      list[index] = { ...list[index]!, value: wire("topology", bytes) };
      return source;
    };

    it.each<[string, number, (record: ShardTopology) => Partial<ShardTopology>]>([
      ["place", 8, () => ({ path: "9" })],
      ["partition", 2, ({ partition }) => ({ partition: partition + 20 })],
      ["parents", 8, () => ({ parents: [7] })],
      ["phase", 3, () => ({ phase: "ACTIVE" })],
      ["end", 4, () => ({ ended: -1 })],
      ["time", 8, ({ since }) => ({ since: since + 1 })],
      ["kill switch", 0, () => ({ isPaused: true })],
    ])("names a record with another %s: TOPOLOGY_DIFFERS", async (_what, shard, change) => {
      const { firstDifference } = await verify(world, altered(shard, change));
      expect(firstDifference).toMatchObject({ code: "TOPOLOGY_DIFFERS", shard });
    });

    it("names a record that is older than what the main chain's state shows", async () => {
      const source = new MemorySource(world);
      const list = source.records("topology", 0);
      const isOf8 = ({ key }: { readonly key: Buffer | null }) => key!.toString() === "8";
      const first = list.find(isOf8)!;
      list.splice(0, list.length, ...list.filter((record) => record === first || !isOf8(record)));
      expect((await verify(world, source)).firstDifference).toMatchObject({
        code: "TOPOLOGY_DIFFERS",
        shard: 8,
      });
      // One of before the last change of its phase may stand there as long as the state isn't further.
      const behind = new MemorySource(world);
      for (const name of ["topology", "shard.state"] as const) behind.records(name, 0).splice(3);
      behind.records("shard.state", 0).splice(0);
      expect((await verify(world, behind)).firstDifference).toBeNull();
    });

    it("names a shard that the main chain never decided, or none", async () => {
      const source = new MemorySource(world);
      const stranger = {
        ...{ shard: 9, path: "9", prefix: "0", partition: 2, epoch: 5, parents: [] },
        ...{ phase: "ACTIVE" as const, ended: -1, since: 0, isPaused: false },
      };
      const bytes = codec("ShardTopology").encode(stranger);
      source.append("topology", 0, { key: Buffer.from("9"), value: wire("topology", bytes) });
      expect((await verify(world, source)).firstDifference).toMatchObject({
        code: "TOPOLOGY_DIFFERS",
        shard: 9,
      });
      const nonsense = new MemorySource(world);
      nonsense.append("topology", 0, { key: Buffer.from("8"), value: Buffer.from("?") });
      expect((await verify(world, nonsense)).firstDifference).toMatchObject({ code: "TOPOLOGY_DIFFERS" });
    });
  });

  describe("that begins with certified states", () => {
    const world = splitAndMerged(40);
    const all = [...world.living.keys()];
    const startsAt = (shards: readonly number[], heightOf = (shard: number) => blocksOf(world, shard)) =>
      new Map(shards.map((shard) => [shard, world.startAt(shard, heightOf(shard))]));

    it("needs nothing of shards that ended before", async () => {
      const source = new MemorySource(world);
      const live = all.filter((shard) => world.network.topology.shard(shard).ended === undefined);
      expect(live).toEqual([0, 2, 8]);
      for (const { shard, partition } of world.network.topology.shards)
        if (!live.includes(shard)) source.records("shard.log", partition).shift();
      const report = await verify(world, source, startsAt(live));
      expect(report).toMatchObject({
        firstDifference: null,
        value: { found: totalAllocated(world.network) },
        shards: live.map((shard) => ({ shard, blocks: 0, from: blocksOf(world, shard) })),
      });
      // A shard without a certified state needs those before it.
      const missing = verify(world, source, startsAt([0, 2]));
      await expect(missing).rejects.toThrow("LOG_TRIMMED");
    });

    it("finds no difference wherever each of them begins", async () => {
      const chance = seeded(9);
      for (let round = 0; round < 25; round++) {
        const some = all.filter(() => chance(2) === 0);
        const heights = new Map(some.map((shard) => [shard, chance(blocksOf(world, shard) + 1)]));
        const starts = startsAt(
          some.filter((shard) => heights.get(shard)! > 0),
          (shard) => heights.get(shard)!,
        );
        const report = await verify(world, new MemorySource(world), starts);
        const where = JSON.stringify([...heights]);
        expect(report.firstDifference, where).toBeNull();
        expect(report.value.found, where).toBe(totalAllocated(world.network));
      }
    });
  });
});
