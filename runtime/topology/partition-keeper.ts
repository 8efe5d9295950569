import type { Admin } from "kafkajs";
import type { Topology } from "../../ledger/topology.js";
import { growShardTopics } from "../kafka/topics.js";
import type { LiveTopology } from "./live-topology.js";

/** Partitions of `shard.*` that a new network has beside its shards'. */
export const SPARE_PARTITIONS = 8;
/** With fewer spare ones than this there are made more: a split takes two, and members need a while to see them. */
const SPARE_PARTITIONS_MIN = 4;

/** Partitions that the shards of a tree need, and spare ones: what there is to be before the next changes. */
export function partitionsFor({ shards }: Topology): number {
  return Math.max(...shards.map(({ partition }) => partition)) + 1 + SPARE_PARTITIONS;
}

/**
 * Keeps partitions ready for shards that will begin, whenever the tree changes.
 * @param onFailure where the broker refuses; it is tried again with the next change, or at the next start
 * @returns ends it
 */
export function keepPartitions(
  admin: Pick<Admin, "fetchTopicMetadata" | "createPartitions">,
  network: string,
  topology: LiveTopology,
  onFailure: (error: unknown) => void,
): () => void {
  let made = 0;
  const keep = () => {
    const wanted = partitionsFor(topology.current);
    if (wanted - made <= SPARE_PARTITIONS - SPARE_PARTITIONS_MIN) return;
    growShardTopics(admin, network, wanted).then(() => {
      made = Math.max(made, wanted);
    }, onFailure);
  };
  keep();
  return topology.onChange(keep);
}
