import { NO_TOTALS, type StateTotals, withValue } from "../../ledger/state/tally.js";
import { decodeStateValue, stateKeyOf, stateRange } from "../../processors/chain/store-layout.js";
import { type Clock, sleep } from "../clock.js";
import type { Store } from "../store/level-store.js";

/** Counting waits so long: a task that was just opened has more urgent work, in milliseconds. */
const DELAY_MS = 5_000;
/** Between two parts everyone else of the process gets so much time, in milliseconds: four times what a part takes. */
const PART_PAUSE_MS = 100;
/** How often the size on disk is asked for, in milliseconds. */
const SIZE_EVERY_MS = 10_000;

/** What a state amounts to, as far as that is known. */
export class CountedState {
  /** undefined: not counted yet. */
  private totals: StateTotals | undefined;
  private bytes = -1;
  private sizedAtMs = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly store: Store,
    private readonly prefix: string,
    private readonly clock: Clock,
  ) {}

  /** Counts the state in the background, as the store has it now. What changes from here on the caller adds. */
  static async begin(store: Store, prefix: string, clock: Clock): Promise<CountedState> {
    const counted = new CountedState(store, prefix, clock);
    const { from, below } = stateRange(prefix);
    const parts = store.parts(from, below)[Symbol.asyncIterator]();
    // What an iterator gives is what there was when it gave the first.
    const first = await parts.next();
    // A store that was closed meanwhile has nothing to say any more.
    counted.count(parts, first).catch(() => undefined);
    return counted;
  }

  private async count(
    parts: AsyncIterator<readonly (readonly [string, Buffer])[]>,
    first: IteratorResult<readonly (readonly [string, Buffer])[]>,
  ): Promise<void> {
    await sleep(this.clock, DELAY_MS);
    let totals = NO_TOTALS;
    for (let part = first; !part.done; part = await parts.next()) {
      for (const [key, bytes] of part.value) {
        const value = decodeStateValue(bytes);
        if (value) totals = withValue(totals, stateKeyOf(key), value);
      }
      await sleep(this.clock, PART_PAUSE_MS);
    }
    this.totals = totals;
  }

  /** @param changed by how much the totals have changed since the beginning */
  figures(changed: StateTotals): {
    readonly accounts: number;
    readonly totalValue: bigint;
    readonly stateBytes: number;
  } {
    this.measureSize();
    const { totals } = this;
    return {
      accounts: totals ? totals.accounts + changed.accounts : -1,
      totalValue: totals ? totals.value + changed.value : 0n,
      stateBytes: this.bytes,
    };
  }

  private measureSize(): void {
    const nowMs = this.clock.now();
    if (nowMs - this.sizedAtMs < SIZE_EVERY_MS) return;
    this.sizedAtMs = nowMs;
    const { from, below } = stateRange(this.prefix);
    this.store.sizeOf(from, below).then(
      (bytes) => {
        this.bytes = bytes;
      },
      () => undefined,
    );
  }
}
