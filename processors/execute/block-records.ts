import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { arrayBytes, codec, encoderWithLast } from "../../schemas/codec.js";
import { heightRecordKey } from "../keys.js";
import type { OutputRecord } from "../stage.js";

// The parts that were hashed into the header are published as those bytes, not encoded again.
const receiptRecord = encoderWithLast("Receipt");
const changesRecord = encoderWithLast("BlockChanges");

/** All records of a block: header, receipts, changes, messages. They count only under a certificate for its digest. */
export function recordsOf(block: ExecutedBlock, partition: number): OutputRecord[] {
  const { header, digest, receipts, receiptBytes, encodedChanges, bundles } = block;
  const { shard, height } = header;
  const key = heightRecordKey(height);
  const records: OutputRecord[] = [
    { topic: "shard.blocks", partition, key, value: codec("BlockHeader").encode(header) },
  ];
  const count = receipts.length;
  receipts.forEach((result, index) => {
    const value = receiptRecord({ shard, height, digest, index, count }, receiptBytes[index]!);
    records.push({ topic: "shard.receipts", partition, key: result.transactionId, value });
  });
  records.push({
    topic: "shard.changes",
    partition,
    key,
    value: changesRecord({ shard, height, digest }, arrayBytes(encodedChanges.map(({ bytes }) => bytes))),
  });
  for (const bundle of bundles) {
    const value = codec("OutgoingBundle").encode({ shard, height, digest, ...bundle });
    records.push({ topic: "shard.messages", partition, key, value });
  }
  return records;
}
