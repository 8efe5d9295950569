import { PartitionReader } from "../../../runtime/kafka/partition-reader.js";
import { type PeerStatus, readPeerStatus } from "./status.js";
import { peerTopics } from "./topics.js";
import type { VariantRun } from "./variant.js";

/** A status and when the broker got it, which is before its Kafka transaction was committed. */
export interface TimedStatus extends PeerStatus {
  readonly appendedMs: number;
}

/** Reads a run's statuses, committed ones only. */
export class StatusReader {
  private readonly reader: PartitionReader;
  private readonly next: number[];
  private readonly topic: string;

  constructor({ kafka, network, ground }: Pick<VariantRun, "kafka" | "network" | "ground">) {
    this.reader = new PartitionReader(kafka);
    this.next = new Array<number>(ground.partitions).fill(0);
    this.topic = peerTopics(network).statuses;
  }

  /** What has come since the last call. Throws when one is a refusal: the loads have none. */
  async read(): Promise<TimedStatus[]> {
    const statuses: TimedStatus[] = [];
    for (const [partition, offset] of this.next.entries()) {
      // The reader wants a name of our own catalogue, which it hands back unread.
      const fetched = await this.reader.fetch("transactions", this.topic, partition, offset);
      this.next[partition] = fetched.next;
      for (const { value, timeMs } of fetched.records) {
        const status = readPeerStatus(value!);
        if (status.kind === "REFUSED") throw new Error(`the peer refused a good transfer: ${status.code}`);
        statuses.push({ ...status, appendedMs: timeMs });
      }
    }
    return statuses;
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
