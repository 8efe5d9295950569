import { HASH_BYTES, sha256 } from "../crypto/hash.js";
import { PAIR_BYTES } from "../crypto/pair-hasher.js";
import { pairHasher, poseidonPair } from "../crypto/poseidon.js";
import { SHARD_DEPTH_MAX } from "./position.js";

// What a digest in the tree is. Every one is a field element of 32 bytes, the highest byte first.
//
//   empty(d)      d = SHARD_DEPTH_MAX: 0. Above: node(empty(d+1), empty(d+1)).
//   leaf          P(LEAF·2^128 + high, low) of the two halves of
//                 SHA-256("rustorium/state-leaf/v1\0" ‖ position ‖ SHA-256(value)).
//   node(l, r)    P(l, r).
//   skipped(n, b) P(n, SKIP·2^128 + b): a node that branches at bit b, where levels above it were left out.
//
// A SHA-256 digest has more values than the field, so it goes in as two halves of 128 bits: no two digests are one
// element. Tags are above the halves. What separates the kinds: but for the empty place's 0, an element below 2^136 is a
// subtree's digest only by 2^118 attempts. So a node's children can be neither a leaf's halves (the left one is 2^128 or
// more) nor a skip's right side. That holds for digests that were worked out. One that comes with a proof is only said to
// be one, so whoever takes it as a branch's sibling asks `canBeDigest`: else a skip's right side could pass for it, and
// the skip for a branch at another bit.

/** Tag over the first half of a leaf's content. */
const LEAF_TAG = 1;
/** Tag over the bit that a node branches at, in what stands for the node and the levels above it. */
const SKIP_TAG = 2;
const HALF_BYTES = HASH_BYTES / 2;
/** Where a tag is in a field element: above the lower 128 bits. */
const TAG_AT = HASH_BYTES - HALF_BYTES - 1;
const LEAF_DOMAIN = Buffer.from("rustorium/state-leaf/v1\0");

/** Hash of a leaf's value: Avro bytes, with the value's place in the union. */
export function valueHashOf(valueBytes: Uint8Array): Buffer {
  return sha256(valueBytes);
}

/** Writes the pair (64 bytes) that a leaf's digest is the hash of. */
export function writeLeafPair(
  pairs: Uint8Array,
  offset: number,
  position: Uint8Array,
  valueHash: Uint8Array,
): void {
  const content = sha256(LEAF_DOMAIN, position, valueHash);
  pairs.fill(0, offset, offset + PAIR_BYTES);
  pairs[offset + TAG_AT] = LEAF_TAG;
  pairs.set(content.subarray(0, HALF_BYTES), offset + HALF_BYTES);
  pairs.set(content.subarray(HALF_BYTES), offset + HASH_BYTES + HALF_BYTES);
}

/** Writes the right side (32 bytes) of the pair that stands for a node and the levels left out above it. */
export function writeSkip(pairs: Uint8Array, offset: number, bit: number): void {
  pairs.fill(0, offset, offset + HASH_BYTES);
  pairs[offset + TAG_AT] = SKIP_TAG;
  pairs[offset + HASH_BYTES - 1] = bit;
}

/** Whether a field element can be the digest of what hangs in a place; what can't be is what kinds are told apart by. */
export function canBeDigest(element: Uint8Array): boolean {
  return element.subarray(0, TAG_AT).some((byte) => byte !== 0);
}

export function leafDigest(position: Uint8Array, valueHash: Uint8Array, hasher = pairHasher): Buffer {
  const pair = Buffer.allocUnsafe(PAIR_BYTES);
  writeLeafPair(pair, 0, position, valueHash);
  return hasher.hashPairs(pair);
}

export function skippedDigest(node: Uint8Array, bit: number, hasher = pairHasher): Buffer {
  const pair = Buffer.allocUnsafe(PAIR_BYTES);
  pair.set(node);
  writeSkip(pair, HASH_BYTES, bit);
  return hasher.hashPairs(pair);
}

/**
 * Root of a tree from the roots of its two halves, of two shards the root of the shard that they were split from.
 *
 * @throws RangeError when one is not a field element.
 */
export function parentRoot(left: Uint8Array, right: Uint8Array): Buffer {
  return poseidonPair(left, right);
}

/** Roots of empty subtrees by depth, up to `SHARD_DEPTH_MAX`. */
export const EMPTY_ROOTS: readonly Buffer[] = emptyRoots();

function emptyRoots(): Buffer[] {
  const roots: Buffer[] = [Buffer.alloc(HASH_BYTES)];
  while (roots.length <= SHARD_DEPTH_MAX) roots.unshift(parentRoot(roots[0]!, roots[0]!));
  return roots;
}
