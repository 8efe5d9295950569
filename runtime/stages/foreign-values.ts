import { FOREIGN_KEY } from "../../processors/chain/store-layout.js";
import type { Clock, Timer } from "../clock.js";
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
export function foreignMark(prefix: string): [string, Buffer] {
  return [FOREIGN_KEY, Buffer.from(prefix)];
}

/** Removes them in a while from a store that still has some; where that fails, or is stopped, after the next opening. */
export class ForeignRemoval {
  private isStopped = false;
  private readonly timer: Timer | undefined;
  private removing: Promise<void> = Promise.resolve();

  /** Throws StoreCorrupt. */
  constructor(
    private readonly store: Store,
    clock: Clock,
    whole: KeyRange,
    own: KeyRange,
  ) {
    if (!store.get(FOREIGN_KEY)) return;
    this.timer = clock.after(REMOVAL_DELAY_MS, () => {
      this.removing = this.remove(whole, own).catch(() => undefined);
    });
  }

  private async remove(whole: KeyRange, own: KeyRange): Promise<void> {
    await this.store.forget(whole.from, own.from);
    if (this.isStopped) return;
    await this.store.forget(own.below, whole.below);
    if (!this.isStopped) await this.store.write([[FOREIGN_KEY, null]]);
  }

  /** Nothing is written to the store any more once it resolves. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.removing;
  }
}
