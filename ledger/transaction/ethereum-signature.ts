import type { SignedTransaction } from "../../schemas/generated.js";
import { accountIdOfSecp256k1 } from "../address.js";
import { keccak256 } from "../crypto/hash.js";
import { recoverPublicKey, SIGNATURE_BYTES, signatureFault, signRecoverable } from "../crypto/secp256k1.js";
import { FIELD_COUNT, FIRST_LIST_BYTE, numberIn, TRANSACTION_TYPE } from "./ethereum.js";
import { encodeRlp, type RlpItem, RlpReader, rlpInteger, rlpListHeader } from "./rlp.js";

/** v, r and s, or y parity, r and s. */
const SIGNATURE_FIELDS = 3;

export type Recovered =
  | { ok: true; sender: Buffer }
  | { ok: false; code: "BAD_SIGNATURE" | "MALLEABLE_SIGNATURE"; detail: string };

/**
 * Recovers who signed a raw transaction of type 0 to 4 that `parseEthereum` found well formed; other bytes give
 * BAD_SIGNATURE. The signed bytes are taken from the raw ones: a new header, the items before the signature, and for
 * EIP-155 the chain id and two zeros.
 */
export function recoverEthereumSender(raw: Buffer): Recovered {
  const typed = raw.length > 0 && raw[0]! < FIRST_LIST_BYTE;
  const count = FIELD_COUNT[typed ? raw[0]! : TRANSACTION_TYPE.legacy] ?? 0;
  const list = new RlpReader(raw, typed ? 1 : 0, raw.length);
  list.next();
  const items = new RlpReader(raw, list.start, list.end);
  for (let index = 0; index < count - SIGNATURE_FIELDS; index++) items.next();
  const unsigned = raw.subarray(list.start, items.end);
  if (!items.next() || items.isList) return bad("It has no v.");
  const v = numberIn(raw, items.start, items.end);
  const signature = Buffer.alloc(SIGNATURE_BYTES);
  if (!copyScalar(items, signature, 0) || !copyScalar(items, signature, 32)) return bad("It has no r and s.");
  const recovery = recoveryOf(v, typed);
  if (!recovery || items.end !== list.end) return bad("v is out of range.");
  // Transactions from before EIP-2 may have a high s, and they are all from before EIP-155. Who allows the latter
  // accepts that others change their id; the nonce keeps them from being applied twice.
  const allowHighS = !typed && recovery.chainId === undefined;
  const fault = signatureFault(signature);
  if (fault === "HIGH_S" && !allowHighS) {
    return { ok: false, code: "MALLEABLE_SIGNATURE", detail: "s is above half the group order." };
  }
  if (fault === "RANGE") return bad("r or s is 0 or not below the group order.");
  const digest = signingDigest(typed ? raw.subarray(0, 1) : undefined, unsigned, recovery.chainId);
  const publicKey = recoverPublicKey(digest, signature, recovery.recoveryId, allowHighS);
  return publicKey
    ? { ok: true, sender: accountIdOfSecp256k1(publicKey) }
    : bad("No key made this signature.");
}

function bad(detail: string): Recovered {
  return { ok: false, code: "BAD_SIGNATURE", detail };
}

function copyScalar(items: RlpReader, signature: Buffer, offset: number): boolean {
  if (!items.next() || items.isList || items.end - items.start > 32) return false;
  items.bytes.copy(signature, offset + 32 - (items.end - items.start), items.start, items.end);
  return true;
}

function recoveryOf(
  v: number,
  typed: boolean,
): { recoveryId: 0 | 1; chainId: number | undefined } | undefined {
  if (typed) return v === 0 || v === 1 ? { recoveryId: v, chainId: undefined } : undefined;
  if (v === 27 || v === 28) return { recoveryId: v === 27 ? 0 : 1, chainId: undefined };
  if (v < 35 || v > Number.MAX_SAFE_INTEGER) return undefined;
  return { recoveryId: v % 2 === 1 ? 0 : 1, chainId: Math.floor((v - 35) / 2) };
}

function signingDigest(
  typeByte: Uint8Array | undefined,
  unsigned: Buffer,
  chainId: number | undefined,
): Buffer {
  if (typeByte) return keccak256(typeByte, rlpListHeader(unsigned.length), unsigned);
  if (chainId === undefined) return keccak256(rlpListHeader(unsigned.length), unsigned);
  const suffix = Buffer.concat([encodeRlp(rlpInteger(chainId)), TWO_ZEROS]);
  return keccak256(rlpListHeader(unsigned.length + suffix.length), unsigned, suffix);
}

/** RLP of 0 and 0, which EIP-155 signs in place of r and s. */
const TWO_ZEROS = Buffer.of(0x80, 0x80);

/** Id of an Ethereum transaction: Keccak-256 of the raw bytes. */
export function ethereumId(raw: Uint8Array): Buffer {
  return keccak256(raw);
}

interface CommonFields {
  nonce: number | bigint;
  gasLimit: number | bigint;
  /** 20 bytes; empty for a contract creation. */
  recipient: Uint8Array;
  /** In wei, which is 10^-18 RUS. */
  amount: bigint;
  data?: Uint8Array;
}

/** Addresses (20 bytes), each with its storage keys (32 bytes). */
export type AccessList = readonly { address: Uint8Array; storageKeys: readonly Uint8Array[] }[];

/** What a wallet signs. A legacy transaction without chain id is one from before EIP-155. */
export type EthereumFields = CommonFields &
  (
    | { type: "legacy"; chainId?: number; gasPrice: bigint }
    | { type: "accessList"; chainId: number; gasPrice: bigint; accessList?: AccessList }
    | { type: "feeMarket"; chainId: number; feeMax: bigint; priorityFeeMax: bigint; accessList?: AccessList }
  );

/**
 * Signs an Ethereum transaction. Nothing is checked: tests sign wrong ones too.
 *
 * @param privateKey 32 bytes.
 * @throws Error when the private key is 0 or not below the group order.
 */
export function signEthereum(fields: EthereumFields, privateKey: Uint8Array): SignedTransaction {
  const items = unsignedItems(fields);
  const unsigned = Buffer.concat(items.map(encodeRlp));
  const typeByte = fields.type === "legacy" ? undefined : Buffer.of(TRANSACTION_TYPE[fields.type]);
  const chainId = fields.type === "legacy" ? fields.chainId : undefined;
  const { signature, recoveryId } = signRecoverable(signingDigest(typeByte, unsigned, chainId), privateKey);
  const v = recoveryId + (fields.type !== "legacy" ? 0 : chainId === undefined ? 27 : 35 + 2 * chainId);
  const list = encodeRlp([
    ...items,
    rlpInteger(v),
    ...[0, 32].map((at) => withoutZeros(signature.subarray(at, at + 32))),
  ]);
  const body = typeByte ? Buffer.concat([typeByte, list]) : list;
  return { scheme: "ETHEREUM", body, publicKey: Buffer.alloc(0), signature: Buffer.alloc(0) };
}

function unsignedItems(fields: EthereumFields): RlpItem[] {
  const { recipient, data = Buffer.alloc(0) } = fields;
  const [nonce, gasLimit, amount] = [fields.nonce, fields.gasLimit, fields.amount].map(
    rlpInteger,
  ) as Buffer[];
  const rest: RlpItem[] = [gasLimit!, recipient, amount!, data];
  if (fields.type === "legacy") return [nonce!, rlpInteger(fields.gasPrice), ...rest];
  const fees = fields.type === "accessList" ? [fields.gasPrice] : [fields.priorityFeeMax, fields.feeMax];
  const accessList = (fields.accessList ?? []).map((entry) => [entry.address, [...entry.storageKeys]]);
  return [rlpInteger(fields.chainId), nonce!, ...fees.map(rlpInteger), ...rest, accessList];
}

function withoutZeros(scalar: Buffer): Buffer {
  let start = 0;
  while (start < scalar.length && scalar[start] === 0) start++;
  return scalar.subarray(start);
}
