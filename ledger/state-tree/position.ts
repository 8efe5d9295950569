import { sha256 } from "../crypto/hash.js";
import { keyBytes, type StateKey } from "../state/key.js";
import { TOPOLOGY_BITS_MAX } from "../topology.js";

/** Length of a position, in bytes and bits. */
export const POSITION_BYTES = 32;
export const POSITION_BITS = 8 * POSITION_BYTES;
/** Levels that are always hashed: a shard's prefix has at most so many bits, so shards are cut above this depth only. */
export const SHARD_DEPTH_MAX = TOPOLOGY_BITS_MAX;

const SHARD_BYTES = SHARD_DEPTH_MAX / 8;
const DOMAIN = Buffer.from("rustorium/state-position/v1\0");

/**
 * Where a key's leaf is in the tree, 32 bytes; bit 0 is the highest bit of the first.
 *
 * The first `SHARD_DEPTH_MAX` bits are the placement's, with which each state key begins: a shard owns the keys under
 * its prefix, so its tree is a subtree of the one tree. The others are of SHA-256 over the whole key with a domain of its
 * own, as an account shares its placement with its escrows. Two keys at one position would be two strings with the same
 * 240 bits of SHA-256: 2^120 hashes to find any, where two public keys of one account id (160 bits) take 2^80.
 */
export function positionOf(key: StateKey): Buffer {
  const bytes = keyBytes(key);
  const position = Buffer.from(sha256(DOMAIN, bytes));
  bytes.copy(position, 0, 0, SHARD_BYTES);
  return position;
}

/** A bit of the position that begins at an offset. */
export function bitAt(positions: Uint8Array, offset: number, bit: number): 0 | 1 {
  return ((positions[offset + (bit >> 3)]! >> (7 - (bit & 7))) & 1) as 0 | 1;
}

/** First bit at which two positions differ, `POSITION_BITS` where there is none. */
export function firstDifference(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number): number {
  for (let index = 0; index < POSITION_BYTES; index++) {
    const difference = a[aOffset + index]! ^ b[bOffset + index]!;
    if (difference !== 0) return 8 * index + Math.clz32(difference) - 24;
  }
  return POSITION_BITS;
}

/** Whether a position is under a shard's prefix (bits as text). */
export function isUnder(prefix: string, positions: Uint8Array, offset = 0): boolean {
  for (let bit = 0; bit < prefix.length; bit++)
    if (bitAt(positions, offset, bit) !== Number(prefix[bit])) return false;
  return true;
}

/**
 * Refuses what is no prefix of a shard.
 *
 * @throws RangeError
 */
export function checkPrefix(prefix: string): void {
  if (prefix.length > SHARD_DEPTH_MAX || !/^[01]*$/.test(prefix))
    throw new RangeError(`not a shard's prefix of at most ${SHARD_DEPTH_MAX} bits: ${prefix.slice(0, 40)}`);
}
