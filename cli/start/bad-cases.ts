import { AMOUNT_LIMIT, ONE_RUS } from "../../ledger/amount.js";
import type { RejectCode } from "../../ledger/reject-reasons.js";
import { signEthereum, signTransfer, type TransferFields } from "../../ledger/transaction/index.js";
import { decodeRlp, encodeRlp, type RlpItem, rlpInteger } from "../../ledger/transaction/rlp.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { BAD_ED25519_SENDER, BAD_ETHEREUM_SENDER, DEMONSTRATION_SENDERS } from "./accounts.js";
import { DEMONSTRATION_CHAIN_ID } from "./plan.js";

/** A record that must be refused, and how. */
export interface BadCase {
  readonly code: RejectCode;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Where the accounts of the bad cases stand. */
export interface BadCaseState {
  readonly schemaId: number;
  readonly transactionBytesMax: number;
  /** Next nonce of the ed25519 account; at least 1. */
  readonly nonce: number;
}

const NONE = Buffer.alloc(0);
/** Order of secp256k1 (SEC 2, 2.4.1): n - s is the other signature of the same message. */
const ORDER = BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
/** An id that no registry gives out. */
const NO_SCHEMA_ID = 0x7fffffff;

/** One of each kind of bad input that a producer can publish. */
export function badCases({ schemaId, transactionBytesMax, nonce }: BadCaseState): BadCase[] {
  const encode = (transaction: SignedTransaction) =>
    toWire(schemaId, codec("SignedTransaction").encode(transaction));
  const sender = BAD_ED25519_SENDER;
  const fields: TransferFields = {
    chainId: DEMONSTRATION_CHAIN_ID,
    recipient: DEMONSTRATION_SENDERS[0]!.id,
    amount: 1n,
    nonce,
    gasLimit: 100_000,
    gasPrice: 1n,
  };
  const transfer = (changes: Partial<TransferFields>) =>
    signTransfer({ ...fields, ...changes }, sender.keyPair);
  const bad = (
    code: RejectCode,
    transaction: SignedTransaction,
    key: Buffer | null = sender.id,
  ): BadCase => ({
    code,
    key,
    value: encode(transaction),
  });
  const good = transfer({});
  const ethereum = (transaction: SignedTransaction, code: RejectCode) =>
    bad(code, transaction, BAD_ETHEREUM_SENDER.id);
  const canonical = codec("SignedTransaction").encode(good);
  return [
    { code: "TOMBSTONE", key: sender.id, value: null },
    { code: "MALFORMED", key: null, value: Buffer.from("not a transaction") },
    { code: "MALFORMED", key: null, value: toWire(schemaId, Buffer.from([0, 200, 1])) },
    { code: "UNKNOWN_SCHEMA", key: sender.id, value: toWire(NO_SCHEMA_ID, canonical) },
    // The first varint, written with one byte more than it needs.
    {
      code: "NON_CANONICAL",
      key: sender.id,
      value: toWire(schemaId, Buffer.concat([Buffer.from([canonical[0]! | 0x80, 0]), canonical.subarray(1)])),
    },
    bad("WRONG_CHAIN_ID", transfer({ chainId: DEMONSTRATION_CHAIN_ID + 1 })),
    bad("BAD_SIGNATURE", { ...good, signature: flipped(good.signature, 3) }),
    bad("SENDER_KEY_MISMATCH", { ...good, publicKey: otherKey() }),
    bad("RECORD_KEY_MISMATCH", good, DEMONSTRATION_SENDERS[1]!.id),
    bad("ZERO_AMOUNT", transfer({ amount: 0n })),
    bad("AMOUNT_OVERFLOW", transfer({ amount: AMOUNT_LIMIT })),
    bad("GAS_LIMIT_TOO_LOW", transfer({ gasLimit: 20_999 })),
    bad("TOO_LARGE", transfer({ data: Buffer.alloc(transactionBytesMax) })),
    bad("EXPIRED", transfer({ validUntil: 1 })),
    bad("NONCE_USED", transfer({ nonce: nonce - 1 })),
    bad("NONCE_GAP", transfer({ nonce: nonce + 1_000 })),
    bad("INSUFFICIENT_BALANCE", transfer({ amount: 2_000_000n * ONE_RUS })),
    ethereum(legacy(undefined), "UNPROTECTED"),
    ethereum(highS(legacy(DEMONSTRATION_CHAIN_ID)), "MALLEABLE_SIGNATURE"),
    ethereum(legacy(DEMONSTRATION_CHAIN_ID, NONE), "CREATION_UNSUPPORTED"),
    ethereum(typed(3, 14), "BLOB_UNSUPPORTED"),
    ethereum(typed(4, 13), "SET_CODE_UNSUPPORTED"),
    ethereum(
      signEthereum(
        { ...common(), type: "feeMarket", chainId: DEMONSTRATION_CHAIN_ID, feeMax: 1n, priorityFeeMax: 2n },
        BAD_ETHEREUM_SENDER.privateKey,
      ),
      "TIP_ABOVE_FEE_CAP",
    ),
  ];
}

function common() {
  return { nonce: 0, gasLimit: 100_000, recipient: DEMONSTRATION_SENDERS[0]!.id, amount: 1n };
}

function legacy(chainId: number | undefined, recipient = DEMONSTRATION_SENDERS[0]!.id): SignedTransaction {
  const fields = {
    ...common(),
    recipient,
    type: "legacy" as const,
    gasPrice: 1n,
    ...(chainId !== undefined && { chainId }),
  };
  return signEthereum(fields, BAD_ETHEREUM_SENDER.privateKey);
}

/** A transaction of a type that isn't supported: the chain id, and enough empty fields. */
function typed(type: number, fields: number): SignedTransaction {
  const items: RlpItem[] = [
    rlpInteger(DEMONSTRATION_CHAIN_ID),
    ...Array.from({ length: fields - 1 }, () => NONE),
  ];
  return {
    scheme: "ETHEREUM",
    body: Buffer.concat([Buffer.of(type), encodeRlp(items)]),
    publicKey: NONE,
    signature: NONE,
  };
}

/** The other signature of a legacy transaction, with s above half the order. */
function highS(transaction: SignedTransaction): SignedTransaction {
  const decoded = decodeRlp(transaction.body);
  if (!decoded.ok || !Array.isArray(decoded.item)) throw new Error("signEthereum made no list");
  const items = [...decoded.item] as Buffer[];
  const v = Number.parseInt(Buffer.from(items[6]!).toString("hex"), 16);
  const s = BigInt(`0x${Buffer.from(items[8]!).toString("hex")}`);
  // v is odd for an even y (EIP-155): the other s goes with the other parity.
  items[6] = Buffer.from(rlpInteger(v % 2 === 1 ? v + 1 : v - 1) as Uint8Array);
  items[8] = Buffer.from(rlpInteger(ORDER - s) as Uint8Array);
  return { ...transaction, body: encodeRlp(items) };
}

function flipped(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index]! ^= 1;
  return copy;
}

function otherKey(): Buffer {
  const other = DEMONSTRATION_SENDERS[1]!;
  if (other.scheme !== "ed25519") throw new Error("the first demonstration senders are ed25519");
  return other.keyPair.publicKey;
}
