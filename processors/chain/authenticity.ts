import type { LogRecord } from "../../ledger/block/log-record.js";
import { authenticate, type DecodedTransaction, transactionIdOf } from "../../ledger/transaction/index.js";
import type { UserTransaction } from "../../schemas/generated.js";

/**
 * The full check: the signature, and that id and sender in the entry are the transaction's own.
 * @param record what the entry was read from; what checking the signature found may be on it already
 */
export function isAuthenticBySignature(
  entry: UserTransaction,
  decoded: DecodedTransaction,
  { authorship: known }: Pick<LogRecord, "authorship">,
): boolean {
  if (known) return known.sender.equals(entry.sender) && known.transactionId.equals(entry.transactionId);
  const result = authenticate(entry.transaction, decoded);
  return (
    result.ok &&
    result.sender.equals(entry.sender) &&
    transactionIdOf(entry.transaction).equals(entry.transactionId)
  );
}
