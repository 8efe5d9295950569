import { read } from "./read.js";
import type { InputRecord } from "./stage.js";

/** Height of the block that a record of a topic by height is about; undefined where it can't be read. */
export function recordHeight(record: InputRecord): number | undefined {
  switch (record.topic) {
    case "shard.finalized":
      return read("FinalityCertificate", record)?.header.height;
    case "shard.checkpoints":
      return read("CheckpointCertificate", record)?.checkpoint.height;
    case "shard.blocks":
      return read("BlockHeader", record)?.height;
    case "shard.receipts":
      return read("Receipt", record)?.height;
    case "shard.changes":
      return read("BlockChanges", record)?.height;
    case "shard.votes":
      return read("Vote", record)?.header.height;
    default:
      return undefined;
  }
}
