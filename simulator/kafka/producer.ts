import type { ProducerConfig, RecordMetadata, TopicMessages } from "kafkajs";
import type { RecordProducer, RecordTransaction } from "../../runtime/kafka/ports.js";
import type { ProduceBatch } from "./broker.js";
import { type Connection, NO_PATIENCE, type Patience } from "./connection.js";
import { type Answer, ClientRefusal, KafkaError } from "./errors.js";
import type { NewRecord, Partition } from "./partition.js";
import type { ProducerIdentity } from "./transactions.js";

/** Plain producers give up after so long: client.ts asks for 12 retries. In milliseconds. */
const PLAIN_PATIENCE: Patience = { untilMs: 2_000, pauseMs: 20 };
/** Transactional ones are given more: transactional-writer.ts asks for 200 retries of up to 30 ms. In milliseconds. */
const TRANSACTIONAL_PATIENCE: Patience = { untilMs: 5_000, pauseMs: 10 };

type TransactionOffsets = Parameters<RecordTransaction["sendOffsets"]>[0];

/** What may hit an end of transaction on its way. */
export interface EndHazard {
  /** undefined: nothing; otherwise a copy of the request arrives again after so long, in milliseconds. */
  repeatAfterMs(): number | undefined;
}

/** A producer id as kafkajs keeps it: one for plain sends, another one for transactions. */
class ProducerSession {
  identity: ProducerIdentity | undefined;
  readonly sequences = new Map<Partition, number>();
  private sending: Promise<unknown> = Promise.resolve();

  /** One request at a time, as maxInFlightRequests 1 has it. */
  inOrder<T>(send: () => Promise<T>): Promise<T> {
    const sent = this.sending.then(send, send);
    this.sending = sent.catch(() => undefined);
    return sent;
  }
}

/** kafkajs' producer as the stages use it. */
export class SimulatedProducer implements RecordProducer {
  private readonly plain = new ProducerSession();
  private readonly transactional = new ProducerSession();
  private readonly added = new Set<Partition>();
  private hasOffsets = false;
  /** kafkajs never leaves "ending" where an end failed: the producer is of no more use. */
  private state: "ready" | "open" | "ending" = "ready";

  constructor(
    private readonly connection: Connection,
    private readonly config: ProducerConfig,
    private readonly hazard: EndHazard,
  ) {}

  private get patience(): Patience {
    return this.config.transactionalId === undefined ? PLAIN_PATIENCE : TRANSACTIONAL_PATIENCE;
  }

  /** For plain sends; kafkajs asks for a transactional id only when a transaction begins. */
  async connect(): Promise<void> {
    const { transactions } = this.connection.broker;
    await this.initialise(this.plain, () => ({ ok: true, value: transactions.newIdempotentProducer() }));
  }

  private async initialise(session: ProducerSession, ask: () => Answer<ProducerIdentity>): Promise<void> {
    session.identity = await this.connection.request<ProducerIdentity>(
      "init producer",
      (reply) => reply(ask()),
      this.patience,
    );
    session.sequences.clear();
  }

  async disconnect(): Promise<void> {}

  sendBatch({ topicMessages = [] }: { topicMessages?: TopicMessages[] }): Promise<RecordMetadata[]> {
    return this.plain.inOrder(() => this.send(topicMessages, undefined));
  }

  private async send(
    topicMessages: TopicMessages[],
    transactionalId: string | undefined,
  ): Promise<RecordMetadata[]> {
    const byPartition = this.group(topicMessages);
    if (byPartition.size === 0) return [];
    const session = transactionalId === undefined ? this.plain : this.transactional;
    const who = session.identity!;
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
      sequence: session.sequences.get(partition) ?? 0,
    }));
    const offsets = await this.connection.request<number[]>(
      "produce",
      (reply) => reply(broker.produce(batches, who, transactionalId)),
      this.patience,
    );
    return batches.map(({ partition, records, sequence }, index) => {
      session.sequences.set(partition, sequence + records.length);
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
      if (partitions.length === 0) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
      for (const { key, value, partition } of messages) {
        const record = { key: (key as Buffer | null) ?? null, value: value as Buffer | null };
        const target = partitions[partition ?? broker.partitionOf(topic, record.key)];
        // kafkajs says nothing of what it has no leader for: there is no reply for such a partition.
        if (!target) continue;
        const list = grouped.get(target);
        if (list) list.push(record);
        else grouped.set(target, [record]);
      }
    }
    return grouped;
  }

  async transaction(): Promise<RecordTransaction> {
    const { transactionalId: id, transactionTimeout } = this.config;
    if (id === undefined) throw new ClientRefusal("the producer has no transactional id");
    if (this.state === "open") throw new ClientRefusal("the producer has an open transaction");
    if (!this.transactional.identity) {
      const { transactions } = this.connection.broker;
      await this.initialise(this.transactional, () =>
        transactions.initialise(id, transactionTimeout ?? 60_000),
      );
    }
    if (this.state !== "ready") throw new ClientRefusal("an end of transaction failed");
    this.state = "open";
    this.added.clear();
    this.hasOffsets = false;
    let hasEnded = false;
    const during = async <T>(act: () => Promise<T>): Promise<T> => {
      if (hasEnded || this.state !== "open") throw new ClientRefusal("the transaction has ended");
      return act();
    };
    const end = async (isCommit: boolean) => {
      this.state = "ending";
      if (this.hasOffsets || this.added.size > 0) await this.end(id, isCommit);
      this.state = "ready";
      hasEnded = true;
    };
    return {
      sendBatch: ({ topicMessages = [] }) =>
        during(() => this.transactional.inOrder(() => this.send(topicMessages, id))),
      sendOffsets: (offsets) => during(() => this.sendOffsets(id, offsets)),
      commit: () => during(() => end(true)),
      abort: () => during(() => end(false)),
    };
  }

  private async sendOffsets(id: string, { consumerGroupId, topics }: TransactionOffsets): Promise<void> {
    const offsets = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
    );
    const { transactions } = this.connection.broker;
    await this.connection.request<void>(
      "transaction offsets",
      (reply) => reply(transactions.addOffsets(id, this.transactional.identity!, consumerGroupId, offsets)),
      this.patience,
    );
    this.hasOffsets = true;
  }

  private async end(id: string, isCommit: boolean): Promise<void> {
    const who = this.transactional.identity!;
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
