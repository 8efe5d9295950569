import type { PartitionMetadata } from "kafkajs";
import { Partitioners } from "./kafkajs.js";

/** Chooses partitions as any Kafka producer does: murmur2 of the key; without a key, in turn. */
export function partitionByKey(topic: string, partitions: number): (key: Buffer | null) => number {
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
  })) as PartitionMetadata[];
  return (key) => partitioner({ topic, partitionMetadata, message: { key, value: null } });
}
