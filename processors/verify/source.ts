import type { CheckpointCertificate } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { InputRecord } from "../stage.js";

/** Offsets of a partition: the first that is there, and the end of what is committed, exclusive. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

/** Topics as a verifier reads them: committed records only. */
export interface ChainSource {
  range(topic: TopicName, partition: number): Promise<OffsetRange>;
  /** Offset of the first record above a height, or the end; heights ascend along the topics that this is asked of. */
  offsetAbove(topic: TopicName, partition: number, height: number): Promise<number>;
  /** Records of a range, in order, in batches. */
  read(topic: TopicName, partition: number, range: OffsetRange): AsyncIterable<readonly InputRecord[]>;
  /** Certified checkpoints of a partition, in the topic's order. */
  checkpoints(partition: number): AsyncIterable<CheckpointCertificate>;
}
