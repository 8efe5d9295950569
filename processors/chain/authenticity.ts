import { authenticate, type DecodedTransaction, transactionIdOf } from "../../ledger/transaction/index.js";
import type { UserTransaction } from "../../schemas/generated.js";

/** The full check: the signature, and that id and sender in the entry are the transaction's own. */
export function isAuthenticBySignature(entry: UserTransaction, decoded: DecodedTransaction): boolean {
  const result = authenticate(entry.transaction, decoded);
  return (
    result.ok &&
    result.sender.equals(entry.sender) &&
    transactionIdOf(entry.transaction).equals(entry.transactionId)
  );
}
