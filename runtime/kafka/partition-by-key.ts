import kafkajs, { type PartitionMetadata } from "kafkajs";

/** Chooses partitions as any Kafka producer does: murmur2 of the key; without a key, in turn. */
export function partitionByKey(topic: string, partitions: number): (key: Buffer | null) => number {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
  })) as PartitionMetadata[];
  return (key) => partitioner({ topic, partitionMetadata, message: { key, value: null } });
}
