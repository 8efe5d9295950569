import { read } from "../../processors/read.js";
import type { Environment } from "../driver/environment.js";
import { tail } from "./tail.js";

/** Height of the last certified checkpoint of a partition's shard; 0 before the first. */
export async function lastCheckpoint(environment: Environment, partition: number): Promise<number> {
  const isOne = (record: Parameters<Parameters<typeof tail>[3]>[0]) =>
    read("CheckpointCertificate", record) !== undefined;
  const record = (await tail(environment, "shard.checkpoints", partition, isOne)).find(isOne);
  return (record && read("CheckpointCertificate", record)?.checkpoint.height) ?? 0;
}
