import type { Kafka } from "kafkajs";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { Notification } from "../../schemas/generated.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import { PartitionReader } from "../kafka/partition-reader.js";

/** Longest wait of one fetch, in milliseconds. */
const FETCH_WAIT_MS = 250;
/** Pause after a failed fetch, in milliseconds. */
const RETRY_MS = 500;

/** Pace of following notifications: what a latency is measured too long by, at most, in milliseconds. */
const NOTIFICATIONS_PACE_MS = 25;

/** A running tap. */
export interface Following {
  /** Offset that each partition was followed to. */
  readonly positions: ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

/**
 * Follows partitions of a topic without a consumer group, from given offsets on, until stopped. Survives the broker's
 * absence: it tries again from where it was.
 * @param paceMs least time between two fetches that gave records, in milliseconds
 */
export function follow(
  kafka: Kafka,
  network: string,
  name: TopicName,
  from: ReadonlyMap<number, number>,
  take: (records: InputRecord[]) => void,
  paceMs = 0,
): Following {
  const positions = new Map(from);
  let stopping = false;
  const loops = Array.from(from.keys(), async (partition) => {
    // One connection a partition: a long wait on one must not hold up another.
    const reader = new PartitionReader(kafka);
    while (!stopping) {
      try {
        const offset = positions.get(partition)!;
        const fetched = await reader.fetch(
          name,
          topicOnCluster(network, name),
          partition,
          offset,
          FETCH_WAIT_MS,
        );
        if (fetched.records.length > 0) take(fetched.records);
        positions.set(partition, fetched.next);
        if (fetched.records.length > 0) await new Promise((resolve) => setTimeout(resolve, paceMs));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    await reader.close().catch(() => undefined);
  });
  return {
    positions,
    async stop() {
      stopping = true;
      await Promise.all(loops);
    },
  };
}

/** Follows the notifications from now on. */
export async function followNotifications(
  kafka: Kafka,
  network: string,
  take: (notification: Notification) => void,
): Promise<Following> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topicOnCluster(network, "notifications"));
  await admin.disconnect();
  const from = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  const takeAll = (records: InputRecord[]) => {
    for (const record of records) {
      const notification = read("Notification", record);
      if (notification) take(notification);
    }
  };
  return follow(kafka, network, "notifications", from, takeAll, NOTIFICATIONS_PACE_MS);
}
