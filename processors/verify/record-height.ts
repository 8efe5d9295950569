import { read } from "../read.js";
import type { InputRecord } from "../stage.js";
import type { FollowedTopic } from "./shard-verifier.js";

/** Height of the block that a record is about; undefined where it can't be read. */
export function recordHeight(record: InputRecord): number | undefined {
  const topic = record.topic as FollowedTopic;
  switch (topic) {
    case "shard.finalized":
      return read("FinalityCertificate", record)?.header.height;
    case "shard.blocks":
      return read("BlockHeader", record)?.height;
    case "shard.receipts":
      return read("Receipt", record)?.height;
    case "shard.changes":
      return read("BlockChanges", record)?.height;
    case "shard.votes":
      return read("Vote", record)?.header.height;
  }
}
