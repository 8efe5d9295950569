import { heightKey, keyBytes } from "../../ledger/state/key.js";
import { FinalizeTask } from "../../processors/finalize/finalize.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import type { Environment, StageDefinition } from "../driver/environment.js";
import { TransactionalWriter } from "../kafka/transactional-writer.js";
import { verifiedCertificate } from "../proofs/certificates.js";
import { lastCheckpoint } from "./last-checkpoint.js";
import { shardOfPartition } from "./store-name.js";
import { tail } from "./tail.js";

export const finalizeStage: StageDefinition = {
  name: "finalize",
  group: "finalize",
  inputs: ["shard.votes", "shard.changes", "shard.checkpoint.votes"],
  isByShard: true,
  async open(partition, environment) {
    const { network, kafka } = environment;
    const transactional = await TransactionalWriter.open(
      kafka,
      `${network.genesis.network}.finalize.${partition}`,
    );
    try {
      const shard = shardOfPartition(environment, partition);
      const stateHeight = await heightOfState(environment, shard, partition);
      const certificates = await certificatesAbove(environment, shard, partition, stateHeight);
      const certifiedHeight = certificates.at(-1)?.header.height ?? stateHeight;
      const checkpointHeight = await lastCheckpoint(environment, partition);
      const task = new FinalizeTask({
        network,
        shard,
        certifiedHeight,
        stateHeight,
        certificates,
        checkpointHeight,
      });
      return { task, transactional };
    } catch (error) {
      await transactional.close();
      throw error;
    }
  },
};

/** Height that shard.state is complete up to. */
async function heightOfState(environment: Environment, shard: number, partition: number): Promise<number> {
  const key = keyBytes(heightKey(environment.network.topology.shard(shard).prefix));
  const isHeight = (record: { key: Buffer | null }) => record.key?.equals(key) === true;
  const records = await tail(environment, "shard.state", partition, isHeight);
  const last = records.filter(isHeight).at(-1);
  return (last && read("StateRecord", last)?.height) ?? 0;
}

/** Certificates above a height, by ascending height. Others can write to the topic too: those don't count. */
async function certificatesAbove(
  environment: Environment,
  shard: number,
  partition: number,
  height: number,
): Promise<FinalityCertificate[]> {
  /** Signatures are looked at last: they take the time. */
  const certificateWhere = (isWanted: (height: number) => boolean, record: InputRecord) => {
    const found = read("FinalityCertificate", record)?.header.height;
    const isLookedAt = found !== undefined && isWanted(found);
    return isLookedAt ? verifiedCertificate(environment.network, shard, record) : undefined;
  };
  const records = await tail(
    environment,
    "shard.finalized",
    partition,
    (record) => certificateWhere((found) => found <= height, record) !== undefined,
  );
  const above = new Map<number, FinalityCertificate>();
  for (const record of records) {
    const certificate = certificateWhere((found) => found > height, record);
    if (certificate) above.set(certificate.header.height, certificate);
  }
  return [...above.values()].sort((a, b) => a.header.height - b.header.height);
}
