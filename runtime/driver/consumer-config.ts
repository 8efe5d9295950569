import type { ConsumerConfig, PartitionAssigner } from "kafkajs";
import { copartitionAssigner } from "../kafka/assigner.js";
import { METADATA_AGE_MS_MAX } from "../kafka/client.js";

/** Heartbeats in a session time-out: the loss of some of them must not cost the partitions. */
const HEARTBEATS_PER_SESSION = 4;
const REBALANCE_TIMEOUT_MS = 15_000;
/** Longest wait of a fetch without records; also how soon a resumed partition is fetched again, in milliseconds. */
const FETCH_WAIT_MS_MAX = 250;
const FETCH_BYTES_PER_PARTITION_MAX = 256 * 1024;

/** How often a member is heard of, in milliseconds. */
export function heartbeatIntervalMs(sessionTimeoutMs: number): number {
  return Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION);
}

/**
 * Settings of a stage's group member.
 * @param sessionTimeoutMs a member that isn't heard of for this long loses its partitions
 */
export function consumerConfig(
  groupId: string,
  sessionTimeoutMs: number,
  restarts: () => boolean,
  assigner: PartitionAssigner = copartitionAssigner,
): ConsumerConfig {
  return {
    groupId,
    partitionAssigners: [assigner],
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs(sessionTimeoutMs),
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS_MAX,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION_MAX,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_AGE_MS_MAX,
    retry: {
      initialRetryTime: 50,
      maxRetryTime: 2_000,
      retries: 20,
      restartOnFailure: async () => restarts(),
    },
  };
}

/**
 * Pauses, resumes or seeks, which kafkajs refuses while it has no group, as after a crash until it begins again. Nothing is
 * lost then: it is all done again when the group is joined.
 */
export function whileJoined(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!String(error).includes("Consumer group was not initialized")) throw error;
  }
}
