import { HASH_BYTES } from "../crypto/hash.js";
import { isFieldElement } from "../crypto/poseidon.js";
import { parentRoot } from "./digest.js";
import { checkPrefix, SHARD_DEPTH_MAX } from "./position.js";

/** Roots of the shards' trees by their prefixes (bits as text): the top of the one tree. */
export type ShardRoots = ReadonlyMap<string, Uint8Array>;

/**
 * Root of the one tree over all shards.
 *
 * @throws RangeError when a position has no shard or two.
 */
export function globalRoot(roots: ShardRoots): Buffer {
  checkShards(roots);
  return rootAt(roots, "");
}

/**
 * Proves that a shard's root is in the global root.
 *
 * @returns the roots beside the way, from the shard's up: one for each bit of its prefix.
 * @throws RangeError when a position has no shard or two, or the shard is not there.
 */
export function proveShardRoot(roots: ShardRoots, prefix: string): Buffer[] {
  checkShards(roots);
  if (!roots.has(prefix)) throw new RangeError(`no shard has the prefix ${prefix}`);
  return Array.from(prefix, (bit, depth) =>
    rootAt(roots, `${prefix.slice(0, depth)}${bit === "0" ? "1" : "0"}`),
  ).reverse();
}

/** Whether the siblings lead from the root of the subtree at a prefix to the global root; never throws. */
export function verifyShardRoot(
  prefix: string,
  root: Uint8Array,
  siblings: readonly Uint8Array[],
  global: Uint8Array,
): boolean {
  const isPrefix = prefix.length <= SHARD_DEPTH_MAX && /^[01]*$/.test(prefix);
  if (!isPrefix || siblings.length !== prefix.length) return false;
  if (![root, ...siblings].every((digest) => digest.length === HASH_BYTES && isFieldElement(digest)))
    return false;
  let digest: Uint8Array = root;
  for (const [index, sibling] of siblings.entries())
    digest = prefix.at(-1 - index) === "0" ? parentRoot(digest, sibling) : parentRoot(sibling, digest);
  return Buffer.compare(digest, global) === 0;
}

/** What hangs below a prefix is one shard, or two halves with shards below. */
function rootAt(roots: ShardRoots, prefix: string): Buffer {
  const root = roots.get(prefix);
  return root ? Buffer.from(root) : parentRoot(rootAt(roots, `${prefix}0`), rootAt(roots, `${prefix}1`));
}

function checkShards(roots: ShardRoots): void {
  let places = 0;
  for (const prefix of roots.keys()) {
    checkPrefix(prefix);
    places += 2 ** (SHARD_DEPTH_MAX - prefix.length);
    for (let length = 0; length < prefix.length; length++)
      if (roots.has(prefix.slice(0, length))) throw new RangeError(`${prefix} lies in another shard`);
  }
  if (places !== 2 ** SHARD_DEPTH_MAX) throw new RangeError("some positions have no shard");
}
