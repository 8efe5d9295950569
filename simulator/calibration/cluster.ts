import type { Clock } from "../../runtime/clock.js";
import type { PartitionReader } from "../../runtime/kafka/partition-reader.js";
import type { KafkaClient, OffsetsAdmin } from "../../runtime/kafka/ports.js";

/** A Kafka to calibrate against or to be calibrated, through the same ports that the stages use. */
export interface CalibrationCluster {
  readonly kafka: KafkaClient;
  readonly admin: OffsetsAdmin;
  readonly reader: Pick<PartitionReader, "fetch">;
  readonly clock: Clock;
  /** Creates a topic with LogAppendTime. Returns its name on the cluster. */
  createTopic(name: string, partitions: number): Promise<string>;
  /** A name for a group or a transactional id, which no other script uses. */
  unique(name: string): string;
}

/** Plain data that a script saw: what it looked at, and what it found. Two clusters must give the same. */
export type Observation = readonly [what: string, seen: Seen];
export type Seen =
  | string
  | number
  | boolean
  | null
  | readonly Seen[]
  | { readonly [name: string]: Seen | undefined };

/** Does something to a cluster and says what it saw; asks neither for randomness nor for the machine's time. */
export interface CalibrationScript {
  readonly name: string;
  run(cluster: CalibrationCluster): Promise<Observation[]>;
}
