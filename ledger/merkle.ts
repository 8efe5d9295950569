import { sha256, sha256Node } from "./crypto/hash.js";

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

/** Audit path of the leaf at `index`, from the leaf up (RFC 9162, 2.1.3.1). */
export function merkleProof(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return [];
  const k = splitPoint(leaves.length);
  return index < k
    ? [...merkleProof(leaves.slice(0, k), index), merkleRoot(leaves.slice(k))]
    : [...merkleProof(leaves.slice(k), index - k), merkleRoot(leaves.slice(0, k))];
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
