import type { Kafka } from "kafkajs";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { partitionByKey } from "../kafka/partition-by-key.js";
import { PlainWriter } from "../kafka/plain-writer.js";

/** Transactions that come within this time go to the broker together, in milliseconds; Kafka's own producer waits 5. */
const LINGER_MS = 10;

/** Where the broker put a published record. */
export interface Submission {
  readonly partition: number;
  readonly offset: number;
}

/** Publishes to the topic transactions, as any Kafka producer would: partition by key, acknowledged by all replicas. */
export class Publisher {
  private readonly writer: PlainWriter;
  private readonly topic: string;
  private readonly partitionOf: (key: Buffer | null) => number;

  constructor(
    kafka: Kafka,
    network: string,
    private readonly schemaId: number,
    partitions: number,
  ) {
    this.writer = new PlainWriter(kafka, LINGER_MS);
    this.topic = topicOnCluster(network, "transactions");
    this.partitionOf = partitionByKey(this.topic, partitions);
  }

  /** Publishes a transaction; resolves when the topic has it. */
  publish(key: Buffer | null, transaction: SignedTransaction): Promise<Submission> {
    return this.publishBytes(key, toWire(this.schemaId, codec("SignedTransaction").encode(transaction)));
  }

  /** Publishes any bytes, or a tombstone. */
  async publishBytes(key: Buffer | null, value: Buffer | null): Promise<Submission> {
    const partition = this.partitionOf(key);
    const [offset] = await this.writer.write([{ topic: this.topic, partition, key, value }]);
    return { partition, offset: offset! };
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}
