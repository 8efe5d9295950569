import type { Network } from "../../ledger/genesis/genesis.js";
import { TopologyTable } from "./check-topology.js";
import { FOLLOWED, type FollowedRange, type FollowedTopic } from "./shard-verifier.js";
import type { ChainSource, OffsetRange } from "./source.js";
import { StateTable } from "./state-table.js";

/** What is taken of the topics before anything is executed, in this order. */
export interface ChainInputs {
  /** shard.state by shard; of those that came later there is nothing to compare yet. */
  readonly tables: ReadonlyMap<number, StateTable>;
  readonly topology: TopologyTable;
  /** Partition of each shard whose topics are read: those of the network, and others that the topic topology had. */
  readonly partitions: ReadonlyMap<number, number>;
  /** Ends of the logs, by shard; what is below comes from what is below `logs`. */
  readonly explained: ReadonlyMap<number, OffsetRange>;
  readonly logs: ReadonlyMap<number, OffsetRange>;
}

export async function readInputs(network: Network, source: ChainSource): Promise<ChainInputs> {
  const tables = new Map<number, StateTable>();
  for (const { shard, prefix, partition } of network.topology.shards) {
    const table = new StateTable(shard, prefix);
    const range = await source.range("shard.state", partition);
    for await (const records of source.read("shard.state", partition, range))
      for (const record of records) table.take(record);
    tables.set(shard, table);
  }
  const partitions = new Map(network.topology.shards.map(({ shard, partition }) => [shard, partition]));
  for (;;) {
    const topology = await readTopology(source);
    for (const [shard, { value }] of topology.records)
      if (!partitions.has(shard)) partitions.set(shard, value.partition);
    const explained = await rangesOf(source, partitions);
    const logs = await rangesOf(source, partitions);
    // A shard begins once the topic has it: what others' logs have of it up to here comes from one that is read too.
    const { records } = await readTopology(source);
    if ([...records.keys()].every((shard) => partitions.has(shard)))
      return { tables, topology, partitions, explained, logs };
  }
}

async function readTopology(source: ChainSource): Promise<TopologyTable> {
  const table = new TopologyTable();
  for await (const records of source.read("topology", 0, await source.range("topology", 0)))
    for (const record of records) table.take(record);
  return table;
}

async function rangesOf(
  source: ChainSource,
  partitions: ReadonlyMap<number, number>,
): Promise<Map<number, OffsetRange>> {
  const ranges = new Map<number, OffsetRange>();
  for (const [shard, partition] of partitions) ranges.set(shard, await source.range("shard.log", partition));
  return ranges;
}

/**
 * Ranges of the topics beside the log, taken after the log's end, so that they have what can be there by then.
 * @param partition undefined: nothing is read of the shard
 * @param start height after which the replay begins
 */
export async function followedRanges(
  source: ChainSource,
  partition: number | undefined,
  start: number,
): Promise<Record<FollowedTopic, FollowedRange>> {
  const entries: [FollowedTopic, FollowedRange][] = [];
  for (const topic of FOLLOWED) {
    if (partition === undefined) {
      entries.push([topic, { low: 0, high: 0, isTrimmed: true }]);
      continue;
    }
    const range = await source.range(topic, partition);
    const low = start === 0 ? range.low : await source.offsetAbove(topic, partition, start);
    // Where the topic has something of the heights before, it has all that comes after.
    const isTrimmed = range.low > 0 && low <= range.low;
    entries.push([topic, { low: Math.max(low, range.low), high: range.high, isTrimmed }]);
  }
  return Object.fromEntries(entries) as Record<FollowedTopic, FollowedRange>;
}
