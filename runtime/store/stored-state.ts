import { Recent } from "../../ledger/recent.js";
import type { StateKey } from "../../ledger/state/key.js";
import type { State, StateChanges, StateValue } from "../../ledger/state/state.js";
import { decodeStateValue, stateStoreKey } from "../../processors/chain/store-layout.js";
import type { Store } from "./level-store.js";

/** State values kept decoded in memory by each task; two generations of this size at most. */
const VALUES_CACHED_MAX = 4_000;

/**
 * State of a shard: what blocks changed since the last store write, a bounded cache, and the store behind it.
 * Nothing is missing between `apply` and the store write, however full the cache is.
 */
export class StoredState implements State {
  private readonly unstored = new Map<StateKey, StateValue | null>();
  private readonly recent = new Recent<StateValue>(VALUES_CACHED_MAX);

  constructor(private readonly store: Store) {}

  get(key: StateKey): StateValue | undefined {
    const fresh = this.unstored.get(key);
    if (fresh !== undefined) return fresh ?? undefined;
    const cached = this.recent.get(key);
    if (cached) return cached;
    const value = this.load(key);
    if (value) this.recent.set(key, value);
    return value;
  }

  /** What the cache has of these keys is old from here on, and not looked at before `stored` replaces it. */
  apply(changes: StateChanges): void {
    for (const [key, value] of changes) this.unstored.set(key, value);
  }

  /** These values are in the store now; what changed again meanwhile stays. */
  stored(changes: StateChanges): void {
    for (const [key, value] of changes) {
      if (this.unstored.get(key) !== value) continue;
      this.unstored.delete(key);
      if (value) this.recent.set(key, value);
      else this.recent.delete(key);
    }
  }

  private load(key: StateKey): StateValue | undefined {
    const bytes = this.store.get(stateStoreKey(key));
    return bytes && decodeStateValue(bytes);
  }
}
