import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { Environment } from "../driver/environment.js";
import { isCertified } from "../proofs/checkpoints.js";
import { shardOfPartition } from "./chain-store.js";
import { tail } from "./tail.js";

/** Height of the last certified checkpoint of a partition's shard; 0 before the first. */
export async function lastCheckpoint(environment: Environment, partition: number): Promise<number> {
  const shard = shardOfPartition(environment, partition);
  const heightOf = (record: InputRecord) => {
    const certificate = read("CheckpointCertificate", record);
    const isOne = certificate !== undefined && isCertified(environment.network, shard, certificate);
    return isOne ? certificate.checkpoint.height : 0;
  };
  const records = await tail(environment, "shard.checkpoints", partition, (record) => heightOf(record) > 0);
  return records.reduce((highest, record) => Math.max(highest, heightOf(record)), 0);
}
