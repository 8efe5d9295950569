import { ascii } from "./bytes.js";
import { elementOf, FIELD_BYTES } from "./field.js";
import { sha256 } from "./hash.js";
import { poseidon } from "./poseidon.js";
import { SHARD_DEPTH_MAX } from "./state-key.js";

// Digests of the state's tree: field elements. What each is the hash of: ARCHITECTURE.md, "The state tree".

/** Over the first half of a leaf's content. */
const LEAF_TAG = 1n << 128n;
/** Over the bit that a node branches at, in what stands for the node and the levels left out above it. */
const SKIP_TAG = 2n << 128n;
/** Below it is what kinds of digests are told apart by, and no digest but the empty place's 0. */
const DIGEST_MIN = 1n << 136n;
const LEAF_DOMAIN = ascii("rustorium/state-leaf/v1\0");
const HALF_BYTES = FIELD_BYTES / 2;

/** Whether an element can be the digest of what hangs below a branch. */
export function canBeDigest(element: bigint): boolean {
  return element >= DIGEST_MIN;
}

/** Digest of a leaf, from its position and the SHA-256 of its value, 32 bytes each. */
export function leafDigest(position: Uint8Array, valueHash: Uint8Array): bigint {
  const content = sha256(LEAF_DOMAIN, position, valueHash);
  return poseidon(LEAF_TAG + halfOf(content, 0), halfOf(content, HALF_BYTES));
}

/** Digest that stands for a node, which branches at a bit, and for the levels left out above it. */
export function skippedDigest(node: bigint, bit: number): bigint {
  return poseidon(node, SKIP_TAG + BigInt(bit));
}

/** A number of 16 bytes. */
function halfOf(bytes: Uint8Array, at: number): bigint {
  const whole = new Uint8Array(FIELD_BYTES);
  whole.set(bytes.subarray(at, at + HALF_BYTES), HALF_BYTES);
  return elementOf(whole)!;
}

const emptyRoots: bigint[] = [];

/** Root of an empty subtree at a depth, up to `SHARD_DEPTH_MAX`. */
export function emptyRoot(depth: number): bigint {
  if (emptyRoots.length === 0) {
    emptyRoots[SHARD_DEPTH_MAX] = 0n;
    for (let above = SHARD_DEPTH_MAX - 1; above >= 0; above--)
      emptyRoots[above] = poseidon(emptyRoots[above + 1]!, emptyRoots[above + 1]!);
  }
  return emptyRoots[depth]!;
}
