import type { Admin, Consumer, ConsumerConfig, Producer, ProducerConfig, Transaction } from "kafkajs";

// What the stages use of kafkajs, and nothing else: the simulator implements the same.

export type GroupConsumer = Pick<
  Consumer,
  | "connect"
  | "subscribe"
  | "run"
  | "on"
  | "events"
  | "pause"
  | "resume"
  | "seek"
  | "commitOffsets"
  | "disconnect"
>;

export type RecordTransaction = Pick<Transaction, "sendBatch" | "sendOffsets" | "commit" | "abort">;

export interface RecordProducer extends Pick<Producer, "connect" | "disconnect" | "sendBatch"> {
  transaction(): Promise<RecordTransaction>;
}

export interface KafkaClient {
  consumer(config: ConsumerConfig): GroupConsumer;
  producer(config: ProducerConfig): RecordProducer;
}

/** Where partitions begin and end, and what groups have committed. */
export type OffsetsAdmin = Pick<Admin, "fetchOffsets" | "fetchTopicOffsets">;
