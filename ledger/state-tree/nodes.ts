import { HASH_BYTES } from "../crypto/hash.js";
import { EMPTY_ROOTS } from "./digest.js";
import { bitAt, POSITION_BYTES, SHARD_DEPTH_MAX } from "./position.js";
import { grown, Slab } from "./slab.js";

/** What hangs in a place: a branch (its index), a leaf (its index, negative), or nothing. */
export type Node = number & { readonly __brand: "Node" };

export const NOTHING = 0 as Node;

/** Leaves of one tree at most. With about 140 bytes a leaf, 1.2 GB. */
export const LEAVES_MAX = 2 ** 23;
/** Branches at most: one less than leaves, and on the levels that are always hashed one for each place. */
const BRANCHES_MAX = LEAVES_MAX + 2 ** (SHARD_DEPTH_MAX + 1);

export const isLeaf = (node: Node) => node < 0;
export const isBranch = (node: Node) => node > 0;

/**
 * A tree's leaves and branches in typed arrays: a leaf takes 96 bytes, a branch 42. A million objects with buffers in
 * them would take ten times that, and the collector's time.
 */
export class Nodes {
  private positions = new Uint8Array(0);
  private valueHashes = new Uint8Array(0);
  private leafDigests = new Uint8Array(0);
  private lefts = new Int32Array(0);
  private rights = new Int32Array(0);
  private bits = new Uint8Array(0);
  private depths = new Uint8Array(0);
  private branchDigests = new Uint8Array(0);
  private readonly leaves = new Slab("leaves", LEAVES_MAX, (capacity) => {
    this.positions = grown(Uint8Array, this.positions, capacity * POSITION_BYTES);
    this.valueHashes = grown(Uint8Array, this.valueHashes, capacity * HASH_BYTES);
    this.leafDigests = grown(Uint8Array, this.leafDigests, capacity * HASH_BYTES);
  });
  private readonly branches = new Slab("branches", BRANCHES_MAX, (capacity) => {
    this.lefts = grown(Int32Array, this.lefts, capacity);
    this.rights = grown(Int32Array, this.rights, capacity);
    this.bits = grown(Uint8Array, this.bits, capacity);
    this.depths = grown(Uint8Array, this.depths, capacity);
    this.branchDigests = grown(Uint8Array, this.branchDigests, capacity * HASH_BYTES);
  });

  /** How many leaves there are. */
  get leafCount(): number {
    return this.leaves.size;
  }

  /** Bytes of all arrays, room for more included. */
  get bytes(): number {
    const arrays = [this.positions, this.valueHashes, this.leafDigests, this.lefts, this.rights];
    return [...arrays, this.bits, this.depths, this.branchDigests].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
  }

  /** Adds a leaf without a digest. */
  addLeaf(positions: Uint8Array, offset: number, valueHash: Uint8Array): Node {
    const leaf = this.leaves.take();
    this.positions.set(positions.subarray(offset, offset + POSITION_BYTES), leaf * POSITION_BYTES);
    this.valueHashes.set(valueHash, leaf * HASH_BYTES);
    return -leaf as Node;
  }

  /** Adds a branch without a digest; what hangs in it comes later. */
  addBranch(bit: number): Node {
    const branch = this.branches.take();
    this.bits[branch] = bit;
    this.depths[branch] = 0;
    this.lefts[branch] = NOTHING;
    this.rights[branch] = NOTHING;
    return branch as Node;
  }

  remove(node: Node): void {
    if (isLeaf(node)) this.leaves.give(-node);
    else this.branches.give(node);
  }

  /** Position of a leaf. */
  position(leaf: Node): Uint8Array {
    return this.positions.subarray(-leaf * POSITION_BYTES, (1 - leaf) * POSITION_BYTES);
  }

  valueHash(leaf: Node): Uint8Array {
    return this.valueHashes.subarray(-leaf * HASH_BYTES, (1 - leaf) * HASH_BYTES);
  }

  setValueHash(leaf: Node, valueHash: Uint8Array): void {
    this.valueHashes.set(valueHash, -leaf * HASH_BYTES);
  }

  left(branch: Node): Node {
    return this.lefts[branch] as Node;
  }

  right(branch: Node): Node {
    return this.rights[branch] as Node;
  }

  child(branch: Node, bit: 0 | 1): Node {
    return (bit === 0 ? this.lefts[branch] : this.rights[branch]) as Node;
  }

  setChildren(branch: Node, left: Node, right: Node): void {
    this.lefts[branch] = left;
    this.rights[branch] = right;
  }

  /** The bit that a branch branches at. */
  bit(branch: Node): number {
    return this.bits[branch]!;
  }

  /** The depth of the place that a branch hangs in; the levels from there to its bit are left out. */
  depth(branch: Node): number {
    return this.depths[branch]!;
  }

  setDepth(branch: Node, depth: number): void {
    this.depths[branch] = depth;
  }

  /** Digest of what hangs in a place at a depth. */
  digest(node: Node, depth: number): Uint8Array {
    if (node === NOTHING) return EMPTY_ROOTS[depth]!;
    return isLeaf(node)
      ? this.leafDigests.subarray(-node * HASH_BYTES, (1 - node) * HASH_BYTES)
      : this.branchDigests.subarray(node * HASH_BYTES, (node + 1) * HASH_BYTES);
  }

  setDigest(node: Node, digest: Uint8Array): void {
    if (isLeaf(node)) this.leafDigests.set(digest, -node * HASH_BYTES);
    else this.branchDigests.set(digest, node * HASH_BYTES);
  }

  /** Any leaf under a node that has one. */
  anyLeaf(node: Node): Node {
    let at = node;
    while (isBranch(at)) at = this.left(at) === NOTHING ? this.right(at) : this.left(at);
    return at;
  }

  /** The leaf where the search for a position ends, or nothing, and the branches on the way. */
  search(root: Node, position: Uint8Array): { end: Node; path: Node[] } {
    const path: Node[] = [];
    let at = root;
    while (isBranch(at)) {
      path.push(at);
      at = this.child(at, bitAt(position, 0, this.bit(at)));
    }
    return { end: at, path };
  }

  /** Copies what is under a node of another tree, digests included. */
  copy(from: Nodes, node: Node): Node {
    if (node === NOTHING) return NOTHING;
    if (isLeaf(node)) {
      const leaf = this.addLeaf(from.position(node), 0, from.valueHash(node));
      this.setDigest(leaf, from.digest(node, 0));
      return leaf;
    }
    const branch = this.addBranch(from.bit(node));
    this.setDepth(branch, from.depth(node));
    this.setDigest(branch, from.digest(node, 0));
    const left = this.copy(from, from.left(node));
    this.setChildren(branch, left, this.copy(from, from.right(node)));
    return branch;
  }
}
