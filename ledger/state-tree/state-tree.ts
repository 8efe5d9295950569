import type { PairHasher } from "../crypto/pair-hasher.js";
import { pairHasher } from "../crypto/poseidon.js";
import type { StateKey } from "../state/key.js";
import { Batch } from "./batch.js";
import { type LeafChange, placeChanges } from "./changes.js";
import { valueHashOf } from "./digest.js";
import { LEAVES_MAX, NOTHING, type Node, Nodes } from "./nodes.js";
import { bitAt, checkPrefix, isUnder, positionOf, SHARD_DEPTH_MAX } from "./position.js";
import type { ProofEnd, StateProof } from "./proof.js";
import { rehash } from "./rehash.js";

/**
 * The state of one shard as a binary sparse Merkle tree with Poseidon: a leaf for each key, at the key's position.
 *
 * There is one tree over all positions, and a shard's is the subtree at its prefix. Down to depth `SHARD_DEPTH_MAX`
 * every level is hashed, empty places too, so at each depth where shards are cut the root of the whole is the hash of the
 * roots of the halves (`parentRoot`). Below, paths are compressed: a place with one leaf below has that leaf's digest,
 * and one with more has that of the branch at the first bit at which they differ, with the bit hashed in where levels
 * were left out. Digests are defined in digest.ts. The root depends on the leaves alone, not on how they came.
 *
 * Synchronous, and changed in place. One batch hashes each node that it touches once.
 */
export class StateTree {
  private readonly nodes = new Nodes();
  private top: Node = NOTHING;

  /**
   * @param prefix of the shard, bits as text.
   * @throws RangeError when it is none.
   */
  constructor(
    readonly prefix: string,
    private readonly hasher: PairHasher = pairHasher,
  ) {
    checkPrefix(prefix);
  }

  /** How many leaves there are. */
  get size(): number {
    return this.nodes.leafCount;
  }

  /** Memory of the nodes, in bytes. */
  get bytes(): number {
    return this.nodes.bytes;
  }

  /** The root: 32 bytes, a field element. */
  get root(): Buffer {
    return Buffer.from(this.nodes.digest(this.top, this.prefix.length));
  }

  /**
   * Takes in changes, in any order. To remove what isn't there changes nothing. What a batch needs besides the nodes
   * grows with it, some 400 bytes a change: a state of millions of leaves is better laid out in pieces.
   *
   * @throws RangeError when a key is another shard's or there twice, or the leaves could be more than `LEAVES_MAX`;
   *   then nothing is changed.
   */
  apply(changes: readonly LeafChange[]): void {
    if (this.size + changes.length > LEAVES_MAX)
      throw new RangeError(`a state tree has at most ${LEAVES_MAX} leaves`);
    const placed = placeChanges(this.prefix, changes);
    const batch = new Batch(this.nodes, placed);
    this.top = batch.put(this.top, this.prefix.length, 0, placed.length);
    rehash(this.nodes, batch.leaves, batch.branches, this.hasher);
  }

  /** The same tree again; to change one leaves the other as it is. Nothing is hashed. */
  copy(): StateTree {
    const copy = new StateTree(this.prefix, this.hasher);
    copy.top = copy.nodes.copy(this.nodes, this.top);
    return copy;
  }

  /**
   * The trees of the two halves. Nothing is hashed.
   *
   * @throws RangeError when the prefix is as long as prefixes get.
   */
  split(): [StateTree, StateTree] {
    const left = new StateTree(`${this.prefix}0`, this.hasher);
    const right = new StateTree(`${this.prefix}1`, this.hasher);
    if (this.top !== NOTHING) {
      left.top = left.nodes.copy(this.nodes, this.nodes.left(this.top));
      right.top = right.nodes.copy(this.nodes, this.nodes.right(this.top));
    }
    return [left, right];
  }

  /**
   * The tree that two halves are of: one hash.
   *
   * @throws RangeError when they are not the two halves of one.
   */
  static merge(left: StateTree, right: StateTree): StateTree {
    const prefix = left.prefix.slice(0, -1);
    if (left.prefix !== `${prefix}0` || right.prefix !== `${prefix}1`)
      throw new RangeError(`${left.prefix} and ${right.prefix} are not the halves of one shard`);
    const whole = new StateTree(prefix, left.hasher);
    const leftTop = whole.nodes.copy(left.nodes, left.top);
    const rightTop = whole.nodes.copy(right.nodes, right.top);
    if (leftTop === NOTHING && rightTop === NOTHING) return whole;
    const branch = whole.nodes.addBranch(prefix.length);
    whole.nodes.setDepth(branch, prefix.length);
    whole.nodes.setChildren(branch, leftTop, rightTop);
    whole.top = branch;
    rehash(whole.nodes, [], new Set([branch]), whole.hasher);
    return whole;
  }

  /**
   * Proves a key's value, or that the key is absent.
   *
   * @param valueBytes what the key has by whoever keeps the values: a tree knows their hashes only.
   * @throws RangeError when the key is another shard's, or the tree has another value, or one and not the other has it.
   */
  prove(key: StateKey, valueBytes: Uint8Array | undefined): StateProof {
    const position = positionOf(key);
    const { nodes, prefix } = this;
    if (!isUnder(prefix, position)) throw new RangeError(`the key is not under the shard's prefix ${prefix}`);
    const { end, path } = nodes.search(this.top, position);
    const siblings: (Buffer | undefined)[] = Array.from({ length: SHARD_DEPTH_MAX - prefix.length });
    const branches: { bit: number; sibling: Buffer }[] = [];
    for (const branch of path) {
      const bit = nodes.bit(branch);
      const beside = nodes.child(branch, bitAt(position, 0, bit) === 0 ? 1 : 0);
      const sibling = beside === NOTHING ? undefined : Buffer.from(nodes.digest(beside, bit + 1));
      if (bit < SHARD_DEPTH_MAX) siblings[bit - prefix.length] = sibling;
      else branches.push({ bit, sibling: sibling! });
    }
    return { prefix, key, end: this.proofEnd(end, position, valueBytes), siblings, branches };
  }

  private proofEnd(end: Node, position: Buffer, valueBytes: Uint8Array | undefined): ProofEnd {
    const isPresent = end !== NOTHING && position.equals(this.nodes.position(end));
    const expected = isPresent ? this.nodes.valueHash(end) : undefined;
    const given = valueBytes && valueHashOf(valueBytes);
    if (expected === undefined ? given !== undefined : !given?.equals(expected))
      throw new RangeError("the tree has another value for the key");
    if (isPresent) return { kind: "value", valueBytes: Buffer.from(valueBytes!) };
    if (end === NOTHING) return { kind: "nothing" };
    return {
      kind: "other",
      position: Buffer.from(this.nodes.position(end)),
      valueHash: Buffer.from(this.nodes.valueHash(end)),
    };
  }
}
