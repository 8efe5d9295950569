import type { Kafka as KafkaClient, logCreator } from "kafkajs";
import { Kafka, logLevel } from "./kafkajs.js";

/** How soon members and writers see partitions that were added for shards to come, in milliseconds. */
export const METADATA_AGE_MS_MAX = 10_000;

/** How long a request to the broker may take, in milliseconds. */
const REQUEST_TIMEOUT_MS = 15_000;
const CONNECTION_TIMEOUT_MS = 5_000;

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Gets what kafkajs logs: it calls each retry an error, so it is only worth reading when looking for something. */
  readonly log: (message: string, details: object) => void;
}

/** A kafkajs client. Everything that imports kafkajs is in this folder. */
export function connectKafka(options: ClientOptions): KafkaClient {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = "1";
  const creator: logCreator = () => (entry) => {
    const { message, timestamp: _timestamp, logger: _logger, ...details } = entry.log;
    options.log(message, details);
  };
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    logLevel: logLevel.WARN,
    logCreator: creator,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // The default waits 300 ms and more; back-to-back Kafka transactions meet CONCURRENT_TRANSACTIONS and want to be quick.
    retry: { initialRetryTime: 5, maxRetryTime: 1_000, retries: 12, factor: 0.2, multiplier: 2 },
  });
}
