import type { Message } from "kafkajs";
import { METADATA_AGE_MS_MAX } from "./client.js";
import { inBatches } from "./in-batches.js";
import { CompressionTypes } from "./kafkajs.js";
import type { KafkaClient, RecordProducer } from "./ports.js";

/** A message for one topic on the cluster. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Offset of each message in the order given; -1 where the message didn't name its partition. */
export type Acknowledged = readonly number[];

interface Waiting {
  readonly messages: readonly OutgoingMessage[];
  resolve(offsets: Acknowledged): void;
  reject(error: unknown): void;
}

/** Largest number of messages in one send; more wait for the next. */
const MESSAGES_PER_SEND_MAX = 5_000;
/** Most key and value bytes in one send: a batch of a partition must stay below the topic's max.message.bytes. */
export const BYTES_PER_SEND_MAX = 4 * 1024 * 1024;

/**
 * Idempotent writer, not transactional. One send is in flight at a time, so records of one caller keep their order on
 * each partition even when a send is retried; what arrives meanwhile goes into the next send. After a failed send the
 * producer is thrown away and every waiting caller is told: it has to start again from its committed offset.
 */
export class PlainWriter {
  private producer: RecordProducer | undefined;
  private queue: Waiting[] = [];
  private sending = false;
  private closed = false;

  /** @param lingerMs waits this long before each send for more to go with it, in milliseconds */
  constructor(
    private readonly kafka: Pick<KafkaClient, "producer">,
    private readonly lingerMs = 0,
  ) {}

  /** Resolves when the broker has all messages. */
  write(messages: readonly OutgoingMessage[]): Promise<Acknowledged> {
    if (messages.length === 0) return Promise.resolve([]);
    if (this.closed) return Promise.reject(new Error("the writer is closed"));
    return new Promise((resolve, reject) => {
      this.queue.push({ messages, resolve, reject });
      if (!this.sending) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.sending = true;
    while (this.queue.length > 0) {
      if (this.lingerMs > 0) await new Promise((resolve) => setTimeout(resolve, this.lingerMs));
      const taken = this.takeNext();
      try {
        const offsets: number[] = [];
        for (const batch of inBatches(
          taken.flatMap(({ messages }) => messages),
          BYTES_PER_SEND_MAX,
        )) {
          for (const offset of await this.send(batch)) offsets.push(offset);
        }
        let start = 0;
        for (const { messages, resolve } of taken) {
          resolve(offsets.slice(start, start + messages.length));
          start += messages.length;
        }
      } catch (error) {
        await this.discardProducer();
        const failed = [...taken, ...this.queue];
        this.queue = [];
        for (const { reject } of failed) reject(error);
      }
    }
    this.sending = false;
  }

  private takeNext(): Waiting[] {
    let count = 0;
    let index = 0;
    while (
      index < this.queue.length &&
      (index === 0 || count + this.queue[index]!.messages.length <= MESSAGES_PER_SEND_MAX)
    ) {
      count += this.queue[index]!.messages.length;
      index++;
    }
    return this.queue.splice(0, index);
  }

  private async send(messages: readonly OutgoingMessage[]): Promise<Acknowledged> {
    if (!this.producer) {
      const producer = this.kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        metadataMaxAge: METADATA_AGE_MS_MAX,
      });
      await producer.connect();
      this.producer = producer;
    }
    const topicMessages = groupByTopic(messages);
    const replies = await this.producer.sendBatch({
      topicMessages,
      acks: -1,
      compression: CompressionTypes.None,
    });
    const base = new Map<string, number>();
    for (const { topicName, partition, baseOffset, errorCode } of replies) {
      if (errorCode !== 0)
        throw new Error(`write to ${topicName}[${partition}] failed with Kafka error ${errorCode}`);
      base.set(`${topicName}[${partition}]`, Number(baseOffset));
    }
    return messages.map(({ topic, partition }) => {
      if (partition === undefined) return -1;
      const name = `${topic}[${partition}]`;
      const next = base.get(name);
      // kafkajs may leave a partition out of a reply after a change of leader; silence is no acknowledgement.
      if (next === undefined) throw new Error(`write to ${name} was not acknowledged`);
      base.set(name, next + 1);
      return next;
    });
  }

  private async discardProducer(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.discardProducer();
  }
}

/** Messages by topic, each topic's in the order given. */
export function groupByTopic(messages: readonly OutgoingMessage[]): { topic: string; messages: Message[] }[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, partition, key, value } of messages) {
    const message: Message = { key, value, ...(partition !== undefined && { partition }) };
    const list = byTopic.get(topic);
    if (list) list.push(message);
    else byTopic.set(topic, [message]);
  }
  return Array.from(byTopic, ([topic, list]) => ({ topic, messages: list }));
}
