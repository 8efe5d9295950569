import { digestOf } from "../../ledger/block/header.js";
import { leafHash, merkleRootOf } from "../../ledger/merkle.js";
import { codec } from "../../schemas/codec.js";
import type { BlockHeader, CertifiedHeader } from "../../schemas/generated.js";
import { type NoProof, noProof, type ProofFault, type ProofOutcome } from "./outcome.js";

/** Topics whose records are leaves of a header's roots, or carry one. */
export const PROVABLE_TOPICS = ["shard.log", "shard.receipts", "shard.state"] as const;
export type ProvableTopic = (typeof PROVABLE_TOPICS)[number];

/** A record as the topic has it. */
export interface ProvableRecord {
  readonly topic: ProvableTopic;
  /** Empty for none. */
  readonly key: Buffer;
  /** Avro bytes, without the schema id; null: a removal. */
  readonly value: Buffer | null;
}

const ROOTS: Readonly<
  Record<ProvableTopic, { root: keyof BlockHeader & `${string}Root`; fault: ProofFault }>
> = {
  "shard.log": { root: "entriesRoot", fault: "ENTRIES_NOT_FOUND" },
  "shard.receipts": { root: "receiptsRoot", fault: "RECEIPTS_NOT_FOUND" },
  "shard.state": { root: "changesRoot", fault: "CHANGES_NOT_FOUND" },
};

/**
 * Proves that a record says what validators certified.
 *
 * @param leaves Avro bytes of all leaves of the tree that the record's leaf is in, in order: of shard.log the entries that
 *   count, of shard.receipts the receipt results, of shard.state the state changes
 */
export function proveRecord(
  record: ProvableRecord,
  block: CertifiedHeader,
  leaves: readonly Buffer[],
): ProofOutcome {
  const { header } = block;
  const { shard, height } = header;
  const { root, fault } = ROOTS[record.topic];
  if (!merkleRootOf(leaves).equals(header[root]))
    return noProof(fault, `shard ${shard}, height ${height}: these leaves don't hash to the certified root`);
  const leaf = leafOf(record, header, leaves.length);
  if (!("bytes" in leaf)) return leaf;
  const index = leaves.findIndex((candidate) => candidate.equals(leaf.bytes));
  if (index < 0 || (leaf.index !== undefined && leaf.index !== index))
    return noProof("NOT_PROVABLE", `the record is not among what shard ${shard}, height ${height} certifies`);
  const bytes = codec("ProofFile").encode({
    version: 1,
    proof: { "rustorium.RecordProof": { ...record, block, index, leaves: leaves.map(leafHash) } },
  });
  return { ok: true, kind: "record", bytes, shard, height };
}

/** The leaf that a record carries, and its place where the record says one. */
function leafOf(
  { topic, key, value }: ProvableRecord,
  header: BlockHeader,
  count: number,
): { bytes: Buffer; index?: number } | NoProof {
  const other = noProof(
    "NOT_PROVABLE",
    `the record is not of shard ${header.shard}, height ${header.height}`,
  );
  switch (topic) {
    case "shard.log":
      return value ? { bytes: value } : other;
    case "shard.receipts": {
      const receipt = value && codec("Receipt").decode(value);
      if (!receipt || receipt.shard !== header.shard || !isOfBlock(receipt, header)) return other;
      if (receipt.count !== count || !key.equals(receipt.result.transactionId)) return other;
      return { bytes: codec("ReceiptResult").encode(receipt.result), index: receipt.index };
    }
    case "shard.state": {
      if (value === null) return { bytes: codec("StateChange").encode({ key, value: null }) };
      const state = codec("StateRecord").decode(value);
      if (!state?.value || !isOfBlock(state, header)) return other;
      return { bytes: codec("StateChange").encode({ key, value: state.value }) };
    }
  }
}

function isOfBlock({ height, digest }: { height: number; digest: Buffer }, header: BlockHeader): boolean {
  return height === header.height && digest.equals(digestOf(header));
}
