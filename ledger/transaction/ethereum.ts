import type { SignedTransaction } from "../../schemas/generated.js";
import type { RejectCode } from "../reject-reasons.js";
import { ACCESS_LIST_ADDRESS_GAS, ACCESS_LIST_KEY_GAS, intrinsicGasOf } from "./gas.js";
import { notFormed, type Parse, type ParsedTransaction, type ParseRefusal } from "./parsed.js";
import { decodeRlp, RlpReader } from "./rlp.js";

/** Kinds of Ethereum transactions by the first byte (EIP-2718); a legacy one has none and counts as 0. */
export const TRANSACTION_TYPE = { legacy: 0, accessList: 1, feeMarket: 2, blob: 3, setCode: 4 } as const;
/** Items in the list of each type; the last three are v (or y parity), r and s. */
export const FIELD_COUNT: readonly number[] = [9, 11, 12, 14, 13];
/** First byte of a list, and so of a legacy transaction. */
export const FIRST_LIST_BYTE = 0xc0;
/** Types from here on are no types (EIP-2718). */
const FIRST_NO_TYPE_BYTE = 0x80;

const INTEGER_BYTES_MAX = 32;
const ADDRESS_BYTES = 20;
const STORAGE_KEY_BYTES = 32;
const NO_BYTES = Buffer.alloc(0);

const UNSUPPORTED: Readonly<Record<number, RejectCode>> = {
  [TRANSACTION_TYPE.blob]: "BLOB_UNSUPPORTED",
  [TRANSACTION_TYPE.setCode]: "SET_CODE_UNSUPPORTED",
};

/** Reads a raw Ethereum transaction: legacy, EIP-2930 and EIP-1559; of types 3 and 4 only that they are such. */
export function parseEthereum(transaction: SignedTransaction): Parse {
  const raw = transaction.body;
  if (transaction.publicKey.length > 0 || transaction.signature.length > 0) {
    return notFormed("MALFORMED", "Beside an Ethereum transaction public key and signature must be empty.");
  }
  const first = raw[0];
  if (first === undefined) return notFormed("MALFORMED", "The body is empty.");
  if (first >= FIRST_LIST_BYTE) return new FieldReader(raw, TRANSACTION_TYPE.legacy, 0).parse();
  if (first >= FIRST_NO_TYPE_BYTE) return notFormed("MALFORMED", "The body is neither a list nor typed.");
  if (first === TRANSACTION_TYPE.accessList || first === TRANSACTION_TYPE.feeMarket) {
    return new FieldReader(raw, first, 1).parse();
  }
  const unsupported = UNSUPPORTED[first];
  if (unsupported !== undefined) return parseUnsupported(raw, first, unsupported);
  return {
    ok: false,
    code: "UNKNOWN_TRANSACTION_TYPE",
    detail: `Type ${first} is unknown here.`,
    formed: true,
  };
}

/** Types 3 and 4: of the right form as RLP goes, so that they have an id and a signer, and a chain id. */
function parseUnsupported(raw: Buffer, type: number, unsupported: RejectCode): Parse {
  const decoded = decodeRlp(raw.subarray(1));
  if (!decoded.ok) {
    const code = decoded.fault === "NON_CANONICAL" ? "NON_CANONICAL" : "MALFORMED";
    return notFormed(code, `Not one item of RLP: ${decoded.fault.toLowerCase()}.`);
  }
  const { item } = decoded;
  const chainId = Array.isArray(item) ? item[0] : undefined;
  // A blob transaction as it travels between nodes: a list of the transaction and its blobs. The id is of the former.
  if (type === TRANSACTION_TYPE.blob && Array.isArray(chainId))
    return notFormed(unsupported, "Type 3 with blobs.");
  if (!(chainId instanceof Uint8Array) || !Array.isArray(item) || item.length !== FIELD_COUNT[type]) {
    return notFormed("MALFORMED", `Not the fields of type ${type}.`);
  }
  if (chainId.length > INTEGER_BYTES_MAX) return notFormed("MALFORMED", "The chain id is too long.");
  if (chainId[0] === 0) return notFormed("NON_CANONICAL", "The chain id has a leading zero.");
  const parsed = { ...NOTHING, unsupported, chainId: numberIn(Buffer.from(chainId), 0, chainId.length) };
  return { ok: true, parsed };
}

const NOTHING: ParsedTransaction = {
  chainId: undefined,
  unsupported: undefined,
  claimedSender: undefined,
  recipient: NO_BYTES,
  amount: 0n,
  nonce: 0,
  gasLimit: 0,
  intrinsicGas: 0,
  gasPrice: 0n,
  gasPriceMax: 0n,
  validUntil: 0,
  priority: "MEDIUM",
};

/** Reads the fields in their order; the first fault stays in `#refusal`, and what is read after it means nothing. */
class FieldReader {
  readonly #raw: Buffer;
  readonly #type: number;
  readonly #fields: RlpReader;
  #refusal: ParseRefusal | undefined;
  #badSignature: string | undefined;

  constructor(raw: Buffer, type: number, listStart: number) {
    this.#raw = raw;
    this.#type = type;
    const list = new RlpReader(raw, listStart, raw.length);
    if (!list.next()) this.#refuseItem("transaction", list);
    else if (!list.isList) this.#refuse("MALFORMED", "The transaction is no list.");
    else if (list.end !== raw.length) this.#refuse("MALFORMED", "Bytes follow the transaction.");
    this.#fields = new RlpReader(raw, list.start, list.end);
  }

  parse(): Parse {
    const typed = this.#type !== TRANSACTION_TYPE.legacy;
    const typedChainId = typed ? this.#number("chain id") : undefined;
    const nonce = this.#number("nonce");
    const gasPrice = this.#bigint("gas price");
    const gasPriceMax = this.#type === TRANSACTION_TYPE.feeMarket ? this.#bigint("highest fee") : gasPrice;
    const gasLimit = this.#number("gas limit");
    const recipient = this.#recipient();
    const amount = this.#bigint("value");
    this.#bytes("data");
    let intrinsicGas = intrinsicGasOf(this.#raw, this.#fields.start, this.#fields.end);
    if (typed) intrinsicGas += this.#accessListGas();
    const v = this.#number(typed ? "y parity" : "v");
    const chainId = typed ? typedChainId : this.#legacyChainId(v);
    this.#integer("r");
    this.#integer("s");
    if (this.#fields.end < this.#fields.until)
      this.#refuse("MALFORMED", "The list has more items than fields.");
    if (this.#refusal) return this.#refusal;
    if (this.#badSignature)
      return { ok: false, code: "BAD_SIGNATURE", detail: this.#badSignature, formed: true };
    return {
      ok: true,
      parsed: {
        chainId,
        unsupported: recipient.length === 0 ? "CREATION_UNSUPPORTED" : undefined,
        claimedSender: undefined,
        recipient,
        amount,
        nonce,
        gasLimit,
        intrinsicGas,
        gasPrice,
        gasPriceMax,
        validUntil: 0,
        priority: "MEDIUM",
      },
    };
  }

  #bytes(name: string): void {
    const fields = this.#fields;
    if (!fields.next()) this.#refuseItem(name, fields);
    else if (fields.isList) this.#refuse("MALFORMED", `The ${name} is a list.`);
  }

  #integer(name: string): void {
    this.#bytes(name);
    const { start, end } = this.#fields;
    if (end - start > INTEGER_BYTES_MAX) this.#refuse("MALFORMED", `The ${name} has more than 32 bytes.`);
    if (end > start && this.#raw[start] === 0)
      this.#refuse("NON_CANONICAL", `The ${name} has a leading zero.`);
  }

  #number(name: string): number {
    this.#integer(name);
    return this.#refusal ? 0 : numberIn(this.#raw, this.#fields.start, this.#fields.end);
  }

  #bigint(name: string): bigint {
    this.#integer(name);
    return this.#refusal ? 0n : bigintIn(this.#raw, this.#fields.start, this.#fields.end);
  }

  #recipient(): Buffer {
    this.#bytes("recipient");
    const { start, end } = this.#fields;
    if (end !== start && end - start !== ADDRESS_BYTES)
      this.#refuse("MALFORMED", "The recipient has not 20 bytes.");
    return this.#raw.subarray(start, end);
  }

  /** EIP-155: v is 35 + 2 x chain id + y parity; before it 27 + y parity. Any other v belongs to no chain. */
  #legacyChainId(v: number): number | undefined {
    if (v === 27 || v === 28) return undefined;
    if (v < 35) this.#badSignature = `v is ${v}.`;
    return v === Number.POSITIVE_INFINITY ? v : Math.floor((v - 35) / 2);
  }

  /** EIP-2930: a list of pairs of an address and a list of storage keys. */
  #accessListGas(): number {
    const fields = this.#fields;
    let gas = 0;
    if (!fields.next()) this.#refuseItem("access list", fields);
    else if (!fields.isList) this.#refuse("MALFORMED", "The access list is no list.");
    if (this.#refusal) return 0;
    const entries = new RlpReader(this.#raw, fields.start, fields.end);
    while (entries.next()) gas += this.#accessListEntryGas(entries);
    if (entries.fault) this.#refuseItem("access list", entries);
    return gas;
  }

  #accessListEntryGas(entry: RlpReader): number {
    const pair = new RlpReader(this.#raw, entry.start, entry.end);
    const addressed = entry.isList && pair.next() && !pair.isList && pair.end - pair.start === ADDRESS_BYTES;
    if (!addressed || !pair.next() || !pair.isList || pair.end !== pair.until) {
      this.#refuseItem("access list", pair);
      return 0;
    }
    const keys = new RlpReader(this.#raw, pair.start, pair.end);
    let gas = ACCESS_LIST_ADDRESS_GAS;
    while (keys.next()) {
      if (keys.isList || keys.end - keys.start !== STORAGE_KEY_BYTES) this.#refuseItem("access list", keys);
      gas += ACCESS_LIST_KEY_GAS;
    }
    if (keys.fault) this.#refuseItem("access list", keys);
    return gas;
  }

  #refuseItem(name: string, reader: RlpReader): void {
    if (reader.fault === "NON_CANONICAL")
      this.#refuse("NON_CANONICAL", `The ${name} is not the shortest RLP.`);
    else this.#refuse("MALFORMED", `The ${name} is missing, cut short or of the wrong kind.`);
  }

  #refuse(code: RejectCode, detail: string): void {
    this.#refusal ??= notFormed(code, detail);
  }
}

/** An unsigned big-endian integer as a number; above 2^53 - 1 infinity. */
export function numberIn(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) value = value * 256 + bytes[index]!;
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.POSITIVE_INFINITY;
}

function bigintIn(bytes: Buffer, start: number, end: number): bigint {
  if (end === start) return 0n;
  if (end - start <= 6) return BigInt(bytes.readUIntBE(start, end - start));
  return BigInt(`0x${bytes.toString("hex", start, end)}`);
}
