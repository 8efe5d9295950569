import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { follow } from "../../runtime/session/follow.js";
import type { Notification } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { LoadGenerator, type LoadOptions } from "../load/load.js";
import type { Submissions } from "./submissions.js";

/** Pace of following what became of transactions, in milliseconds: what a latency is measured too long by, at most. */
export const FOLLOWING_PACE_MS = 20;

/** Where a load is published, and how its end is seen. */
export interface LoadTarget {
  readonly kafka: OpenEnvironment["kafka"];
  /** The topic of transactions on the cluster: new, and nobody else's. */
  readonly topic: string;
  readonly partitions: number;
  /** Tells the submissions what becomes of them, from now on until it is stopped. */
  follow(submissions: Submissions): Promise<{ stop(): Promise<void> }>;
}

/** Makes transfers for our own network. */
export function ledgerLoad(
  { network, schemaIds }: OpenEnvironment,
  load: Omit<LoadOptions, "chainId">,
): LoadGenerator {
  const { chainId } = network.genesis;
  return new LoadGenerator({ ...load, chainId }, network.topology, schemaIds.get("transactions")!);
}

/**
 * Our own network: its ends are in the notifications.
 * @param seen is told each notification too, with the time in milliseconds since 1970
 */
export function ledgerTarget(
  { kafka, admin, network }: OpenEnvironment,
  seen?: (notification: Notification, nowMs: number) => void,
): LoadTarget {
  const { network: name, sourcePartitions } = network.genesis;
  return {
    kafka,
    topic: topicOnCluster(name, "transactions"),
    partitions: sourcePartitions,
    async follow(submissions) {
      const offsets = await admin.fetchTopicOffsets(topicOnCluster(name, "notifications"));
      const from = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
      const take = (records: InputRecord[]) => {
        const nowMs = Date.now();
        for (const record of records) {
          const notification = read("Notification", record);
          if (!notification) continue;
          submissions.take(notification, nowMs);
          seen?.(notification, nowMs);
        }
      };
      return follow(kafka, name, "notifications", from, take, FOLLOWING_PACE_MS);
    },
  };
}
