import { METADATA_AGE_MS_MAX } from "./client.js";
import { inBatches } from "./in-batches.js";
import { CompressionTypes } from "./kafkajs.js";
import { BYTES_PER_SEND_MAX, groupByTopic, type OutgoingMessage } from "./plain-writer.js";
import type { KafkaClient, RecordProducer } from "./ports.js";

/** How long the broker keeps a transaction open whose producer is gone, in milliseconds. */
const TRANSACTION_TIMEOUT_MS = 30_000;

/**
 * Writes in Kafka transactions under one transactional.id. `open` fences: whoever used the id before can't commit any
 * more. After a failed write it must be closed and opened anew.
 */
export class TransactionalWriter {
  private constructor(private readonly producer: RecordProducer) {}

  static async open(
    kafka: Pick<KafkaClient, "producer">,
    transactionalId: string,
  ): Promise<TransactionalWriter> {
    const producer = kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_AGE_MS_MAX,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      retry: { initialRetryTime: 5, maxRetryTime: 30, retries: 200 },
    });
    try {
      await producer.connect();
      // kafkajs asks for the transactional producer id, which is what fences, only when a transaction begins. Nothing is
      // sent to end this one, for nothing was written in it.
      const first = await producer.transaction();
      await first.abort();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    return new TransactionalWriter(producer);
  }

  /** Messages in one transaction: all or nothing. */
  async write(messages: readonly OutgoingMessage[]): Promise<void> {
    const transaction = await this.producer.transaction();
    try {
      for (const batch of inBatches(messages, BYTES_PER_SEND_MAX)) {
        const replies = await transaction.sendBatch({
          topicMessages: groupByTopic(batch),
          acks: -1,
          compression: CompressionTypes.None,
        });
        const answered = new Set(replies.map(({ topicName, partition }) => `${topicName}[${partition}]`));
        for (const { topic, partition } of batch) {
          if (partition !== undefined && !answered.has(`${topic}[${partition}]`)) {
            throw new Error(`write to ${topic}[${partition}] was not acknowledged`);
          }
        }
      }
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined);
  }
}
