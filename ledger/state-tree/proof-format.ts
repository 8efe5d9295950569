import { HASH_BYTES } from "../crypto/hash.js";
import { isFieldElement } from "../crypto/poseidon.js";
import { keyBytes, keyOfBytes, type StateKey } from "../state/key.js";
import { ByteReader } from "./byte-reader.js";
import { EMPTY_ROOTS } from "./digest.js";
import { isUnder, POSITION_BITS, POSITION_BYTES, SHARD_DEPTH_MAX } from "./position.js";
import { type ProofBranch, type ProofEnd, type ProofRefusal, refused, type StateProof } from "./proof.js";

// The bytes of a proof; whatever is not written so is refused, so a proof has one form. Numbers have the higher byte first.
//
//   1       version: 1
//   1       end: 0 nothing, 1 the key's value, 2 another key's leaf
//   1       bits of the shard's prefix, at most 16
//   0-2     the prefix, from the highest bit on; bits left over are zero
//   1, n    length of the key and the key
//   2, n    with end 1: length of the value and the value
//   32, 32  with end 2: position of the other leaf and hash of its value
//   0-2     a bit for each always hashed level below the prefix, from the highest bit on: whether a sibling is given.
//           One that isn't is the empty root of its depth, and is never given. Bits left over are zero
//   32 each these siblings
//   1       number of branches below
//   33 each a branch's bit, ascending, and its sibling; none with end 0

/** The one version there is. */
export const PROOF_VERSION = 1;
/** Bytes of a key; it begins with a placement (32 bytes) and a kind. */
export const PROOF_KEY_BYTES_MIN = 33;
export const PROOF_KEY_BYTES_MAX = 255;
/** Bytes of a value that can be proved. */
export const PROOF_VALUE_BYTES_MAX = 65_535;
const BRANCH_BYTES = 1 + HASH_BYTES;
/** A branch for each bit below the levels that are always hashed. */
const BRANCHES_MAX = POSITION_BITS - SHARD_DEPTH_MAX;
/** No proof has more bytes. One of an account among a million has below 1,000. */
export const PROOF_BYTES_MAX =
  3 +
  bytesOfBits(SHARD_DEPTH_MAX) +
  (1 + PROOF_KEY_BYTES_MAX) +
  (2 + PROOF_VALUE_BYTES_MAX) +
  bytesOfBits(SHARD_DEPTH_MAX) +
  SHARD_DEPTH_MAX * HASH_BYTES +
  (1 + BRANCHES_MAX * BRANCH_BYTES);

const END_CODES = { nothing: 0, value: 1, other: 2 } as const satisfies Record<ProofEnd["kind"], number>;

function bytesOfBits(bits: number): number {
  return Math.ceil(bits / 8);
}

/** @throws RangeError when key or value are longer than a proof can say. */
export function encodeStateProof(proof: StateProof): Buffer {
  const { prefix, end, siblings, branches } = proof;
  const key = keyBytes(proof.key);
  if (key.length < PROOF_KEY_BYTES_MIN || key.length > PROOF_KEY_BYTES_MAX)
    throw new RangeError(`a key of ${key.length} bytes has no place in a proof`);
  const given = siblings.filter((sibling) => sibling !== undefined);
  return Buffer.concat([
    Buffer.of(PROOF_VERSION, END_CODES[end.kind], prefix.length),
    packBits(Array.from(prefix, (bit) => bit === "1")),
    Buffer.of(key.length),
    key,
    ...encodeEnd(end),
    packBits(siblings.map((sibling) => sibling !== undefined)),
    ...given,
    Buffer.of(branches.length),
    ...branches.flatMap(({ bit, sibling }) => [Buffer.of(bit), sibling]),
  ]);
}

function encodeEnd(end: ProofEnd): Buffer[] {
  if (end.kind === "nothing") return [];
  if (end.kind === "other") return [end.position, end.valueHash];
  const { valueBytes } = end;
  if (valueBytes.length > PROOF_VALUE_BYTES_MAX)
    throw new RangeError(`a value of ${valueBytes.length} bytes has no place in a proof`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(valueBytes.length);
  return [length, valueBytes];
}

/** Eight a byte, from the highest bit on. */
function packBits(bits: readonly boolean[]): Buffer {
  const packed = Buffer.alloc(bytesOfBits(bits.length));
  for (const [index, bit] of bits.entries()) if (bit) packed[index >> 3]! |= 0x80 >> (index & 7);
  return packed;
}

/** Undefined where a bit left over is set. */
function unpackBits(packed: Buffer, count: number): boolean[] | undefined {
  const bits = Array.from(
    { length: count },
    (_, index) => (packed[index >> 3]! & (0x80 >> (index & 7))) !== 0,
  );
  return packBits(bits).equals(packed) ? bits : undefined;
}

export type DecodedProof = { readonly ok: true; readonly proof: StateProof } | ProofRefusal;

/** Reads a proof; never throws, whatever the bytes. What it says is checked by `checkStateProof`. */
export function decodeStateProof(bytes: Uint8Array): DecodedProof {
  if (bytes.length > PROOF_BYTES_MAX) return refused("OVERSIZED");
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (reader.isShort) return refused("TRUNCATED");
  if (version !== PROOF_VERSION) return refused("VERSION");
  const proof = readProof(reader);
  if (reader.isShort) return refused("TRUNCATED");
  if (proof === undefined) return refused("NON_CANONICAL");
  if (reader.left > 0) return refused("OVERSIZED");
  if (!isUnder(proof.prefix, keyBytes(proof.key))) return refused("WRONG_SHARD");
  return { ok: true, proof };
}

/** Undefined where the form isn't the one. What comes after bytes that aren't there is zeros. */
function readProof(reader: ByteReader): StateProof | undefined {
  const endCode = reader.byte();
  const prefixBits = reader.byte();
  if (prefixBits > SHARD_DEPTH_MAX) return undefined;
  const prefix = unpackBits(reader.take(bytesOfBits(prefixBits)), prefixBits)
    ?.map((bit) => (bit ? "1" : "0"))
    .join("");
  const key = readKey(reader);
  const end = readEnd(reader, endCode);
  if (prefix === undefined || key === undefined || end === undefined) return undefined;
  const siblings = readSiblings(reader, prefixBits);
  const branches = readBranches(reader);
  if (siblings === undefined || branches === undefined) return undefined;
  // A branch has a leaf on each side, so below one no place is empty.
  if (end.kind === "nothing" && branches.length > 0) return undefined;
  return { prefix, key, end, siblings, branches };
}

function readKey(reader: ByteReader): StateKey | undefined {
  const length = reader.byte();
  const key = reader.take(length);
  return length < PROOF_KEY_BYTES_MIN ? undefined : keyOfBytes(key);
}

function readEnd(reader: ByteReader, code: number): ProofEnd | undefined {
  switch (code) {
    case END_CODES.nothing:
      return { kind: "nothing" };
    case END_CODES.value:
      return { kind: "value", valueBytes: reader.take(reader.uint16()) };
    case END_CODES.other:
      return { kind: "other", position: reader.take(POSITION_BYTES), valueHash: reader.take(HASH_BYTES) };
    default:
      return undefined;
  }
}

function readSiblings(reader: ByteReader, prefixBits: number): (Buffer | undefined)[] | undefined {
  const levels = SHARD_DEPTH_MAX - prefixBits;
  const given = unpackBits(reader.take(bytesOfBits(levels)), levels);
  const siblings = given?.map((isGiven) => (isGiven ? reader.take(HASH_BYTES) : undefined));
  const isWrong = (sibling: Buffer | undefined, level: number) =>
    sibling !== undefined &&
    (!isFieldElement(sibling) || sibling.equals(EMPTY_ROOTS[prefixBits + level + 1]!));
  return siblings?.some(isWrong) ? undefined : siblings;
}

function readBranches(reader: ByteReader): ProofBranch[] | undefined {
  const count = reader.byte();
  if (count > BRANCHES_MAX) return undefined;
  const branches: ProofBranch[] = [];
  let bitBefore = SHARD_DEPTH_MAX - 1;
  for (let index = 0; index < count; index++) {
    const bit = reader.byte();
    const sibling = reader.take(HASH_BYTES);
    if (bit <= bitBefore || !isFieldElement(sibling)) return undefined;
    branches.push({ bit, sibling });
    bitBefore = bit;
  }
  return branches;
}
