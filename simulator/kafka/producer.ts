import type { ProducerConfig, RecordMetadata, TopicMessages } from "kafkajs";
import type { RecordProducer, RecordTransaction } from "../../runtime/kafka/ports.js";
import type { ProduceBatch } from "./broker.js";
import { type Connection, NO_PATIENCE, type Patience } from "./connection.js";
import { KafkaError } from "./errors.js";
import type { NewRecord, Partition } from "./partition.js";
import type { ProducerIdentity } from "./transactions.js";

/** Plain producers give up after so long: client.ts asks for 12 retries. In milliseconds. */
const PLAIN_PATIENCE: Patience = { untilMs: 2_000, pauseMs: 20 };
/** Transactional ones are given more: transactional-writer.ts asks for 200 retries of up to 30 ms. In milliseconds. */
const TRANSACTIONAL_PATIENCE: Patience = { untilMs: 5_000, pauseMs: 10 };

/** What may hit an end of transaction on its way. */
export interface EndHazard {
  /** undefined: nothing; otherwise a copy of the request arrives again after so long, in milliseconds. */
  repeatAfterMs(): number | undefined;
}

/** kafkajs' producer as the stages use it. */
export class SimulatedProducer implements RecordProducer {
  private identity: ProducerIdentity | undefined;
  private readonly sequences = new Map<Partition, number>();
  private readonly added = new Set<Partition>();
  private sending: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly config: ProducerConfig,
    private readonly hazard: EndHazard,
  ) {}

  private get patience(): Patience {
    return this.config.transactionalId === undefined ? PLAIN_PATIENCE : TRANSACTIONAL_PATIENCE;
  }

  async connect(): Promise<void> {
    // kafkajs asks for a transactional id only when a transaction begins.
    if (this.config.transactionalId === undefined) await this.initialise();
  }

  private async initialise(): Promise<void> {
    const { transactionalId, transactionTimeout } = this.config;
    const { transactions } = this.connection.broker;
    this.identity = await this.connection.request<ProducerIdentity>(
      "init producer",
      (reply) =>
        reply(
          transactionalId === undefined
            ? { ok: true, value: transactions.newIdempotentProducer() }
            : transactions.initialise(transactionalId, transactionTimeout ?? 60_000),
        ),
      this.patience,
    );
    this.sequences.clear();
  }

  async disconnect(): Promise<void> {}

  /** One request at a time, as maxInFlightRequests 1 has it. */
  private inOrder<T>(send: () => Promise<T>): Promise<T> {
    const sent = this.sending.then(send, send);
    this.sending = sent.catch(() => undefined);
    return sent;
  }

  sendBatch({ topicMessages = [] }: { topicMessages?: TopicMessages[] }): Promise<RecordMetadata[]> {
    return this.inOrder(() => this.send(topicMessages, undefined));
  }

  private async send(
    topicMessages: TopicMessages[],
    transactionalId: string | undefined,
  ): Promise<RecordMetadata[]> {
    const byPartition = this.group(topicMessages);
    const who = this.identity!;
    const { broker } = this.connection;
    if (transactionalId !== undefined) {
      const fresh = [...byPartition.keys()].filter((partition) => !this.added.has(partition));
      if (fresh.length > 0) {
        await this.connection.request<void>(
          "add partitions",
          (reply) => reply(broker.transactions.addPartitions(transactionalId, who, fresh)),
          this.patience,
        );
        for (const partition of fresh) this.added.add(partition);
      }
    }
    const batches: ProduceBatch[] = Array.from(byPartition, ([partition, records]) => ({
      partition,
      records,
      sequence: this.sequences.get(partition) ?? 0,
    }));
    const offsets = await this.connection.request<number[]>(
      "produce",
      (reply) => reply(broker.produce(batches, who, transactionalId)),
      this.patience,
    );
    return batches.map(({ partition, records, sequence }, index) => {
      this.sequences.set(partition, sequence + records.length);
      return {
        topicName: partition.topic,
        partition: partition.number,
        errorCode: 0,
        baseOffset: String(offsets[index]),
      };
    });
  }

  private group(topicMessages: TopicMessages[]): Map<Partition, NewRecord[]> {
    const { broker } = this.connection;
    const grouped = new Map<Partition, NewRecord[]>();
    for (const { topic, messages } of topicMessages) {
      const partitions = broker.partitions(topic);
      for (const { key, value, partition } of messages) {
        const record = { key: (key as Buffer | null) ?? null, value: value as Buffer | null };
        const target = partitions[partition ?? broker.partitionOf(topic, record.key)];
        if (!target) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
        const list = grouped.get(target);
        if (list) list.push(record);
        else grouped.set(target, [record]);
      }
    }
    return grouped;
  }

  async transaction(): Promise<RecordTransaction> {
    const id = this.config.transactionalId;
    if (id === undefined) throw new Error("the producer has no transactional id");
    if (!this.identity) await this.initialise();
    this.added.clear();
    let isOpen = true;
    let isUsed = false;
    const end = async (isCommit: boolean) => {
      // kafkajs lets nobody end a transaction twice, not even after a failure.
      if (!isOpen) throw new Error("the transaction has ended");
      isOpen = false;
      if (isUsed || this.added.size > 0) await this.end(id, isCommit);
    };
    return {
      sendBatch: ({ topicMessages = [] }) => this.inOrder(() => this.send(topicMessages, id)),
      sendOffsets: async ({ consumerGroupId, topics }) => {
        const offsets = topics.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
        );
        const { transactions } = this.connection.broker;
        await this.connection.request<void>(
          "transaction offsets",
          (reply) => reply(transactions.addOffsets(id, this.identity!, consumerGroupId, offsets)),
          this.patience,
        );
        isUsed = true;
      },
      commit: () => end(true),
      abort: () => end(false),
    };
  }

  private async end(id: string, isCommit: boolean): Promise<void> {
    const who = this.identity!;
    const { broker, process } = this.connection;
    const repeatAfterMs = this.hazard.repeatAfterMs();
    if (repeatAfterMs !== undefined) {
      process.scheduler.after(repeatAfterMs, "repeated end", () => {
        if (!broker.isDown) broker.transactions.requestEnd(id, who, isCommit);
      });
    }
    // kafkajs doesn't try again: the caller must find out what became of it.
    await this.connection.request<void>(
      "end transaction",
      (reply) => reply(broker.transactions.requestEnd(id, who, isCommit)),
      NO_PATIENCE,
    );
  }
}
