import { poseidon } from "../../verifier/poseidon.js";
import { emptyRoot } from "../../verifier/state-digest.js";
import { sha256 } from "./sha256.js";

// The root of a shard's state by its definition (ARCHITECTURE.md, "The state tree"): from all leaves at once, by recursion.
// Poseidon is the verifier's, which shares nothing with the stages' either.

/** Hash of two field elements, 32 bytes each. */
export type HashPair = (left: Buffer, right: Buffer) => Buffer;

export const poseidonOfVerifier: HashPair = (left, right) =>
  bytesOf(poseidon(elementOf(left), elementOf(right)));

/** Levels that are always hashed. */
const SHARD_DEPTH = 16;
const POSITION_DOMAIN = Buffer.from("rustorium/state-position/v1\0");
const LEAF_DOMAIN = Buffer.from("rustorium/state-leaf/v1\0");
const LEAF_TAG = 1;
const SKIP_TAG = 2;
/** Where a tag is in an element's bytes: above the lower 128 bits. */
const TAG_AT = 15;

interface Leaf {
  readonly position: Buffer;
  readonly digest: Buffer;
}

export function elementOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(element: bigint): Buffer {
  return Buffer.from(element.toString(16).padStart(64, "0"), "hex");
}

const empty = Array.from({ length: SHARD_DEPTH + 1 }, (_, depth) => bytesOf(emptyRoot(depth)));

/**
 * Root of the shard with a prefix (bits as text).
 * @param values by state key (latin1): Avro bytes with the place in the union
 */
export function stateRootOf(prefix: string, values: ReadonlyMap<string, Buffer>, hashPair: HashPair): Buffer {
  const leaves = [...values].map(([key, value]) => leafOf(key, value, hashPair));
  return digestAt(prefix.length, leaves, hashPair);
}

function leafOf(key: string, value: Buffer, hashPair: HashPair): Leaf {
  const keyBytes = Buffer.from(key, "latin1");
  const position = sha256(POSITION_DOMAIN, keyBytes);
  keyBytes.copy(position, 0, 0, SHARD_DEPTH / 8);
  const content = sha256(LEAF_DOMAIN, position, sha256(value));
  const high = tagged(LEAF_TAG);
  content.copy(high, TAG_AT + 1, 0, 16);
  const low = Buffer.alloc(32);
  content.copy(low, TAG_AT + 1, 16);
  return { position, digest: hashPair(high, low) };
}

function tagged(tag: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes[TAG_AT] = tag;
  return bytes;
}

function bitOf({ position }: Leaf, bit: number): number {
  return (position[bit >> 3]! >> (7 - (bit & 7))) & 1;
}

/** Digest of what hangs at a place of a depth. */
function digestAt(depth: number, leaves: readonly Leaf[], hashPair: HashPair): Buffer {
  if (leaves.length === 0) return empty[Math.min(depth, SHARD_DEPTH)]!;
  if (depth < SHARD_DEPTH) return branchAt(depth, leaves, hashPair);
  if (leaves.length === 1) return leaves[0]!.digest;
  let bit = depth;
  while (leaves.every((leaf) => bitOf(leaf, bit) === bitOf(leaves[0]!, bit))) bit++;
  const branch = branchAt(bit, leaves, hashPair);
  if (bit === depth) return branch;
  const skip = tagged(SKIP_TAG);
  skip[31] = bit;
  return hashPair(branch, skip);
}

function branchAt(bit: number, leaves: readonly Leaf[], hashPair: HashPair): Buffer {
  const half = (side: number) =>
    digestAt(
      bit + 1,
      leaves.filter((leaf) => bitOf(leaf, bit) === side),
      hashPair,
    );
  return hashPair(half(0), half(1));
}
