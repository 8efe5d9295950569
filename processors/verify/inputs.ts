import type { Network } from "../../ledger/genesis/genesis.js";
import { TopologyTable } from "./check-topology.js";
import { FOLLOWED, type FollowedRange, type FollowedTopic } from "./shard-verifier.js";
import type { ChainSource, OffsetRange } from "./source.js";
import { StateTable } from "./state-table.js";

/** What is taken of the topics before anything is executed, in this order. */
export interface ChainInputs {
  /** shard.state by shard. */
  readonly tables: ReadonlyMap<number, StateTable>;
  readonly topology: TopologyTable;
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
  const topology = new TopologyTable();
  const range = await source.range("topology", 0);
  for await (const records of source.read("topology", 0, range))
    for (const record of records) topology.take(record);
  const explained = await rangesOf(network, source);
  return { tables, topology, explained, logs: await rangesOf(network, source) };
}

async function rangesOf({ topology }: Network, source: ChainSource): Promise<Map<number, OffsetRange>> {
  const ranges = new Map<number, OffsetRange>();
  for (const { shard, partition } of topology.shards)
    ranges.set(shard, await source.range("shard.log", partition));
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
