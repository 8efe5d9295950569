import type { ConsumerConfig, ProducerConfig } from "kafkajs";
import type { InputRecord } from "../../processors/stage.js";
import type { Fetched, PartitionReader } from "../../runtime/kafka/partition-reader.js";
import type { GroupConsumer, KafkaClient, OffsetsAdmin } from "../../runtime/kafka/ports.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { FetchedPartition } from "./broker.js";
import type { Connection, Patience } from "./connection.js";
import { SimulatedConsumer } from "./consumer.js";
import { KafkaError } from "./errors.js";
import { type EndHazard, SimulatedProducer } from "./producer.js";

/** Reads and look-ups are repeated for so long, in milliseconds. */
const READ_PATIENCE: Patience = { untilMs: 2_000, pauseMs: 20 };

/** What planted faults change in a client. */
export interface ClientFaults {
  readonly readsUncommitted?: boolean;
  /** Another transactional id than asked for: fences nobody. */
  readonly transactionalId?: (id: string) => string;
}

/** kafkajs as the stages use it, over a simulated connection. */
export function simulatedClient(
  connection: Connection,
  hazard: EndHazard,
  faults: ClientFaults = {},
): KafkaClient {
  return {
    consumer: (config: ConsumerConfig) =>
      new SimulatedConsumer(connection, config, faults.readsUncommitted ?? false) as unknown as GroupConsumer,
    producer: (config: ProducerConfig) => {
      const { transactionalId } = config;
      const changed =
        transactionalId !== undefined && faults.transactionalId
          ? { ...config, transactionalId: faults.transactionalId(transactionalId) }
          : config;
      return new SimulatedProducer(connection, changed, hazard);
    },
  };
}

export function simulatedAdmin(connection: Connection): OffsetsAdmin {
  const { broker } = connection;
  return {
    fetchOffsets: ({ groupId, topics = [] }) =>
      connection.request(
        "admin offsets",
        (reply) => {
          const { offsets } = broker.group(groupId);
          const value = topics.map((topic) => ({
            topic,
            partitions: broker.partitions(topic).map(({ number }) => ({
              partition: number,
              offset: String(offsets.get(`${topic}[${number}]`) ?? -1),
              metadata: null,
            })),
          }));
          reply({ ok: true, value });
        },
        READ_PATIENCE,
      ),
    fetchTopicOffsets: (topic) =>
      connection.request(
        "admin ends",
        (reply) => {
          // kafkajs asks as read_committed: what it calls high is the last stable offset.
          const value = broker.partitions(topic).map(({ number, start, lastStable }) => ({
            partition: number,
            offset: String(lastStable),
            high: String(lastStable),
            low: String(start),
          }));
          reply({ ok: true, value });
        },
        READ_PATIENCE,
      ),
  };
}

/** Reads without a group, committed records only. */
export function simulatedReader(
  connection: Connection,
  isUncommitted = false,
): Pick<PartitionReader, "fetch"> {
  return {
    async fetch(
      name: TopicName,
      topic: string,
      partition: number,
      offset: number,
      maxWaitMs = 0,
    ): Promise<Fetched> {
      const source = connection.broker.partition(topic, partition);
      if (!source) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
      let end = 0;
      const [fetched] = await connection.request<FetchedPartition[]>(
        "read",
        (reply) => {
          const answered: typeof reply = (answer) => {
            end = isUncommitted ? source.end : source.lastStable;
            reply(answer);
          };
          connection.broker.fetch([{ source, offset }], maxWaitMs, answered, isUncommitted);
        },
        READ_PATIENCE,
      );
      if (!fetched) return { records: [], next: offset, end };
      if (fetched.isOutOfRange) throw new KafkaError("OFFSET_OUT_OF_RANGE");
      const records: InputRecord[] = fetched.entries.map((entry) => ({
        topic: name,
        partition,
        offset: entry.offset,
        timeMs: entry.timeMs,
        key: entry.key,
        value: entry.value,
      }));
      return { records, next: fetched.next, end: fetched.end };
    },
  };
}
