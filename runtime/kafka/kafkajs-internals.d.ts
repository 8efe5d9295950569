// The few internals of kafkajs 2.2.4 that runtime/kafka/partition-reader.ts uses; kafkajs has no public call that reads a
// partition without a consumer group. The version is pinned exactly in package.json.
declare module "kafkajs/src/consumer/batch.js" {
  import type { KafkaMessage } from "kafkajs";
  export interface FetchedPartition {
    partition: number;
    errorCode: number;
    highWatermark: string;
    lastStableOffset: string;
    abortedTransactions: unknown[];
    messages: KafkaMessage[];
  }
  export default class Batch {
    constructor(topic: string, fetchedOffset: string, partitionData: FetchedPartition);
    readonly messages: KafkaMessage[];
    readonly rawMessages: KafkaMessage[];
    lastOffset(): string;
    isEmptyDueToLogCompactedMessages(): boolean;
    isEmptyIncludingFiltered(): boolean;
  }
}
