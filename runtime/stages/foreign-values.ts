import { FOREIGN_KEY } from "../../processors/chain/store-layout.js";
import { type Clock, sleep } from "../clock.js";
import type { Store } from "../store/level-store.js";

// A store that began as a clone has values under the prefixes of others, too. Nothing reads them.

/** So long after its opening a store gets rid of them: what a split interrupted comes first, in milliseconds. */
const REMOVAL_DELAY_MS = 30_000;

/** A range of keys, from the first one to below the last one. */
export interface KeyRange {
  readonly from: string;
  readonly below: string;
}

/** @param prefix what the store's values are to be under, as soon as there is time for it */
export async function markForeign(store: Store, prefix: string): Promise<void> {
  await store.write([[FOREIGN_KEY, Buffer.from(prefix)]]);
}

/**
 * Removes them in a while from a store that still has some; where that fails, or the process ends, after the next opening.
 * Throws StoreCorrupt.
 */
export function removeForeignLater(store: Store, clock: Clock, whole: KeyRange, own: KeyRange): void {
  if (!store.get(FOREIGN_KEY)) return;
  const remove = async () => {
    await sleep(clock, REMOVAL_DELAY_MS);
    await store.forget(whole.from, own.from);
    await store.forget(own.below, whole.below);
    await store.write([[FOREIGN_KEY, null]]);
  };
  remove().catch(() => undefined);
}
