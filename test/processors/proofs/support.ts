import { createHash } from "node:crypto";
import type { ExecutedBlock } from "../../../ledger/block/executed-block.js";
import type { ProofOutcome } from "../../../processors/proofs/outcome.js";
import { codec } from "../../../schemas/codec.js";
import type { CertifiedHeader, PathStep, ProofFile } from "../../../schemas/generated.js";
import type { TestNetwork } from "../../../simulator/world/network.js";
import { certificateOf } from "../../support/shard-log.js";

const sha = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();

/** Leaf and node of RFC 9162, written again: what proves must not be checked by what it was made with. */
export const leafOf = (data: Uint8Array) => sha(Buffer.of(0), data);
export const nodeOf = (left: Uint8Array, right: Uint8Array) => sha(Buffer.of(1), left, right);

/** Where steps lead to from a leaf. */
export function walk(leaf: Buffer, steps: readonly PathStep[]): Buffer {
  let hash = leaf;
  for (const { isLeft, sibling } of steps) hash = isLeft ? nodeOf(sibling, hash) : nodeOf(hash, sibling);
  return hash;
}

/** Root of leaf hashes by the definition: split at the largest power of two below the count. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  return nodeOf(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** A block's header with the signatures of validators 1 to 3. */
export function certifiedOf(net: TestNetwork, block: ExecutedBlock): CertifiedHeader {
  const { header, signatures } = certificateOf(net, block);
  return { header, signatures };
}

/** What is in the file of a proof. Throws where there is none, or its bytes aren't canonical. */
export function fileOf(outcome: ProofOutcome): ProofFile["proof"] {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`);
  const file = codec("ProofFile").decode(outcome.bytes);
  if (file?.version !== 1) throw new Error("not a canonical ProofFile of version 1");
  return file.proof;
}

/** Throws where the proof is not of a transaction, or its ways don't lead to the header's roots. */
export function checkedTransaction(outcome: ProofOutcome) {
  const proof = fileOf(outcome);
  if (!("rustorium.TransactionProof" in proof)) throw new Error("not a proof of a transaction");
  const transaction = proof["rustorium.TransactionProof"];
  const { block, entry, entryPath, receipt, receiptPath } = transaction;
  if (!walk(leafOf(entry), entryPath).equals(block.header.entriesRoot)) throw new Error("entry's path");
  if (!walk(leafOf(receipt), receiptPath).equals(block.header.receiptsRoot))
    throw new Error("receipt's path");
  return { ...transaction, result: codec("ReceiptResult").decode(receipt)! };
}

/** Throws where the proof is not of a record, or the leaves don't hash to the root that its topic is about. */
export function checkedRecord(outcome: ProofOutcome) {
  const proof = fileOf(outcome);
  if (!("rustorium.RecordProof" in proof)) throw new Error("not a proof of a record");
  const record = proof["rustorium.RecordProof"];
  const { header } = record.block;
  const roots: Record<string, Buffer> = {
    "shard.log": header.entriesRoot,
    "shard.receipts": header.receiptsRoot,
    "shard.state": header.changesRoot,
  };
  if (!rootOf(record.leaves).equals(roots[record.topic]!)) throw new Error("the leaves' root");
  return record;
}
