import { verifyCheckpoint } from "../../ledger/checkpoint/checkpoint.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { read } from "../../processors/read.js";
import { recordHeight } from "../../processors/record-height.js";
import type { InputRecord } from "../../processors/stage.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { firstAtLeast, recordsFrom, searchBack, type TopicSource } from "./topic-source.js";

const TOPIC = "shard.checkpoints";

/** Where verified certificates of checkpoints come from; undefined: there is none. */
export interface CheckpointSource {
  newest(shard: number): Promise<CheckpointCertificate | undefined>;
  at(shard: number, height: number): Promise<CheckpointCertificate | undefined>;
}

/** The certificates in shard.checkpoints. */
export function checkpointsOf(network: Network, source: TopicSource): CheckpointSource {
  const verified = (shard: number, record: InputRecord) => {
    const certificate = read("CheckpointCertificate", record);
    return certificate && isCertified(network, shard, certificate) ? certificate : undefined;
  };
  return {
    async newest(shard) {
      const { partition } = network.topology.shard(shard);
      let newest: CheckpointCertificate | undefined;
      await searchBack(source, TOPIC, partition, (record) => {
        newest = verified(shard, record);
        return newest !== undefined;
      });
      return newest;
    },
    async at(shard, height) {
      const { partition } = network.topology.shard(shard);
      const first = await firstAtLeast(source, TOPIC, partition, height, recordHeight);
      if (!first) return undefined;
      for await (const records of recordsFrom(source, TOPIC, partition, first.offset))
        for (const record of records) {
          const certificate = recordHeight(record) === height ? verified(shard, record) : undefined;
          if (certificate) return certificate;
        }
      return undefined;
    },
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
