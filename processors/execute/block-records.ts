import type { ExecutedBlock } from "../../ledger/block/shard-chain.js";
import { keyBytes } from "../../ledger/state/key.js";
import { codec } from "../../schemas/codec.js";
import { heightRecordKey } from "../keys.js";
import type { OutputRecord } from "../stage.js";

/** All records of a block: header, receipts, changes, messages. They count only under a certificate for its digest. */
export function recordsOf(block: ExecutedBlock, partition: number): OutputRecord[] {
  const { header, digest, receipts, changes, bundles } = block;
  const { shard, height } = header;
  const key = heightRecordKey(height);
  const records: OutputRecord[] = [
    { topic: "shard.blocks", partition, key, value: codec("BlockHeader").encode(header) },
  ];
  const count = receipts.length;
  receipts.forEach((result, index) => {
    const value = codec("Receipt").encode({ shard, height, digest, index, count, result });
    records.push({ topic: "shard.receipts", partition, key: result.transactionId, value });
  });
  records.push({
    topic: "shard.changes",
    partition,
    key,
    value: codec("BlockChanges").encode({
      shard,
      height,
      digest,
      changes: Array.from(changes, ([stateKey, value]) => ({ key: keyBytes(stateKey), value })),
    }),
  });
  for (const bundle of bundles) {
    const value = codec("OutgoingBundle").encode({ shard, height, digest, ...bundle });
    records.push({ topic: "shard.messages", partition, key, value });
  }
  return records;
}
