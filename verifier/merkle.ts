import { equal } from "./bytes.js";
import { sha256 } from "./hash.js";
import type { PathStep } from "./proof-file.js";

// Merkle trees of RFC 9162.

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
/** Steps of an audit path: more leaves than 2^32 has no tree. */
export const PATH_STEPS_MAX = 32;

/** Hash of a leaf. */
export function leafHash(...data: readonly Uint8Array[]): Uint8Array {
  return sha256(LEAF, ...data);
}

/** Root over the hashes of all leaves; there is at least one. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    // An odd last node is carried up: the same tree as in the recursion of RFC 9162, 2.1.1.
    for (let index = 0; index < level.length; index += 2) {
      const [left, right] = [level[index]!, level[index + 1]];
      above.push(right ? sha256(NODE, left, right) : left);
    }
    level = above;
  }
  return level[0]!;
}

/** Whether a path leads from a leaf's hash up to a root. */
export function leadsTo(root: Uint8Array, leaf: Uint8Array, path: readonly PathStep[]): boolean {
  if (path.length > PATH_STEPS_MAX) return false;
  const top = path.reduce(
    (hash, { isLeft, sibling }) => (isLeft ? sha256(NODE, sibling, hash) : sha256(NODE, hash, sibling)),
    leaf,
  );
  return equal(top, root);
}

/** Whether a path is one of the leaf at `index` of `count`: its sides follow from these two. */
export function isPathOf(index: number, count: number, path: readonly PathStep[]): boolean {
  const sides: boolean[] = [];
  let position = index;
  let last = count - 1;
  while (last > 0) {
    if (position % 2 === 1) sides.push(true);
    else if (position < last) sides.push(false); // else: carried up, there is nothing beside it
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return sides.length === path.length && sides.every((isLeft, step) => path[step]!.isLeft === isLeft);
}
