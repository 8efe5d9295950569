import type { PathStep } from "../schemas/generated.js";
import { HASH_BYTES, sha256, sha256Node } from "./crypto/hash.js";
import { MERKLE_KERNEL } from "./crypto/merkle-kernel.generated.js";
import { loadMerkleKernel } from "./crypto/merkle-kernel.js";
import type { TreeHasher } from "./crypto/tree-hasher.js";

const LEAF = Buffer.from([0]);
const NODE = 1;
/** Root of a tree without leaves (RFC 9162: the hash of nothing). */
export const EMPTY_ROOT = sha256();

/** Hash of one leaf (RFC 9162, 2.1.1). */
export function leafHash(data: Uint8Array): Buffer {
  return sha256(LEAF, data);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256Node(NODE, left, right);
}

/** Largest power of two below n (n ≥ 2). */
function splitPoint(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}

/** Merkle tree hash of leaf hashes, RFC 9162 shape. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return EMPTY_ROOT;
  // Pairing level by level, with an odd last node carried up, gives the same tree as RFC 9162's recursion.
  let level: Buffer[] = leaves as Buffer[];
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) next.push(nodeHash(level[i]!, level[i + 1]!));
    if (level.length % 2 === 1) next.push(level[level.length - 1]!);
    level = next;
  }
  return level[0]!;
}

/** The same hashes one by one, for engines without vectors. */
export const plainTreeHasher: TreeHasher = {
  leafHashes: (items) => Buffer.concat(items.map(leafHash)),
  rootOf: (hashes) =>
    merkleRoot(
      Array.from({ length: hashes.length / HASH_BYTES }, (_, index) =>
        hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
      ),
    ),
};
const treeHasher = loadMerkleKernel(Buffer.from(MERKLE_KERNEL, "base64")) ?? plainTreeHasher;

/** Merkle tree hash of leaves with these bytes: the same as `merkleRoot` of their hashes, but all in one go. */
export function merkleRootOf(items: readonly Uint8Array[], hasher = treeHasher): Buffer {
  return items.length === 0 ? EMPTY_ROOT : hasher.rootOf(hasher.leafHashes(items));
}

/**
 * Leaves that are kept as they are before they are hashed together. Their bytes can be parts of large buffers, which
 * stay alive as long: fetches of the log have up to 1 MiB, and a block can stay open while whoever closes it is away.
 */
export const LEAVES_WAITING_MAX = 64;

/** A tree that gets its leaves one by one. Their bytes must not change before the root is taken. */
export class GrowingTree {
  private waiting: Uint8Array[] = [];
  private readonly hashed: Buffer[] = [];
  private count = 0;

  constructor(private readonly hasher = treeHasher) {}

  /** How many leaves there are. */
  get length(): number {
    return this.count;
  }

  push(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.count += 1;
    if (this.waiting.length >= LEAVES_WAITING_MAX) this.hashWaiting();
  }

  root(): Buffer {
    if (this.count === 0) return EMPTY_ROOT;
    this.hashWaiting();
    return this.hasher.rootOf(Buffer.concat(this.hashed));
  }

  private hashWaiting(): void {
    this.hashed.push(this.hasher.leafHashes(this.waiting));
    this.waiting = [];
  }
}

/** Audit path of the leaf at `index`, from the leaf up (RFC 9162, 2.1.3.1). */
export function merkleProof(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return [];
  const k = splitPoint(leaves.length);
  return index < k
    ? [...merkleProof(leaves.slice(0, k), index), merkleRoot(leaves.slice(k))]
    : [...merkleProof(leaves.slice(k), index - k), merkleRoot(leaves.slice(0, k))];
}

/** The same path with the side that each hash is on: whoever checks it needs to know neither index nor count. */
export function merklePath(leaves: readonly Buffer[], index: number): PathStep[] {
  const steps: PathStep[] = [];
  let level: readonly Buffer[] = leaves;
  let position = index;
  while (level.length > 1) {
    const isLeft = position % 2 === 1;
    // The odd last node of a level has nothing beside it: it is carried up.
    const sibling = level[isLeft ? position - 1 : position + 1];
    if (sibling) steps.push({ isLeft, sibling });
    const next: Buffer[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) next.push(nodeHash(level[i]!, level[i + 1]!));
    if (level.length % 2 === 1) next.push(level[level.length - 1]!);
    level = next;
    position = Math.floor(position / 2);
  }
  return steps;
}

/** Whether `proof` leads from the leaf hash at `index` of `count` to `root` (RFC 9162, 2.1.3.2). */
export function verifyMerkleProof(
  leaf: Buffer,
  index: number,
  count: number,
  proof: readonly Buffer[],
  root: Buffer,
): boolean {
  if (index < 0 || index >= count) return false;
  let position = index;
  let last = count - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hash.equals(root);
}
