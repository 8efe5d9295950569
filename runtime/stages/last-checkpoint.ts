import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { Environment } from "../driver/environment.js";
import { isCertified } from "../proofs/checkpoints.js";
import { shardOfPartition } from "./store-name.js";
import { tail } from "./tail.js";

/** Height of the last certified checkpoint of a partition's shard; 0 before the first. */
export async function lastCheckpoint(environment: Environment, partition: number): Promise<number> {
  const shard = shardOfPartition(environment, partition);
  /** Height of a certified checkpoint above another one; else 0. Signatures are looked at last: they take the time. */
  const heightAbove = (height: number, record: InputRecord) => {
    const certificate = read("CheckpointCertificate", record);
    if (certificate === undefined || certificate.checkpoint.height <= height) return 0;
    return isCertified(environment.network, shard, certificate) ? certificate.checkpoint.height : 0;
  };
  const records = await tail(
    environment,
    "shard.checkpoints",
    partition,
    (record) => heightAbove(0, record) > 0,
  );
  // From the end, so that most of the others are no longer above what was found.
  return records.reduceRight((highest, record) => Math.max(highest, heightAbove(highest, record)), 0);
}
