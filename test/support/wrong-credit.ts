import { applyTransaction } from "../../ledger/block/apply-transaction.js";
import { accountKey } from "../../ledger/state/key.js";
import { ONE } from "../../simulator/world/network.js";

/** Who receives this amount is credited one unit more by the planted rule. */
export const WRONG_AMOUNT = 5n * ONE;

/** A wrong rule for execute: the ledger's, but for WRONG_AMOUNT. */
export const creditTooMuch: typeof applyTransaction = (entry, transaction, context) => {
  const outcome = applyTransaction(entry, transaction, context);
  if (transaction.amount !== WRONG_AMOUNT) return outcome;
  const key = accountKey(transaction.recipient);
  const account = context.overlay.account(key);
  context.overlay.setAccount(key, { ...account, balance: account.balance + 1n });
  return outcome;
};
