import { setTimeout as pause } from "node:timers/promises";
import type { Kafka } from "kafkajs";
import Batch, { type FetchedPartition } from "kafkajs/src/consumer/batch.js";
import type { InputRecord } from "../../processors/stage.js";
import type { TopicName } from "../../topics/catalogue.js";

const READ_COMMITTED = 1;
const OFFSET_OUT_OF_RANGE = 1;
/** Errors that a fresh look at the cluster's metadata heals: unknown partition, leader moved. */
const STALE_METADATA = new Set([3, 5, 6, 74, 75, 76]);
/** Fetches that may fail for stale metadata before that is an error: a broker that is just back leads nothing for a while. */
const STALE_ATTEMPTS_MAX = 8;
/** Wait after the first of them, in milliseconds; doubles with each. */
const STALE_WAIT_MS = 10;
/** Most bytes of one fetch, unless said otherwise. */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const METADATA_MAX_AGE_MS = 60_000;

interface Broker {
  fetch(request: object): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
}
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: string[]): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(request: { nodeId: string }): Promise<Broker>;
}

/** Reading began below what the broker still has. */
export class OffsetOutOfRange extends Error {
  readonly code = "OFFSET_OUT_OF_RANGE";
}

/** What is known of the cluster has no such partition: it was made since, for a shard that begins, or there is none. */
class NoLeader extends Error {}

/** What one fetch gave. */
export interface Fetched {
  readonly records: InputRecord[];
  /** Offset to go on from: past the records, and past what read_committed leaves out. */
  readonly next: number;
  /** End of what read_committed can see. */
  readonly end: number;
}

/**
 * Reads a partition without a consumer group: for reading own output to its end, for audits, and for taps.
 * Sees committed records only, in order.
 */
export class PartitionReader {
  private readonly cluster: Cluster;
  private connected: Promise<void> | undefined;

  constructor(kafka: Kafka) {
    const symbol = Object.getOwnPropertySymbols(kafka).find(
      ({ description }) => description === "private:Kafka:createCluster",
    );
    const create = symbol && (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
    if (!create) throw new Error("this kafkajs has no createCluster: pin kafkajs 2.2.4");
    this.cluster = create({
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      isolationLevel: READ_COMMITTED,
    });
  }

  /**
   * One fetch from `offset`; waits up to `maxWaitMs` for something new. Throws OffsetOutOfRange.
   * @param bytesMax bytes that are enough; a whole batch comes all the same
   */
  async fetch(
    name: TopicName,
    topic: string,
    partition: number,
    offset: number,
    maxWaitMs = 0,
    bytesMax = FETCH_BYTES_MAX,
  ): Promise<Fetched> {
    this.connected ??= this.cluster.connect().catch((error: unknown) => {
      // Another try may find the broker back.
      this.connected = undefined;
      throw error;
    });
    await this.connected;
    await this.cluster.addMultipleTargetTopics([topic]);
    for (let attempt = 0; ; attempt++) {
      try {
        const data = await this.fetchOnce(topic, partition, offset, maxWaitMs, bytesMax);
        return toFetched(name, topic, offset, data);
      } catch (error) {
        // kafkajs throws what the broker answers for a partition; only errors of the protocol have a numeric code.
        const code = (error as { code?: unknown }).code;
        if (code === OFFSET_OUT_OF_RANGE) throw new OffsetOutOfRange(`${topic}[${partition}]@${offset}`);
        const isStale = error instanceof NoLeader || (typeof code === "number" && STALE_METADATA.has(code));
        if (!isStale || attempt >= STALE_ATTEMPTS_MAX) throw error;
      }
      await pause(STALE_WAIT_MS * 2 ** attempt);
      await this.cluster.refreshMetadata();
    }
  }

  private async fetchOnce(
    topic: string,
    partition: number,
    offset: number,
    maxWaitTime: number,
    maxBytes: number,
  ) {
    const [nodeId] = Object.keys(this.cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new NoLeader(`${topic}[${partition}] has no leader`);
    const broker = await this.cluster.findBroker({ nodeId });
    const { responses } = await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
    });
    const data = responses[0]?.partitions[0];
    if (!data) throw new Error(`fetch of ${topic}[${partition}] got no answer`);
    return data;
  }

  /** All records from `offset` to the end as it is when reading gets there. */
  async *readToEnd(
    name: TopicName,
    topic: string,
    partition: number,
    offset: number,
  ): AsyncGenerator<InputRecord[]> {
    let next = offset;
    for (;;) {
      const fetched = await this.fetch(name, topic, partition, next);
      if (fetched.records.length > 0) yield fetched.records;
      next = fetched.next;
      if (next >= fetched.end) return;
    }
  }

  async close(): Promise<void> {
    if (this.connected) await this.cluster.disconnect();
  }
}

function toFetched(name: TopicName, topic: string, offset: number, data: FetchedPartition): Fetched {
  const batch = new Batch(topic, String(offset), data);
  const end = Math.min(Number(data.highWatermark), Number(data.lastStableOffset));
  const records = batch.messages.map((message) => ({
    topic: name,
    partition: data.partition,
    offset: Number(message.offset),
    timeMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
  }));
  let next = offset;
  if (batch.isEmptyDueToLogCompactedMessages()) next = offset + 1;
  else if (!batch.isEmptyIncludingFiltered()) next = Number(batch.lastOffset()) + 1;
  else if (data.messages.length === 0 && offset < end) next = end;
  return { records, next, end };
}
