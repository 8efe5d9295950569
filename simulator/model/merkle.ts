import { sha256 } from "./sha256.js";

/** RFC 9162 trees as the RFC defines them, by recursion over halves. */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
/** Root of a tree without leaves. */
export const EMPTY_ROOT = sha256();

export function leafOf(data: Uint8Array): Buffer {
  return sha256(LEAF, data);
}

/** The largest power of two below `count`, which is at least 2. */
function leftSize(count: number): number {
  let size = 1;
  while (2 * size < count) size *= 2;
  return size;
}

/** Root over the leaf hashes from `from` to before `to`. */
export function rootOf(leaves: readonly Buffer[], from = 0, to = leaves.length): Buffer {
  if (from === to) return EMPTY_ROOT;
  if (to - from === 1) return leaves[from]!;
  const middle = from + leftSize(to - from);
  return sha256(NODE, rootOf(leaves, from, middle), rootOf(leaves, middle, to));
}

/** Audit path of a leaf, from the leaf up. */
export function pathOf(leaves: readonly Buffer[], index: number): Buffer[] {
  const path: Buffer[] = [];
  let from = 0;
  let to = leaves.length;
  while (to - from > 1) {
    const middle = from + leftSize(to - from);
    if (index < middle) {
      path.unshift(rootOf(leaves, middle, to));
      to = middle;
    } else {
      path.unshift(rootOf(leaves, from, middle));
      from = middle;
    }
  }
  return path;
}

/** The root that the path leads to from a leaf hash; undefined where the path has not the leaf's length. */
export function rootByPath(
  leaf: Buffer,
  index: number,
  count: number,
  path: readonly Buffer[],
): Buffer | undefined {
  if (index < 0 || index >= count) return undefined;
  if (count === 1) return path.length === 0 ? leaf : undefined;
  const sibling = path.at(-1);
  if (!sibling) return undefined;
  const below = path.slice(0, -1);
  const left = leftSize(count);
  if (index < left) {
    const root = rootByPath(leaf, index, left, below);
    return root && sha256(NODE, root, sibling);
  }
  const root = rootByPath(leaf, index - left, count - left, below);
  return root && sha256(NODE, sibling, root);
}
