import { describe, expect, it } from "vitest";
import { totalAllocated } from "../../ledger/genesis/genesis.js";
import { knownShard, Topology } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { ChainSource, OffsetRange } from "../../processors/verify/source.js";
import { verifyChain } from "../../processors/verify/verify-chain.js";
import { toWire } from "../../schemas/codec.js";
import type { ShardTopology } from "../../schemas/generated.js";
import { useRealSignatures } from "../../simulator/crypto/mode.js";
import { Random } from "../../simulator/kernel/random.js";
import { START_MS } from "../../simulator/world/network.js";
import { drawResharded } from "../../simulator/world/shapes.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import { World } from "../../simulator/world/world.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import { topologyRecord } from "../support/pipeline.js";

const LOAD_MS = 6_000;
const RUN_MS_MAX = 60_000;
const SPARE_PARTITIONS = 32;
/** More than any partition has: a fetch gives all. */
const RECORDS_MAX = 1_000_000;

/** A simulated broker's topics as a verifier reads them, with the shards of the genesis in front of the topic topology. */
class SimulatedSource implements ChainSource {
  constructor(private readonly world: World) {}

  records(topic: TopicName, partition: number): InputRecord[] {
    const { genesis } = this.world.net.network;
    const found = this.world.broker.partition(topicOnCluster(genesis.network, topic), partition);
    const entries = found?.read(0, RECORDS_MAX)?.entries ?? [];
    const record = { topic, partition };
    const written = entries.map(({ offset, timeMs, key, value }) => ({
      ...{ ...record, offset, timeMs, key, value },
    }));
    if (topic !== "topology") return written;
    // A tool writes them when a network is founded.
    const founded = genesis.shards.map((shard, offset) => {
      const { key, value } = topologyRecord(shard);
      return { ...record, offset, timeMs: START_MS, key, value: toWire(SCHEMA_IDS.get(topic)!, value!) };
    });
    return [
      ...founded,
      ...written.map((later) => ({ ...later, offset: later.offset + genesis.shards.length })),
    ];
  }

  get topology(): Topology {
    const shards = new Map<number, ShardTopology>();
    for (const record of this.records("topology", 0)) {
      const shard = read("ShardTopology", record)!;
      shards.set(shard.shard, shard);
    }
    return new Topology([...shards.values()].sort((a, b) => a.shard - b.shard).map(knownShard));
  }

  async range(topic: TopicName, partition: number): Promise<OffsetRange> {
    const records = this.records(topic, partition);
    return { low: records[0]?.offset ?? 0, high: (records.at(-1)?.offset ?? -1) + 1 };
  }

  async offsetAbove(): Promise<number> {
    throw new Error("all begin with the genesis here");
  }

  async *read(topic: TopicName, partition: number, { low, high }: OffsetRange) {
    yield this.records(topic, partition).filter(({ offset }) => offset >= low && offset < high);
  }

  async *checkpoints(partition: number) {
    for (const record of this.records("shard.checkpoints", partition)) {
      const certificate = read("CheckpointCertificate", record);
      if (certificate) yield certificate;
    }
  }
}

describe("a verifier of what the stages themselves wrote while shards split and merged", () => {
  it.each([1, 2])("finds no difference: seed %i", { timeout: 120_000 }, async (seed) => {
    useRealSignatures(true);
    const random = new Random(seed);
    const net = drawResharded(random.fork("shape"), true);
    const world = new World(net, random.fork("world"), () => true, true, undefined, SPARE_PARTITIONS);
    const { scheduler } = world;
    world.start();
    world.load.start({ transactions: 100, durationMs: LOAD_MS });
    world.resharder.start(LOAD_MS);
    const isDone = () => scheduler.nowMs > START_MS + 2 * LOAD_MS && world.model.isSettled;
    await scheduler.run(isDone, START_MS + RUN_MS_MAX);
    const source = new SimulatedSource(world);
    const { topology } = source;
    expect(topology.epoch).toBeGreaterThan(1);
    const report = await verifyChain({ ...net.network, topology }, source);
    expect(report).toMatchObject({
      firstDifference: null,
      value: { found: totalAllocated(net.network) },
      shards: topology.shards.map(({ shard }) => ({ shard })),
    });
    if ("code" in report) throw new Error(report.code);
    for (const { shard, blocks, checkpoints } of report.shards) {
      expect(blocks, `shard ${shard}`).toBeGreaterThan(0);
      expect(checkpoints, `shard ${shard}`).toBeGreaterThan(0);
    }
  });
});
