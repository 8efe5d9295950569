import type { ReceiptKind, ReceiptResult, StateChange } from "./records.js";
import type { Account, StateValue } from "./state-records.js";
import type { InvariantName } from "./violations.js";

/** Names the most particular invariant that a wrong record breaks, where it differs from the right one. */

const LEGS: ReadonlySet<ReceiptKind> = new Set([
  "FORWARDED",
  "CANCELLED",
  "CREDITED",
  "CREDIT_REFUSED",
  "COMPLETED",
  "REFUNDED",
]);

export function faultOfReceipt(seen: ReceiptResult, right: ReceiptResult): InvariantName {
  if (seen.kind === right.kind) {
    return seen.amount !== right.amount || seen.fee !== right.fee ? "value-conserved" : "same-state";
  }
  if (LEGS.has(seen.kind) && LEGS.has(right.kind)) return "both-or-neither";
  if (right.kind !== "REFUSED" || LEGS.has(seen.kind)) return "same-state";
  switch (right.code) {
    case "NONCE_USED":
      return "applied-once";
    case "NONCE_GAP":
      return "nonces-contiguous";
    case "INSUFFICIENT_BALANCE":
      return "nothing-negative";
    default:
      return "same-state";
  }
}

/** Value that a state value holds, in 10^-18 RUS. */
export function valueHeld(value: StateValue | null | undefined): bigint {
  if (value?.is === "AccountState") return value.value.balance;
  return value?.is === "EscrowState" ? value.value.amount : 0n;
}

/** Whether a state value has a number below 0. */
export function isNegative(value: StateValue | null): boolean {
  if (value?.is === "EscrowState") return value.value.amount < 0n;
  if (value?.is !== "AccountState") return false;
  const { balance, escrowed, nonce } = value.value;
  return balance < 0n || escrowed < 0n || nonce < 0;
}

export function accountOf(value: StateValue | null | undefined): Account | undefined {
  return value?.is === "AccountState" ? value.value : undefined;
}

interface Changed {
  /** State key as latin1. */
  readonly key: string;
  readonly value: StateValue | null;
}

export function faultOfChanges(seen: readonly StateChange[], right: readonly Changed[]): InvariantName {
  if (seen.some(({ value }) => isNegative(value))) return "nothing-negative";
  const rightByKey = new Map(right.map(({ key, value }) => [key, value]));
  const sumSeen = seen.reduce((sum, { value }) => sum + valueHeld(value), 0n);
  const sumRight = right.reduce((sum, { value }) => sum + valueHeld(value), 0n);
  if (sumSeen !== sumRight) return "value-conserved";
  const isOtherNonce = seen.some(({ key, value }) => {
    const should = accountOf(rightByKey.get(key.toString("latin1")));
    return should !== undefined && accountOf(value)?.nonce !== should.nonce;
  });
  return isOtherNonce ? "nonces-contiguous" : "same-state";
}
