/**
 * Every reason for which a transaction is refused: a stable code, what it means, and where it arises. `validate`
 * reasons end in `transactions.rejected`, `execute` reasons in a receipt that changes nothing.
 */
export const REJECT_REASONS = {
  TOMBSTONE: { where: "validate", doc: "The record has no value." },
  TOO_LARGE: { where: "validate", doc: "The transaction has more bytes than the network takes." },
  UNKNOWN_SCHEMA: {
    where: "validate",
    doc: "The record names a schema that the registry does not have, or one that does not resolve to ours.",
  },
  MALFORMED: {
    where: "validate",
    doc: "The bytes are no transaction: cut short, too long, or with a field of the wrong kind or length.",
  },
  NON_CANONICAL: {
    where: "validate",
    doc: "The bytes decode, but are not the only encoding allowed: leading zeros, a longer length than needed.",
  },
  WRONG_CHAIN_ID: { where: "validate", doc: "It was signed for another network." },
  UNPROTECTED: {
    where: "validate",
    doc: "It is an Ethereum transaction without chain id (before EIP-155), which this network does not allow.",
  },
  UNKNOWN_TRANSACTION_TYPE: {
    where: "validate",
    doc: "It is an Ethereum transaction of a type unknown here.",
  },
  BLOB_UNSUPPORTED: { where: "validate", doc: "It is an Ethereum blob transaction (type 3, EIP-4844)." },
  SET_CODE_UNSUPPORTED: {
    where: "validate",
    doc: "It is an Ethereum set-code transaction (type 4, EIP-7702).",
  },
  CREATION_UNSUPPORTED: { where: "validate", doc: "It has no recipient: it would create a contract." },
  ZERO_AMOUNT: { where: "validate", doc: "It moves nothing (scheme ED25519 only)." },
  AMOUNT_OVERFLOW: {
    where: "validate",
    doc: "The amount, the fee, the gas limit or the nonce is negative or above its bound.",
  },
  TIP_ABOVE_FEE_CAP: {
    where: "validate",
    doc: "The highest priority fee is above the highest fee (EIP-1559).",
  },
  GAS_LIMIT_TOO_LOW: {
    where: "validate",
    doc: "The gas limit is below the intrinsic gas of the transaction.",
  },
  SENDER_KEY_MISMATCH: { where: "validate", doc: "The sender is not the account of the public key." },
  MALLEABLE_SIGNATURE: {
    where: "validate",
    doc: "The signature was altered into another that would hold too: s above half the order, or S not below it.",
  },
  BAD_SIGNATURE: {
    where: "validate",
    doc: "The signature does not hold, or no key can be recovered from it.",
  },
  RECORD_KEY_MISMATCH: { where: "validate", doc: "The key of the Kafka record is not the sender." },
  NONCE_USED: {
    where: "execute",
    doc: "The nonce is below the sender's next: applied already, or replaced.",
  },
  NONCE_GAP: { where: "execute", doc: "The nonce is above the sender's next; nonces are used in order." },
  INSUFFICIENT_BALANCE: { where: "execute", doc: "The sender's balance is below amount and fee." },
  EXPIRED: { where: "execute", doc: "The chain time is past the transaction's valid-until." },
  BALANCE_OVERFLOW: { where: "execute", doc: "The recipient's balance would reach 10^38." },
  DEADLINE_PASSED: {
    where: "execute",
    doc: "The transfer to another shard came to the main chain after its deadline; the amount is refunded.",
  },
} as const satisfies Record<string, RejectReason>;

/** Where a reason arises and what it means. */
export interface RejectReason {
  where: "validate" | "execute";
  doc: string;
}

/** A stable reason code. */
export type RejectCode = keyof typeof REJECT_REASONS;

/** Whether a text is a reason code. */
export function isRejectCode(text: string): text is RejectCode {
  return Object.hasOwn(REJECT_REASONS, text);
}
