import { HASH_BYTES } from "../crypto/hash.js";
import { PAIR_BYTES, type PairHasher } from "../crypto/pair-hasher.js";
import { writeLeafPair, writeSkip } from "./digest.js";
import type { Node, Nodes } from "./nodes.js";
import { POSITION_BITS } from "./position.js";

/** Pairs written down before they are hashed together; 256 KiB. */
const PAIRS_AT_ONCE = 4_096;

/** Gives the leaves and then the branches their digests, each once: the lowest branches first, level by level. */
export function rehash(
  nodes: Nodes,
  leaves: readonly Node[],
  branches: ReadonlySet<Node>,
  hasher: PairHasher,
): void {
  const hash = (some: readonly Node[], write: (pairs: Buffer, offset: number, node: Node) => void) =>
    hashNodes(nodes, some, hasher, write);
  hash(leaves, (pairs, offset, leaf) =>
    writeLeafPair(pairs, offset, nodes.position(leaf), nodes.valueHash(leaf)),
  );
  const levels: Node[][] = Array.from({ length: POSITION_BITS }, () => []);
  for (const branch of branches) levels[nodes.bit(branch)]!.push(branch);
  for (let bit = POSITION_BITS - 1; bit >= 0; bit--) {
    const level = levels[bit]!;
    hash(level, (pairs, offset, branch) => {
      pairs.set(nodes.digest(nodes.left(branch), bit + 1), offset);
      pairs.set(nodes.digest(nodes.right(branch), bit + 1), offset + HASH_BYTES);
    });
    const skipping = level.filter((branch) => nodes.depth(branch) < bit);
    hash(skipping, (pairs, offset, branch) => {
      pairs.set(nodes.digest(branch, bit), offset);
      writeSkip(pairs, offset + HASH_BYTES, bit);
    });
  }
}

function hashNodes(
  nodes: Nodes,
  some: readonly Node[],
  hasher: PairHasher,
  write: (pairs: Buffer, offset: number, node: Node) => void,
): void {
  for (let from = 0; from < some.length; from += PAIRS_AT_ONCE) {
    const piece = some.slice(from, from + PAIRS_AT_ONCE);
    const pairs = Buffer.allocUnsafe(piece.length * PAIR_BYTES);
    for (const [index, node] of piece.entries()) write(pairs, index * PAIR_BYTES, node);
    const digests = hasher.hashPairs(pairs);
    for (const [index, node] of piece.entries())
      nodes.setDigest(node, digests.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
  }
}
