import { StateTree } from "../../ledger/state-tree/state-tree.js";
import type { KnownShard } from "../../ledger/topology.js";

/** Ended shards whose trees are kept at most, 250 bytes a leaf; those that ended first go first. */
const KEPT_MAX = 8;

/** Trees of shards that ended in this process, for those that take their place: halves are cut and put together without hashing. */
export class EndedTrees {
  private readonly kept = new Map<number, StateTree>();

  /** @param tree of the shard's last state; not changed any more */
  keep(shard: number, tree: StateTree): void {
    this.kept.set(shard, tree);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT_MAX) this.kept.delete(oldest!);
  }

  /** Hands out the tree that a shard begins with; undefined: not all of it is here. */
  take({ parents, prefix }: Pick<KnownShard, "parents" | "prefix">): StateTree | undefined {
    const trees = parents.flatMap((parent) => this.kept.get(parent) ?? []);
    if (trees.length < parents.length) return undefined;
    for (const parent of parents) this.kept.delete(parent);
    const [first, second] = trees.sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
    if (second) return StateTree.merge(first!, second);
    if (first!.prefix === prefix) return first;
    const halves = first!.split();
    const own = halves.find((half) => half.prefix === prefix);
    const other = halves.find((half) => half !== own);
    // The other half waits under the parent's number.
    if (own && other) this.kept.set(parents[0]!, other);
    return own;
  }
}
