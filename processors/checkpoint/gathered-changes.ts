import type { StateKey } from "../../ledger/state/key.js";
import type { LeafChange } from "../../ledger/state-tree/changes.js";
import { positionOf } from "../../ledger/state-tree/position.js";

/** Bytes of a value as latin1, which takes a third of a buffer's memory and keeps no fetch alive; null: a removal. */
type KeptValue = string | null;

/** What changed since the last checkpoint: of a key that changed often, the last change only. */
export class GatheredChanges {
  private changes = new Map<StateKey, KeptValue>();

  get size(): number {
    return this.changes.size;
  }

  add(changes: Iterable<LeafChange>): void {
    for (const { key, isRemoval, valueBytes } of changes) {
      const { buffer, byteOffset, length } = valueBytes;
      this.changes.set(key, isRemoval ? null : Buffer.from(buffer, byteOffset, length).toString("latin1"));
    }
  }

  /** Hands out everything, in the order of the tree: neighbours share most of what must be hashed again. */
  take(): OrderedChanges {
    const taken = this.changes;
    this.changes = new Map();
    const placed = Array.from(taken.keys(), (key) => ({ key, position: positionOf(key) }));
    placed.sort((a, b) => Buffer.compare(a.position, b.position));
    return new OrderedChanges(
      placed.map(({ key }) => key),
      taken,
    );
  }
}

/** Changes in the order of the tree. */
export class OrderedChanges {
  constructor(
    private readonly keys: readonly StateKey[],
    private readonly values: ReadonlyMap<StateKey, KeptValue>,
  ) {}

  get length(): number {
    return this.keys.length;
  }

  /** Those from a place on, at most up to another, exclusive. */
  slice(from = 0, to = this.length): LeafChange[] {
    return this.keys.slice(from, to).map((key) => {
      const value = this.values.get(key);
      return { key, isRemoval: value === null, valueBytes: Buffer.from(value ?? "", "latin1") };
    });
  }
}
