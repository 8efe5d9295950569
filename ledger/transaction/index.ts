import type { Priority, SignedTransaction } from "../../schemas/generated.js";
import { AMOUNT_LIMIT } from "../amount.js";
import type { RejectCode } from "../reject-reasons.js";
import { parseTransfer, transferFault, transferId } from "./ed25519.js";
import { parseEthereum } from "./ethereum.js";
import { ethereumId, recoverEthereumSender } from "./ethereum-signature.js";
import type { ParsedTransaction } from "./parsed.js";

export { signTransfer, type TransferFields } from "./ed25519.js";
export { type AccessList, type EthereumFields, signEthereum } from "./ethereum-signature.js";

/**
 * Highest nonce of a transaction. The account's next nonce must fit the Avro `long` as our library takes it, which
 * ends at 2^53 - 2 (compare EIP-2681).
 */
export const NONCE_MAX = Number.MAX_SAFE_INTEGER - 2;

/** What a network demands of every transaction. */
export interface TransactionRules {
  chainId: number;
  /** Most bytes of body, public key and signature together. */
  transactionBytesMax: number;
  /** Whether Ethereum transactions without chain id (before EIP-155) are taken; anyone can replay them here. */
  allowUnprotected: boolean;
}

/** A transaction of the right form and within limits. Its signature has not been checked. */
export interface DecodedTransaction {
  /** Undefined where the signature binds no network: Ethereum before EIP-155. */
  chainId: number | undefined;
  /** ED25519: the account that the body names. ETHEREUM: undefined, `authenticate` recovers it. */
  claimedSender: Buffer | undefined;
  /** Account id, 20 bytes. May be a view of the transaction's body: copy it to keep it. */
  recipient: Buffer;
  /** In 10^-18 RUS, below 10^38. */
  amount: bigint;
  /** At most `NONCE_MAX`. */
  nonce: number;
  /** In gas; at least `intrinsicGas`. */
  gasLimit: number;
  /** What the transaction costs, in gas. */
  intrinsicGas: number;
  /** What is paid for one gas, in 10^-18 RUS. The base fee is 0, so in EIP-1559 it is the priority fee. */
  gasPrice: bigint;
  /** `intrinsicGas` times `gasPrice`, in 10^-18 RUS, below 10^38. */
  fee: bigint;
  /** Chain time in milliseconds since 1970 after which it is refused; 0: no limit. */
  validUntil: number;
  priority: Priority;
}

/** An expected refusal. */
export interface Refusal {
  code: RejectCode;
  /** A sentence for people; not stable. */
  detail: string;
  /** Where the bytes are a transaction: its id. */
  transactionId?: Buffer;
  /** Only where the signature holds, so that nobody can have a refusal put on another's account. */
  sender?: Buffer;
}

export type Decoding = { ok: true; transaction: DecodedTransaction } | { ok: false; refusal: Refusal };
export type Authentication = { ok: true; sender: Buffer } | { ok: false; refusal: Refusal };

/**
 * Reads a transaction and checks it in this order: size, form, network, kind, limits. The signature is left to
 * `authenticate`, and what depends on state (nonce, balance, time) to `execute`.
 */
export function decodeTransaction(transaction: SignedTransaction, rules: TransactionRules): Decoding {
  const { scheme, body, publicKey, signature } = transaction;
  const size = body.length + publicKey.length + signature.length;
  if (size > rules.transactionBytesMax) {
    const detail = `It has ${size} bytes, more than ${rules.transactionBytesMax}.`;
    return { ok: false, refusal: { code: "TOO_LARGE", detail } };
  }
  const parse = scheme === "ED25519" ? parseTransfer(transaction) : parseEthereum(transaction);
  if (!parse.ok) {
    const { code, detail, formed } = parse;
    return {
      ok: false,
      refusal: { code, detail, ...(formed && { transactionId: transactionIdOf(transaction) }) },
    };
  }
  const { parsed } = parse;
  const fee = BigInt(parsed.intrinsicGas) * parsed.gasPrice;
  const fault = networkFault(parsed, rules) ?? limitFault(parsed, fee, scheme === "ED25519");
  if (fault) return { ok: false, refusal: refusalOf(transaction, parsed, fault) };
  const { chainId, claimedSender, recipient, amount, nonce, gasLimit, intrinsicGas, gasPrice } = parsed;
  const { validUntil, priority } = parsed;
  return {
    ok: true,
    transaction: {
      chainId,
      claimedSender,
      recipient,
      amount,
      nonce,
      gasLimit,
      intrinsicGas,
      gasPrice,
      fee,
      validUntil,
      priority,
    },
  };
}

type Fault = { code: RejectCode; detail: string };

function networkFault(parsed: ParsedTransaction, rules: TransactionRules): Fault | undefined {
  if (parsed.chainId === undefined) {
    if (!rules.allowUnprotected)
      return { code: "UNPROTECTED", detail: "It has no chain id (before EIP-155)." };
  } else if (parsed.chainId !== rules.chainId) {
    return { code: "WRONG_CHAIN_ID", detail: `Its chain id is ${parsed.chainId}, not ${rules.chainId}.` };
  }
  if (parsed.unsupported === undefined) return undefined;
  return { code: parsed.unsupported, detail: "This kind of transaction is not supported." };
}

function limitFault(parsed: ParsedTransaction, fee: bigint, moves: boolean): Fault | undefined {
  const { amount, nonce, gasLimit, intrinsicGas, gasPrice, gasPriceMax } = parsed;
  if (moves && amount === 0n) return { code: "ZERO_AMOUNT", detail: "The amount is 0." };
  if (amount < 0n || amount >= AMOUNT_LIMIT) return overflow(`The amount is ${amount}`);
  if (nonce < 0 || nonce > NONCE_MAX) return overflow("The nonce");
  if (gasLimit < 0 || gasLimit > Number.MAX_SAFE_INTEGER) return overflow("The gas limit");
  if (gasPrice > gasPriceMax) {
    return {
      code: "TIP_ABOVE_FEE_CAP",
      detail: `The priority fee ${gasPrice} is above the fee ${gasPriceMax}.`,
    };
  }
  if (gasPrice < 0n || fee >= AMOUNT_LIMIT) return overflow("The fee");
  if (gasLimit < intrinsicGas) {
    return { code: "GAS_LIMIT_TOO_LOW", detail: `The gas limit ${gasLimit} is below ${intrinsicGas}.` };
  }
  return undefined;
}

function overflow(what: string): Fault {
  return { code: "AMOUNT_OVERFLOW", detail: `${what} is out of bounds.` };
}

/** Also says who signed a refused transaction, where the signature holds: it costs no more than accepting it would. */
function refusalOf(transaction: SignedTransaction, parsed: ParsedTransaction, fault: Fault): Refusal {
  const refusal: Refusal = { ...fault, transactionId: transactionIdOf(transaction) };
  const signer = signerOf(transaction, parsed);
  if (signer.ok) refusal.sender = signer.sender;
  return refusal;
}

function signerOf(
  transaction: SignedTransaction,
  parsed: Pick<ParsedTransaction, "chainId" | "claimedSender">,
): { ok: true; sender: Buffer } | ({ ok: false } & Fault) {
  const { chainId, claimedSender } = parsed;
  if (transaction.scheme === "ETHEREUM") return recoverEthereumSender(transaction.body);
  if (chainId === undefined || chainId < 0 || claimedSender === undefined) {
    return { ok: false, code: "BAD_SIGNATURE", detail: "There is no chain id to sign for." };
  }
  const fault = transferFault(transaction, chainId, claimedSender);
  return fault ? { ok: false, ...fault } : { ok: true, sender: claimedSender };
}

/**
 * Checks the signature, which is most of the cost of a transaction, and says who signed.
 *
 * @param decoded what `decodeTransaction` made of the same transaction.
 */
export function authenticate(transaction: SignedTransaction, decoded: DecodedTransaction): Authentication {
  const signer = signerOf(transaction, decoded);
  if (signer.ok) return signer;
  const { code, detail } = signer;
  return { ok: false, refusal: { code, detail, transactionId: transactionIdOf(transaction) } };
}

/** Id of a transaction, 32 bytes: of an Ethereum one the Keccak-256 of its raw bytes. */
export function transactionIdOf(transaction: SignedTransaction): Buffer {
  return transaction.scheme === "ETHEREUM" ? ethereumId(transaction.body) : transferId(transaction);
}
