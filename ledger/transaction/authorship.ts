import type { SignedTransaction } from "../../schemas/generated.js";
import { authenticate, decodeTransaction, type TransactionRules, transactionIdOf } from "./index.js";

/** What checking a transaction's signature found: it holds, and this is who made it. */
export interface Authorship {
  /** Account id, 20 bytes. */
  readonly sender: Buffer;
  /** 32 bytes. */
  readonly transactionId: Buffer;
}

/**
 * Decodes a transaction and checks its signature: the whole check, for whoever makes it ahead of a step. undefined where it
 * is refused; the step then finds out why.
 */
export function authorshipOf(
  transaction: SignedTransaction,
  rules: TransactionRules,
): Authorship | undefined {
  const decoded = decodeTransaction(transaction, rules);
  if (!decoded.ok) return undefined;
  const authentic = authenticate(transaction, decoded.transaction);
  return authentic.ok ? { sender: authentic.sender, transactionId: transactionIdOf(transaction) } : undefined;
}
