import { readWhole } from "./avro-reader.js";
import { equal, toHex } from "./bytes.js";
import { checkBlock } from "./certificate.js";
import type { ReceiptClaim, TransactionClaim } from "./claim.js";
import { type ReceiptResult, readLogEntry, readReceiptResult, type UserTransaction } from "./entries.js";
import type { BlockHeader } from "./headers.js";
import { isPathOf, leadsTo, leafHash } from "./merkle.js";
import type { TransactionProof } from "./proof-file.js";
import type { Trust } from "./trust.js";
import { type Found, type Refusal, refuse } from "./verdict.js";

/** That a transaction is in a final block, and what came of it there. */
export function checkTransaction(proof: TransactionProof, trust: Trust): Found<TransactionClaim> {
  const { header, transactionId } = proof;
  const certified = checkBlock(header, proof.signatures, trust);
  if (!certified.ok) return certified;
  if (!leadsTo(header.entriesRoot, leafHash(proof.entry), proof.entryPath))
    return refuse("WRONG_ROOT", "the entry's path doesn't lead to the certified entriesRoot");
  if (!leadsTo(header.receiptsRoot, leafHash(proof.receipt), proof.receiptPath))
    return refuse("WRONG_ROOT", "the receipt's path doesn't lead to the certified receiptsRoot");
  const entry = readWhole(proof.entry, "the entry", readLogEntry);
  if (!entry.ok) return entry;
  const receipt = readWhole(proof.receipt, "the receipt", readReceiptResult);
  if (!receipt.ok) return receipt;
  if (entry.value.kind !== "transaction") return refuse("WRONG_VALUE", "the entry is no transaction");
  if (!equal(entry.value.transactionId, transactionId))
    return refuse("WRONG_KEY", "the entry is another transaction");
  const fault = unrelated(entry.value, receipt.value, header) ?? misplaced(receipt.value, proof);
  if (fault) return fault;
  return {
    ok: true,
    value: {
      kind: "transaction",
      ...certified.value,
      transactionId: toHex(transactionId),
      receipt: receiptClaim(receipt.value),
    },
  };
}

/**
 * Whether the receipt is of another entry. The transaction's id alone doesn't tell: published twice, it is in the log twice,
 * and the second time it is refused.
 */
function unrelated(entry: UserTransaction, receipt: ReceiptResult, header: BlockHeader): Refusal | undefined {
  const isOwn =
    equal(receipt.transactionId, entry.transactionId) &&
    equal(receipt.sender, entry.sender) &&
    receipt.sourcePartition === entry.sourcePartition &&
    receipt.sourceOffset === entry.sourceOffset &&
    receipt.submittedAt === entry.submittedAt;
  if (!isOwn) return refuse("UNRELATED_RECEIPT", "the receipt is of another entry");
  const { firstSequence, lastSequence } = header;
  if (receipt.sequence >= firstSequence && receipt.sequence <= lastSequence) return undefined;
  return refuse("UNRELATED_RECEIPT", `number ${receipt.sequence} is of no entry of the block`);
}

/** The receipt says which entry it is of, and so where that is in its tree. */
function misplaced(
  { sequence }: ReceiptResult,
  { header: { firstSequence, lastSequence }, entryPath }: TransactionProof,
): Refusal | undefined {
  return isPathOf(sequence - firstSequence, lastSequence - firstSequence + 1, entryPath)
    ? undefined
    : refuse("WRONG_INDEX", `the entry is not the block's ${sequence - firstSequence + 1}th`);
}

function receiptClaim(result: ReceiptResult): ReceiptClaim {
  const { transactionId, sender, recipient } = result;
  return {
    ...result,
    transactionId: toHex(transactionId),
    sender: toHex(sender),
    recipient: toHex(recipient),
  };
}
