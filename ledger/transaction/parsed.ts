import type { Priority } from "../../schemas/generated.js";
import type { RejectCode } from "../reject-reasons.js";

/**
 * What the two schemes make of their bytes: the same fields, of the right form, not yet held against any limit.
 * Integers above 2^53 - 1 are `Infinity`, so that comparing with a bound refuses them.
 */
export interface ParsedTransaction {
  /** Undefined where the signature binds no network: Ethereum before EIP-155. */
  chainId: number | undefined;
  /** A kind of transaction that has a code of its own; the fields below say nothing then. */
  unsupported: RejectCode | undefined;
  /** ED25519: the account that the body names. ETHEREUM: undefined. */
  claimedSender: Buffer | undefined;
  /** 20 bytes, a view of the body. */
  recipient: Buffer;
  /** In 10^-18 RUS. */
  amount: bigint;
  nonce: number;
  gasLimit: number;
  intrinsicGas: number;
  /** What is paid for one gas, in 10^-18 RUS. */
  gasPrice: bigint;
  /** The most that is paid for one gas; below `gasPrice` only in a wrong EIP-1559 transaction. */
  gasPriceMax: bigint;
  /** In milliseconds since 1970; 0: no limit. */
  validUntil: number;
  priority: Priority;
}

/** `formed`: the bytes are a transaction all the same, so they have an id. */
export type ParseRefusal = { ok: false; code: RejectCode; detail: string; formed: boolean };
export type Parse = { ok: true; parsed: ParsedTransaction } | ParseRefusal;

/** A refusal of bytes that are no transaction. */
export function notFormed(code: RejectCode, detail: string): ParseRefusal {
  return { ok: false, code, detail, formed: false };
}
