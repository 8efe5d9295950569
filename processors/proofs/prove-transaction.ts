import { leafHash, merklePath, merkleRootOf } from "../../ledger/merkle.js";
import { codec } from "../../schemas/codec.js";
import type { CertifiedHeader, ReceiptResult } from "../../schemas/generated.js";
import { noProof, type ProofOutcome } from "./outcome.js";

/**
 * Proves that a transaction is in a final block, and what came of it there.
 *
 * @param entries Avro bytes of all entries of the block that count, in order
 * @param receipts Avro bytes of all its receipt results, in order
 * @param transactionId 32 bytes; where it is there more than once, the one that took effect is proved
 */
export function proveTransaction(
  block: CertifiedHeader,
  entries: readonly Buffer[],
  receipts: readonly Buffer[],
  transactionId: Buffer,
): ProofOutcome {
  const { header } = block;
  const { shard, height } = header;
  const where = `shard ${shard}, height ${height}`;
  if (!merkleRootOf(entries).equals(header.entriesRoot))
    return noProof("ENTRIES_NOT_FOUND", `${where}: these are not the entries that were certified`);
  if (!merkleRootOf(receipts).equals(header.receiptsRoot))
    return noProof("RECEIPTS_NOT_FOUND", `${where}: these are not the receipts that were certified`);
  const found = receiptOf(receipts, transactionId);
  const entryIndex = found ? found.sequence - header.firstSequence : -1;
  const entry = entries[entryIndex];
  if (!found || !entry || !isOf(entry, transactionId))
    return noProof("NOT_FOUND", `${where}: the transaction is not in the block`);
  const bytes = codec("ProofFile").encode({
    version: 1,
    proof: {
      "rustorium.TransactionProof": {
        transactionId,
        block,
        entry,
        entryPath: merklePath(entries.map(leafHash), entryIndex),
        receipt: receipts[found.index]!,
        receiptPath: merklePath(receipts.map(leafHash), found.index),
      },
    },
  });
  return { ok: true, kind: "transaction", bytes, shard, height };
}

/** Whether a receipt is of the transaction's own entry, and not of a message that another shard sent about it. */
export function isOfTransaction(receipt: ReceiptResult, transactionId: Buffer): boolean {
  return receipt.sourcePartition >= 0 && receipt.transactionId.equals(transactionId);
}

/** A transaction that was published twice has two entries: one took effect, the other was refused for its nonce. */
function receiptOf(
  receipts: readonly Buffer[],
  transactionId: Buffer,
): { index: number; sequence: number } | undefined {
  let refused: { index: number; sequence: number } | undefined;
  for (const [index, bytes] of receipts.entries()) {
    const receipt = codec("ReceiptResult").decode(bytes);
    if (!receipt || !isOfTransaction(receipt, transactionId)) continue;
    if (receipt.kind !== "REFUSED") return { index, sequence: receipt.sequence };
    refused ??= { index, sequence: receipt.sequence };
  }
  return refused;
}

function isOf(entryBytes: Buffer, transactionId: Buffer): boolean {
  const entry = codec("LogEntry").decode(entryBytes)?.entry;
  return (
    entry !== undefined &&
    "rustorium.UserTransaction" in entry &&
    entry["rustorium.UserTransaction"].transactionId.equals(transactionId)
  );
}
