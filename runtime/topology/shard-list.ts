import { keyOfBytes, shardKey } from "../../ledger/state/key.js";
import { asShard, type OwnRecord } from "../../ledger/state/state.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { BlockHeader, ShardTopology } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { verifiedCertificate } from "../proofs/certificates.js";
import type { ConnectedTopics } from "../proofs/connect.js";
import { recordsFrom, type TopicSource } from "../proofs/topic-source.js";

/** Where a shard is in its life, for people: one that is ENDING has ended once those after it are active. */
export type ShardLife = "active" | "beginning" | "ending" | "ended";

/** A shard that there is or was. */
export interface ListedShard extends Omit<ShardTopology, "phase" | "isPaused"> {
  readonly life: ShardLife;
  /** Height of its last certified block; 0: none. */
  readonly height: number;
  /** What its change waits for; left out: nothing. */
  readonly waitsFor?: string;
}

export interface ShardList {
  readonly epoch: number;
  readonly isPaused: boolean;
  /** By ascending number. */
  readonly shards: readonly ListedShard[];
}

type Topics = Pick<ConnectedTopics, "source" | "network">;

/** Reads the shard tree, and how far changes are that are not done. */
export async function listShards(topics: Topics): Promise<ShardList> {
  const records = await topologyRecords(topics);
  const epoch = Math.max(...records.map((record) => Math.max(record.epoch, record.ended)));
  const shards: ListedShard[] = [];
  for (const record of records) {
    const { phase, isPaused: _isPaused, ...place } = record;
    const after = records.filter((other) => other.epoch === record.ended);
    const isDone = after.every((other) => other.phase !== "BEGINNING");
    const life: ShardLife =
      phase === "BEGINNING" ? "beginning" : phase === "ACTIVE" ? "active" : isDone ? "ended" : "ending";
    const last = await lastHeader(topics, record);
    const waitsFor = await waitedFor(topics, record, life, last);
    shards.push({ ...place, life, height: last?.height ?? 0, ...(waitsFor && { waitsFor }) });
  }
  return { epoch, isPaused: records.some(({ isPaused }) => isPaused), shards };
}

/** The last record of each shard in the topic topology, by ascending number. */
async function topologyRecords({ source, network }: Topics): Promise<ShardTopology[]> {
  const records = new Map<number, ShardTopology>();
  for (const { shard, path, prefix, partition } of network.genesis.shards)
    records.set(shard, {
      ...{ shard, path, prefix, partition, epoch: 0, parents: [] },
      ...{ phase: "ACTIVE", ended: -1, since: 0, isPaused: false },
    });
  for await (const some of recordsFrom(source, "topology", 0, 0))
    for (const record of some) {
      const shard = read("ShardTopology", record);
      if (shard) records.set(shard.shard, shard);
    }
  return [...records.values()].sort((a, b) => a.shard - b.shard);
}

async function waitedFor(
  { source, network }: Topics,
  { shard, partition, prefix, parents }: ShardTopology,
  life: ShardLife,
  last: BlockHeader | undefined,
): Promise<string | undefined> {
  if (life === "beginning")
    return last
      ? "the main chain to hear of its first block"
      : `shard ${parents.join(" and ")} to end, and its first block`;
  if (life !== "ending") return undefined;
  if (last?.isLast) return "the shards after it to begin";
  const own = await lastOwnRecord(source, partition, prefix);
  const sources = Array.from({ length: network.genesis.sourcePartitions }, (_, index) => index);
  const missing = sources.filter((number) => !own?.markers.includes(number));
  const parts = [
    ...(own?.change ? [] : [`the main chain's word to shard ${shard}`]),
    ...(missing.length > 0 ? [`shard-assign of source partition ${missing.join(", ")}`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : "votes on its last block";
}

/** Records from the end that are looked through for the last one that tells. */
const LAST_RECORDS_MAX = 64;

async function lastOf<T>(
  source: TopicSource,
  topic: TopicName,
  partition: number,
  take: (record: InputRecord) => T | undefined,
): Promise<T | undefined> {
  const { low, high } = await source.bounds(topic, partition);
  let found: T | undefined;
  for await (const some of recordsFrom(source, topic, partition, Math.max(low, high - LAST_RECORDS_MAX)))
    for (const record of some) found = take(record) ?? found;
  return found;
}

function lastHeader({ source, network }: Topics, { shard, partition }: ShardTopology) {
  return lastOf(
    source,
    "shard.finalized",
    partition,
    (record) => verifiedCertificate(network, shard, record)?.header,
  );
}

function lastOwnRecord(
  source: TopicSource,
  partition: number,
  prefix: string,
): Promise<OwnRecord | undefined> {
  const own = shardKey(prefix);
  return lastOf(source, "shard.changes", partition, (record) => {
    const change = read("BlockChanges", record)?.changes.find(({ key }) => keyOfBytes(key) === own);
    return asShard(change?.value);
  });
}

/** The living shard of a path with a dot, a number, or a path, as people name it. */
export function shardNamed({ shards }: ShardList, text: string): ListedShard | undefined {
  const living = shards.filter(({ life, shard }) => life !== "ended" && shard !== MAIN_CHAIN);
  const byPath = living.find(({ path, life }) => path === text && life !== "ending");
  return text.includes(".") ? byPath : (living.find(({ shard }) => String(shard) === text) ?? byPath);
}
