import { applyTransaction } from "../../ledger/block/apply-transaction.js";
import type { PlantedRules } from "../../ledger/block/executed-block.js";
import { accountKey } from "../../ledger/state/key.js";
import type { PlantedBug, Seams } from "./plant.js";

type Rule = typeof applyTransaction;

/** Execute and every validator agree on the wrong rule. */
function everywhere(planted: PlantedRules): Seams {
  return { environment: (environment) => ({ ...environment, planted }) };
}

const doubleCredit: Rule = (entry, transaction, context) => {
  const outcome = applyTransaction(entry, transaction, context);
  const key = accountKey(transaction.recipient);
  if (outcome.receipt.kind !== "TRANSFER" || key === accountKey(entry.sender)) return outcome;
  const account = context.overlay.account(key);
  context.overlay.setAccount(key, { ...account, balance: account.balance + transaction.amount });
  return outcome;
};

const feeNotCollected: Rule = (entry, transaction, context) => {
  const outcome = applyTransaction(entry, transaction, context);
  const { fee } = outcome.receipt;
  if (fee === 0n) return outcome;
  const collected = context.overlay.account(context.feeAccount);
  context.overlay.setAccount(context.feeAccount, { ...collected, balance: collected.balance - fee });
  return outcome;
};

const nonceNotChecked: Rule = (entry, transaction, context) => {
  const key = accountKey(entry.sender);
  const sender = context.overlay.account(key);
  context.overlay.setAccount(key, { ...sender, nonce: transaction.nonce });
  const outcome = applyTransaction(entry, transaction, context);
  if (outcome.receipt.kind === "REFUSED") context.overlay.setAccount(key, sender);
  return outcome;
};

const nonceSpentOnRefusal: Rule = (entry, transaction, context) => {
  const outcome = applyTransaction(entry, transaction, context);
  if (outcome.receipt.code !== "INSUFFICIENT_BALANCE") return outcome;
  const key = accountKey(entry.sender);
  const sender = context.overlay.account(key);
  context.overlay.setAccount(key, { ...sender, nonce: sender.nonce + 1 });
  return outcome;
};

const overdraft: Rule = (entry, transaction, context) => {
  const key = accountKey(entry.sender);
  const sender = context.overlay.account(key);
  const cost = transaction.amount + transaction.fee;
  if (sender.balance >= cost) return applyTransaction(entry, transaction, context);
  // What is taken off stops at 0.
  context.overlay.setAccount(key, { ...sender, balance: cost });
  const outcome = applyTransaction(entry, transaction, context);
  if (outcome.receipt.kind === "REFUSED") context.overlay.setAccount(key, sender);
  return outcome;
};

const expiryIgnored: Rule = (entry, transaction, context) =>
  applyTransaction(entry, { ...transaction, validUntil: 0 }, context);

/** Wrong rules for transfers, on which everybody agrees. */
export const transferPlants = {
  "double-credit": {
    about: "The recipient of a transfer within a shard is credited twice.",
    found: { seed: 1, invariant: "value-conserved" },
    make: () => everywhere({ applyTransaction: doubleCredit }),
  },
  "fee-not-collected": {
    about: "The sender pays a fee that nobody gets.",
    found: { seed: 1, invariant: "value-conserved" },
    make: () => everywhere({ applyTransaction: feeNotCollected }),
  },
  "nonce-not-checked": {
    about: "A transfer is applied whatever its nonce, so also a second time.",
    found: { seed: 1, invariant: "applied-once" },
    make: () => everywhere({ applyTransaction: nonceNotChecked }),
  },
  "nonce-spent-on-refusal": {
    about: "A transfer that is refused for want of money uses up its nonce.",
    found: { seed: 2, invariant: "nonces-contiguous" },
    make: () => everywhere({ applyTransaction: nonceSpentOnRefusal }),
  },
  overdraft: {
    about: "The balance isn't checked: taking off too much leaves 0.",
    found: { seed: 1, invariant: "nothing-negative" },
    make: () => everywhere({ applyTransaction: overdraft }),
  },
  "expiry-ignored": {
    about: "A transfer is applied after the time up to which it was valid.",
    found: { seed: 14, invariant: "same-state" },
    make: () => everywhere({ applyTransaction: expiryIgnored }),
  },
} satisfies Record<string, PlantedBug>;
