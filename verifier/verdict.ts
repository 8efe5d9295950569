import type { Claim } from "./claim.js";

/**
 * Why a file proves nothing. Codes are stable; messages are for people and may change.
 *
 * Form:
 * - TRUNCATED: the bytes end before what they begin does.
 * - OVERSIZED: more bytes than any proof has, or bytes behind its end.
 * - NON_CANONICAL: not the one way in which this could be written, or no such thing at all.
 * - VERSION: of a form that is not known here.
 *
 * Against the trust file:
 * - WRONG_NETWORK: of a network with another genesis.
 * - FUTURE_EPOCH: of a later topology epoch than the trust file knows.
 * - UNKNOWN_VALIDATOR, SIGNERS_NOT_ASCENDING, BAD_SIGNATURE, NOT_A_QUORUM: the certificate is none.
 *
 * What is proved:
 * - WRONG_SHARD, WRONG_HEIGHT, WRONG_BLOCK: of another shard, height or block than the certificate, or than was asked.
 * - WRONG_KEY: about another account, transaction or record than was asked, or than it says.
 * - WRONG_VALUE: what is proved is not of the kind that the proof says.
 * - WRONG_ROOT: it doesn't lead to the certified root.
 * - WRONG_INDEX: at another place in its tree than it says.
 * - UNRELATED_LEAF: the leaf that is proved is another one.
 * - UNRELATED_RECEIPT: the receipt is not of this entry.
 * - WRONG_TOPIC: of a topic whose records can't be proved.
 */
export type RefusalCode =
  | "TRUNCATED"
  | "OVERSIZED"
  | "NON_CANONICAL"
  | "VERSION"
  | "WRONG_NETWORK"
  | "FUTURE_EPOCH"
  | "UNKNOWN_VALIDATOR"
  | "SIGNERS_NOT_ASCENDING"
  | "BAD_SIGNATURE"
  | "NOT_A_QUORUM"
  | "WRONG_SHARD"
  | "WRONG_HEIGHT"
  | "WRONG_BLOCK"
  | "WRONG_KEY"
  | "WRONG_VALUE"
  | "WRONG_ROOT"
  | "WRONG_INDEX"
  | "UNRELATED_LEAF"
  | "UNRELATED_RECEIPT"
  | "WRONG_TOPIC";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** One sentence for people. */
  readonly message: string;
}

/** What was found, or why there is nothing. */
export type Found<T> = { readonly ok: true; readonly value: T } | Refusal;

export type Verdict = { readonly ok: true; readonly claim: Claim } | Refusal;

export function refuse(code: RefusalCode, message: string): Refusal {
  return { ok: false, code, message };
}
