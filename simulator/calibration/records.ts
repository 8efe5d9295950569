import type { RecordProducer, RecordTransaction } from "../../runtime/kafka/ports.js";
import type { CalibrationCluster, Seen } from "./cluster.js";
import { until } from "./until.js";

/** The catalogue's name that reads give back with each record; which one is of no matter here. */
const READ_AS = "shard.log";
/** How the plain writer opens its producer. */
const PLAIN = { idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false } as const;
/** How the transactional writer opens its own. */
const TRANSACTIONAL = { ...PLAIN, retry: { initialRetryTime: 5, maxRetryTime: 30, retries: 200 } } as const;
/** Longer than any script, in milliseconds. */
const TRANSACTION_TIMEOUT_MS = 60_000;

export async function plainProducer({ kafka }: CalibrationCluster): Promise<RecordProducer> {
  const producer = kafka.producer(PLAIN);
  await producer.connect();
  return producer;
}

export async function transactionalProducer(
  { kafka }: CalibrationCluster,
  transactionalId: string,
  transactionTimeout = TRANSACTION_TIMEOUT_MS,
): Promise<RecordProducer> {
  const producer = kafka.producer({ ...TRANSACTIONAL, transactionalId, transactionTimeout });
  await producer.connect();
  return producer;
}

/** Writes values to a partition, in one send. Returns the first one's offset. */
export async function write(
  to: Pick<RecordTransaction, "sendBatch">,
  topic: string,
  partition: number,
  values: readonly string[],
): Promise<number> {
  const messages = values.map((value) => ({
    key: Buffer.from(`key of ${value}`),
    value: Buffer.from(value),
    partition,
  }));
  const [reply] = await to.sendBatch({ topicMessages: [{ topic, messages }], acks: -1 });
  return Number(reply?.baseOffset);
}

/** One read: values with their offsets, where to go on, and the end. */
export async function readOnce(
  { reader }: CalibrationCluster,
  topic: string,
  partition: number,
  offset: number,
  maxWaitMs = 0,
): Promise<{ records: [number, string | null][]; next: number; end: number }> {
  const { records, next, end } = await reader.fetch(READ_AS, topic, partition, offset, maxWaitMs);
  return { records: records.map(({ offset: at, value }) => [at, value?.toString() ?? null]), next, end };
}

/** All that can be read of a partition, and its end. */
export async function readAll(
  cluster: CalibrationCluster,
  topic: string,
  partition: number,
): Promise<{ records: [number, string | null][]; end: number }> {
  const records: [number, string | null][] = [];
  for (let offset = 0; ; ) {
    const read = await readOnce(cluster, topic, partition, offset);
    records.push(...read.records);
    if (read.next >= read.end || read.next <= offset) return { records, end: read.end };
    offset = read.next;
  }
}

/** Waits until what is readable of a partition ends at an offset: ends of transactions get there late. */
export async function untilEnd(
  cluster: CalibrationCluster,
  topic: string,
  partition: number,
  end: number,
): Promise<void> {
  await until(cluster, `${topic}[${partition}] to be readable up to ${end}`, async () => {
    return (await readOnce(cluster, topic, partition, 0)).end >= end;
  });
}

/** What a group has committed for the first partitions of a topic; -1: nothing. */
export async function committed(
  { admin }: CalibrationCluster,
  groupId: string,
  topic: string,
): Promise<Seen> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return [...(found?.partitions ?? [])]
    .sort((left, right) => left.partition - right.partition)
    .map(({ offset }) => Number(offset));
}

/** Low and high of each partition of a topic. */
export async function bounds({ admin }: CalibrationCluster, topic: string): Promise<Seen> {
  const found = await admin.fetchTopicOffsets(topic);
  return [...found]
    .sort((left, right) => left.partition - right.partition)
    .map(({ offset, low, high }) => ({ low: Number(low), high: Number(high), offset: Number(offset) }));
}
