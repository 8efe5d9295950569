import { verifyCheckpoint } from "../../ledger/checkpoint/checkpoint.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { read } from "../../processors/read.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { searchBack, type TopicSource } from "./topic-source.js";

/** Where certificates of checkpoints come from; undefined: a shard has none. */
export type NewestCheckpoint = (shard: number) => Promise<CheckpointCertificate | undefined>;

/** The newest certificate of a checkpoint in shard.checkpoints, verified. */
export function newestCheckpoint(network: Network, source: TopicSource): NewestCheckpoint {
  return async (shard) => {
    const { partition } = network.topology.shard(shard);
    let newest: CheckpointCertificate | undefined;
    await searchBack(source, "shard.checkpoints", partition, (record) => {
      const certificate = read("CheckpointCertificate", record);
      if (!certificate || !isCertified(network, shard, certificate)) return false;
      newest = certificate;
      return true;
    });
    return newest;
  };
}

/** Whether validators of the network certified it, of this shard. Others can write to the topic too. */
export function isCertified(network: Network, shard: number, certificate: CheckpointCertificate): boolean {
  const { checkpoint } = certificate;
  return (
    checkpoint.shard === shard &&
    checkpoint.genesis.equals(network.hash) &&
    checkpoint.prefix === network.topology.shard(shard).prefix &&
    verifyCheckpoint(certificate, network.consensus).ok
  );
}
