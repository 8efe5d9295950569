import type { Admin } from "kafkajs";
import type { InputRecord } from "../../processors/stage.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Fetched, PartitionReader } from "../kafka/partition-reader.js";

/** First offset that a partition has, and the one after its last. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** What proofs read from: a network's topics, committed records only. */
export interface TopicSource {
  bounds(name: TopicName, partition: number): Promise<Bounds>;
  /** One fetch from an offset; `bytesMax`: bytes that are enough. */
  fetch(name: TopicName, partition: number, offset: number, bytesMax?: number): Promise<Fetched>;
  /** First offset whose record was appended at that time or later, in milliseconds since 1970; the end where none was. */
  offsetAtTime(name: TopicName, partition: number, timeMs: number): Promise<number>;
}

/** The topics of a network on a cluster. */
export function topicSource(network: string, reader: PartitionReader, admin: Admin): TopicSource {
  const ofPartition = <T extends { partition: number }>(
    entries: readonly T[],
    topic: string,
    number: number,
  ) => {
    const found = entries.find(({ partition }) => partition === number);
    if (!found) throw new Error(`${topic} has no partition ${number}`);
    return found;
  };
  return {
    async bounds(name, partition) {
      const topic = topicOnCluster(network, name);
      const { low, high } = ofPartition(await admin.fetchTopicOffsets(topic), topic, partition);
      return { low: Number(low), high: Number(high) };
    },
    fetch: (name, partition, offset, bytesMax) =>
      reader.fetch(name, topicOnCluster(network, name), partition, offset, 0, bytesMax),
    async offsetAtTime(name, partition, timeMs) {
      const topic = topicOnCluster(network, name);
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timeMs);
      return Number(ofPartition(offsets, topic, partition).offset);
    },
  };
}

/** Records from an offset on, a fetch at a time, to the end as it is when reading gets there. */
export async function* recordsFrom(
  source: TopicSource,
  name: TopicName,
  partition: number,
  offset: number,
): AsyncGenerator<readonly InputRecord[]> {
  for (let next = offset; ; ) {
    const fetched = await source.fetch(name, partition, next);
    if (fetched.records.length > 0) yield fetched.records;
    if (fetched.next >= fetched.end || fetched.next <= next) return;
    next = fetched.next;
  }
}

/** Bytes of a fetch that looks for one record. */
const PROBE_BYTES = 64 * 1024;

/**
 * The first record whose number is at least the one looked for, by bisection. Numbers ascend along the partition. They may
 * fall back where a writer began again, as heights do, and climb up once more; as long as they never skip one upwards, what
 * is found has the number itself, though there may be more of it further on. While a writer has not caught up again, what
 * is above where it stands may not be found.
 *
 * @param numberOf undefined: the record can't be read and is passed over
 * @returns undefined: there is none
 */
export async function firstAtLeast(
  source: TopicSource,
  name: TopicName,
  partition: number,
  wanted: number,
  numberOf: (record: InputRecord) => number | undefined,
): Promise<InputRecord | undefined> {
  let { low, high } = await source.bounds(name, partition);
  let found: InputRecord | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let next = middle;
    let run: InputRecord[] = [];
    while (run.length === 0 && next < high) {
      const fetched = await source.fetch(name, partition, next, PROBE_BYTES);
      run = fetched.records.filter((record) => record.offset < high && numberOf(record) !== undefined);
      if (fetched.next <= next) break;
      next = fetched.next;
    }
    const at = run.findIndex((record) => numberOf(record)! >= wanted);
    if (at > 0) return run[at];
    if (at === 0) found = run[0];
    if (at === 0 || run.length === 0) high = middle;
    else low = next;
  }
  return found;
}

/** Offset of the first record above a height; where there is none, the end. */
export async function offsetAbove(
  source: TopicSource,
  name: TopicName,
  partition: number,
  height: number,
  heightOf: (record: InputRecord) => number | undefined,
): Promise<number> {
  // Asked before the search: what comes meanwhile must not be skipped.
  const { high } = await source.bounds(name, partition);
  return (await firstAtLeast(source, name, partition, height + 1, heightOf))?.offset ?? high;
}

/** Offsets looked at in the first stretch of a search backwards, and in the longest. */
const STRETCH_MIN = 256;
const STRETCH_MAX = 16_384;

/**
 * Looks at a partition's records from the last to the first, keeping one stretch of them in memory.
 * @param visit returns true to end the search
 */
export async function searchBack(
  source: TopicSource,
  name: TopicName,
  partition: number,
  visit: (record: InputRecord) => boolean | Promise<boolean>,
): Promise<void> {
  const { low, high } = await source.bounds(name, partition);
  let length = STRETCH_MIN;
  for (let upper = high; upper > low; length = Math.min(2 * length, STRETCH_MAX)) {
    const lower = Math.max(low, upper - length);
    const stretch: InputRecord[] = [];
    for (let next = lower; next < upper; ) {
      const fetched = await source.fetch(name, partition, next);
      for (const record of fetched.records) if (record.offset < upper) stretch.push(record);
      if (fetched.next <= next) break;
      next = fetched.next;
    }
    for (const record of stretch.reverse()) if (await visit(record)) return;
    upper = lower;
  }
}
