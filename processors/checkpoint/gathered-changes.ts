import type { StateKey } from "../../ledger/state/key.js";
import type { LeafChange } from "../../ledger/state-tree/changes.js";
import { positionOf } from "../../ledger/state-tree/position.js";

/** What changed since the last checkpoint: of a key that changed often, the last change only. */
export class GatheredChanges {
  private changes = new Map<StateKey, LeafChange>();

  get size(): number {
    return this.changes.size;
  }

  add(changes: Iterable<LeafChange>): void {
    for (const change of changes) this.changes.set(change.key, change);
  }

  /** Hands out everything, in the order of the tree: neighbours share most of what must be hashed again. */
  take(): LeafChange[] {
    const placed = Array.from(this.changes.values(), (change) => ({
      change,
      position: positionOf(change.key),
    }));
    this.changes = new Map();
    placed.sort((a, b) => Buffer.compare(a.position, b.position));
    return placed.map(({ change }) => change);
  }
}
