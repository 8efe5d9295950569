import { isAmount } from "../ledger/amount.js";
import { REJECT_REASONS, type RejectCode } from "../ledger/reject-reasons.js";
import {
  authenticate,
  decodeTransaction,
  NONCE_MAX,
  type TransactionRules,
  transactionIdOf,
} from "../ledger/transaction/index.js";
import type { SignedTransaction } from "../schemas/generated.js";
import { must } from "./target.js";

/** Outcome of a transaction that is taken. */
export const AUTHENTIC = "AUTHENTIC";

/** Codes of what validate refuses, and that of what it takes. */
export const TRANSACTION_CODES: ReadonlySet<string> = new Set([
  AUTHENTIC,
  ...Object.entries(REJECT_REASONS)
    .filter(([, { where }]) => where === "validate")
    .map(([code]) => code),
]);

/** Judges a transaction as every stage does, and checks what must hold of one that is taken or refused. */
export function judgeTransaction(
  transaction: SignedTransaction,
  rules: TransactionRules,
): RejectCode | "AUTHENTIC" {
  const id = transactionIdOf(transaction);
  must(id.length === 32, "an id of another length");
  const decoded = decodeTransaction(transaction, rules);
  if (!decoded.ok) {
    const { code, transactionId, sender } = decoded.refusal;
    must(transactionId?.equals(id) ?? true, "the refusal names another id");
    must(sender === undefined || sender.length === 20, "the refusal names a sender that is no account");
    must(sender === undefined || transactionId !== undefined, "a sender without an id");
    return code;
  }
  const { amount, nonce, gasLimit, intrinsicGas, gasPrice, fee, recipient, validUntil } = decoded.transaction;
  must(isAmount(amount) && isAmount(fee) && isAmount(gasPrice), "an amount out of bounds");
  must(Number.isSafeInteger(nonce) && nonce >= 0 && nonce <= NONCE_MAX, "a nonce out of bounds");
  must(Number.isSafeInteger(gasLimit) && gasLimit >= intrinsicGas, "a gas limit out of bounds");
  must(fee === BigInt(intrinsicGas) * gasPrice, "another fee than gas and price make");
  must(recipient.length === 20, "a recipient that is no account");
  must(Number.isSafeInteger(validUntil) && validUntil >= 0, "a valid-until out of bounds");
  must(transaction.body.length <= rules.transactionBytesMax, "more bytes than the rules allow");
  must(
    decoded.transaction.chainId === rules.chainId || rules.allowUnprotected,
    "another network's transaction",
  );
  const authentic = authenticate(transaction, decoded.transaction);
  if (!authentic.ok) {
    must(authentic.refusal.transactionId?.equals(id) ?? false, "the refusal names another id");
    return authentic.refusal.code;
  }
  must(authentic.sender.length === 20, "a sender that is no account");
  return AUTHENTIC;
}
