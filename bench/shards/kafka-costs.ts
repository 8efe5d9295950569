import { consumerConfig } from "../../runtime/driver/consumer-config.js";
import { connectKafka } from "../../runtime/kafka/client.js";
import { type OutgoingMessage, PlainWriter } from "../../runtime/kafka/plain-writer.js";
import { createMissing } from "../../runtime/kafka/topics.js";
import { TransactionalWriter } from "../../runtime/kafka/transactional-writer.js";
import { processUse } from "../measure/processes.js";
import type { BenchCluster } from "../pipeline/cluster.js";
import { fitCosts, type Observation } from "./fit.js";

/** What is paid for on the way through the broker. A batch is what one request has for one partition. */
export const KAFKA_ITEMS = [
  "request",
  "transaction",
  "batch",
  "record",
  "fetch",
  "fetchedBatch",
  "fetchedRecord",
] as const;
export type KafkaItem = (typeof KAFKA_ITEMS)[number];

/** CPU-seconds of one of each, on either side. */
export interface KafkaCosts {
  readonly client: Readonly<Record<KafkaItem, number>>;
  readonly broker: Readonly<Record<KafkaItem, number>>;
  /** How far sums of these costs are from what was measured: a share. */
  readonly error: { readonly client: number; readonly broker: number };
}

type Client = ReturnType<typeof connectKafka>;

interface Layout {
  readonly partitions: number;
  /** Records of a request for each partition. */
  readonly records: number;
  readonly way: "plain" | "transaction" | "plain and read";
}

const LAYOUTS: readonly Layout[] = [
  { partitions: 1, records: 1, way: "plain" },
  { partitions: 1, records: 100, way: "plain" },
  { partitions: 8, records: 1, way: "plain" },
  { partitions: 8, records: 20, way: "plain" },
  { partitions: 64, records: 1, way: "plain" },
  { partitions: 64, records: 8, way: "plain" },
  { partitions: 4, records: 1, way: "transaction" },
  { partitions: 4, records: 50, way: "transaction" },
  { partitions: 1, records: 1, way: "plain and read" },
  { partitions: 1, records: 100, way: "plain and read" },
  { partitions: 8, records: 1, way: "plain and read" },
  { partitions: 8, records: 20, way: "plain and read" },
];
const TOPIC = "bench.kafka-costs";
const PARTITIONS = 64;
/** As an entry of a shard's log. */
const RECORD_BYTES = 260;
const WARM_UP_MS = 1_000;
const MEASURE_MS = 2_500;
/** Between two transactions, as between two blocks: one that begins while the last one ends is tried again and again. */
const TRANSACTION_PAUSE_MS = 40;
const SESSION_TIMEOUT_MS = 30_000;

/** Writes and reads with the stages' own writers and consumers, in requests of several shapes, and fits what each costs. */
export async function measureKafka(cluster: BenchCluster, say: (line: string) => void): Promise<KafkaCosts> {
  const kafka = connectKafka({
    brokers: cluster.settings.brokers,
    clientId: "bench-kafka-costs",
    log: () => undefined,
  });
  const admin = kafka.admin();
  await admin.connect();
  await createMissing(admin, [{ topic: TOPIC, partitions: PARTITIONS, configuration: {} }], 1);
  await admin.disconnect();
  const brokerPid = cluster.pids().get("broker") ?? 0;
  const client: Observation[] = [];
  const broker: Observation[] = [];
  for (const layout of LAYOUTS) {
    const { rounds, clientSeconds, brokerSeconds } = await run(kafka, layout, brokerPid);
    const counts = countsOf(layout).map((count) => count * rounds);
    client.push({ counts, cost: clientSeconds });
    broker.push({ counts, cost: brokerSeconds });
    say(`${layout.way}: ${rounds} times ${layout.partitions} batches of ${layout.records}`);
  }
  const [ofClient, ofBroker] = [fitCosts(client), fitCosts(broker)];
  const named = (costs: readonly number[]) =>
    Object.fromEntries(KAFKA_ITEMS.map((item, index) => [item, costs[index]!])) as Record<KafkaItem, number>;
  return {
    client: named(ofClient.costs),
    broker: named(ofBroker.costs),
    error: { client: ofClient.error, broker: ofBroker.error },
  };
}

/** What one round of a layout pays for, in the order of KAFKA_ITEMS. */
function countsOf({ partitions, records, way }: Layout): number[] {
  const all = partitions * records;
  const isRead = way === "plain and read";
  return [
    way === "transaction" ? 0 : 1,
    way === "transaction" ? 1 : 0,
    partitions,
    all,
    isRead ? 1 : 0,
    isRead ? partitions : 0,
    isRead ? all : 0,
  ];
}

async function run(kafka: Client, layout: Layout, brokerPid: number) {
  const { partitions, records, way } = layout;
  const messages: OutgoingMessage[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (let index = 0; index < records; index++)
      messages.push({ topic: TOPIC, partition, key: null, value: Buffer.alloc(RECORD_BYTES, index) });
  }
  const plain = new PlainWriter(kafka);
  const writer = way === "transaction" ? await TransactionalWriter.open(kafka, TOPIC) : plain;
  const reader = way === "plain and read" ? await Reader.open(kafka, partitions) : undefined;
  const round = async () => {
    const read = reader?.next(messages.length);
    await writer.write(messages);
    await read;
    if (way === "transaction") await new Promise((resolve) => setTimeout(resolve, TRANSACTION_PAUSE_MS));
  };
  await repeat(round, WARM_UP_MS);
  const use = () => ({
    client: process.cpuUsage(),
    broker: processUse(brokerPid)?.cpuSeconds ?? 0,
  });
  const before = use();
  const rounds = await repeat(round, MEASURE_MS);
  const after = use();
  await reader?.close();
  await writer.close();
  const micros = ({ user, system }: NodeJS.CpuUsage) => user + system;
  return {
    rounds,
    clientSeconds: (micros(after.client) - micros(before.client)) / 1e6,
    brokerSeconds: after.broker - before.broker,
  };
}

async function repeat(round: () => Promise<void>, durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  let rounds = 0;
  while (performance.now() < untilMs) {
    await round();
    rounds++;
  }
  return rounds;
}

/** A group's member as the stages have one, that tells when so many records have come. */
class Reader {
  private wanted = 0;
  private arrived: (() => void) | undefined;

  private constructor(private readonly consumer: ReturnType<Client["consumer"]>) {}

  static async open(kafka: Client, partitions: number): Promise<Reader> {
    const groupId = `${TOPIC}.${partitions}.${Date.now()}`;
    const consumer = kafka.consumer(consumerConfig(groupId, SESSION_TIMEOUT_MS, () => true));
    const reader = new Reader(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: false });
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve());
    });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: async ({ batch }) => reader.take(batch.messages.length),
    });
    await joined;
    await reader.warm(kafka, partitions);
    return reader;
  }

  /** Until something comes of every partition: where a member begins is settled then. */
  private async warm(kafka: Client, partitions: number): Promise<void> {
    const writer = new PlainWriter(kafka);
    const value = Buffer.alloc(RECORD_BYTES);
    const messages = Array.from({ length: partitions }, (_, partition) => ({
      topic: TOPIC,
      partition,
      key: null,
      value,
    }));
    for (let isSettled = false; !isSettled; ) {
      const read = this.next(messages.length).then(() => true);
      await writer.write(messages);
      isSettled = await Promise.race([
        read,
        new Promise<false>((resolve) => setTimeout(resolve, 1_000, false)),
      ]);
    }
    await writer.close();
  }

  /** Resolves when so many more records have come. */
  next(count: number): Promise<void> {
    this.wanted = count;
    return new Promise((resolve) => {
      this.arrived = resolve;
    });
  }

  private take(count: number): void {
    this.wanted -= count;
    if (this.wanted <= 0) this.arrived?.();
  }

  close(): Promise<void> {
    return this.consumer.disconnect();
  }
}
