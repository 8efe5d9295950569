import type { PlacedChanges } from "./changes.js";
import { isBranch, isLeaf, NOTHING, type Node, type Nodes } from "./nodes.js";
import { bitAt, firstDifference, POSITION_BITS, POSITION_BYTES, SHARD_DEPTH_MAX } from "./position.js";

/** One batch of changes on its way into a tree; what has to be hashed again is kept for afterwards. */
export class Batch {
  /** Leaves with a new value. */
  readonly leaves: Node[] = [];
  /** Branches with something new below, or with other levels left out above. */
  readonly branches = new Set<Node>();

  constructor(
    private readonly nodes: Nodes,
    private readonly changes: PlacedChanges,
  ) {}

  /**
   * Puts the changes from one index to before another under what hangs in a place.
   *
   * @param depth of the place; all the changes and all that hangs there have the bits above in common.
   * @returns what hangs there now.
   */
  put(node: Node, depth: number, from: number, to: number): Node {
    if (from === to) return this.hang(node, depth);
    if (depth < SHARD_DEPTH_MAX) return this.putOnLevel(node, depth, from, to);
    const bit = this.branchingBit(node, depth, from, to);
    if (bit === POSITION_BITS) return this.putLeaf(node, from);
    const branchesHere = isBranch(node) && this.nodes.bit(node) === bit;
    const [left, right] = branchesHere ? this.childrenOf(node) : this.asChild(node, bit);
    const middle = this.middle(bit, from, to);
    const newLeft = this.put(left, bit + 1, from, middle);
    const newRight = this.put(right, bit + 1, middle, to);
    if (newLeft !== NOTHING && newRight !== NOTHING) {
      const branch = branchesHere ? node : this.nodes.addBranch(bit);
      return this.connect(branch, depth, newLeft, newRight);
    }
    if (branchesHere) this.nodes.remove(node);
    return this.hang(newLeft === NOTHING ? newRight : newLeft, depth);
  }

  /** The same on the levels where every place with a leaf below has a branch. */
  private putOnLevel(node: Node, depth: number, from: number, to: number): Node {
    const [left, right] = node === NOTHING ? [NOTHING, NOTHING] : this.childrenOf(node);
    const middle = this.middle(depth, from, to);
    const newLeft = this.put(left, depth + 1, from, middle);
    const newRight = this.put(right, depth + 1, middle, to);
    if (newLeft !== NOTHING || newRight !== NOTHING) {
      const branch = node === NOTHING ? this.nodes.addBranch(depth) : node;
      return this.connect(branch, depth, newLeft, newRight);
    }
    if (node !== NOTHING) this.nodes.remove(node);
    return NOTHING;
  }

  private putLeaf(node: Node, index: number): Node {
    const valueHash = this.changes.valueHashes[index];
    if (valueHash === undefined) {
      if (node !== NOTHING) this.nodes.remove(node);
      return NOTHING;
    }
    let leaf = node;
    if (leaf === NOTHING)
      leaf = this.nodes.addLeaf(this.changes.positions, index * POSITION_BYTES, valueHash);
    else this.nodes.setValueHash(leaf, valueHash);
    this.leaves.push(leaf);
    return leaf;
  }

  /** First bit at which the changes and what hangs there differ; `POSITION_BITS` where all are one position. */
  private branchingBit(node: Node, depth: number, from: number, to: number): number {
    const { positions } = this.changes;
    const first = from * POSITION_BYTES;
    const among = firstDifference(positions, first, positions, (to - 1) * POSITION_BYTES);
    if (node === NOTHING) return among;
    const own = isLeaf(node) ? POSITION_BITS : this.nodes.bit(node);
    if (own === depth) return depth;
    const leaf = this.nodes.position(this.nodes.anyLeaf(node));
    return Math.min(among, own, firstDifference(leaf, 0, positions, first));
  }

  private childrenOf(branch: Node): [Node, Node] {
    return [this.nodes.left(branch), this.nodes.right(branch)];
  }

  /** What hangs in a place, as a child of a branch to come above it. */
  private asChild(node: Node, bit: number): [Node, Node] {
    if (node === NOTHING) return [NOTHING, NOTHING];
    const isLeft = bitAt(this.nodes.position(this.nodes.anyLeaf(node)), 0, bit) === 0;
    return isLeft ? [node, NOTHING] : [NOTHING, node];
  }

  /** Index of the first of the changes with a one at a bit; they have all bits before in common. */
  private middle(bit: number, from: number, to: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const index = (low + high) >> 1;
      if (bitAt(this.changes.positions, index * POSITION_BYTES, bit) === 0) low = index + 1;
      else high = index;
    }
    return low;
  }

  private connect(branch: Node, depth: number, left: Node, right: Node): Node {
    this.nodes.setChildren(branch, left, right);
    this.nodes.setDepth(branch, depth);
    this.branches.add(branch);
    return branch;
  }

  /** A branch in another place than before leaves out other levels. */
  private hang(node: Node, depth: number): Node {
    if (isBranch(node) && this.nodes.depth(node) !== depth) {
      this.nodes.setDepth(node, depth);
      this.branches.add(node);
    }
    return node;
  }
}
