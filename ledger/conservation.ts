import type { ReceiptResult } from "../schemas/generated.js";
import type { StateKey } from "./state/key.js";
import { amountOf, asEscrow, MemoryState, type StateChanges, type StateValue } from "./state/state.js";

/** Where the transaction id begins in the key of an escrow: behind the placement and the kind. */
const ESCROW_ID_START = 33;

/** A state in memory that knows what it holds: balances, fees and escrow, in 10^-18 RUS. */
export class CountedState extends MemoryState {
  private sum = 0n;

  get held(): bigint {
    return this.sum;
  }

  override apply(changes: StateChanges): void {
    for (const [key, value] of changes) {
      const before = this.values.get(key);
      if (before) this.sum -= amountOf(before);
      if (value) this.sum += amountOf(value);
    }
    super.apply(changes);
  }
}

/**
 * Value between shards. A transfer's amount is in escrow at its source until the source has heard that it was credited, so
 * meanwhile it is there twice: what is credited is counted, and its escrow no longer.
 *
 * Takes the receipts of all shards' blocks, those of each shard in order, and no block before one whose messages it got.
 */
export class Conservation {
  /** Amounts that destinations have credited and sources still hold in escrow, by transaction id (latin1). */
  private readonly credited = new Map<string, bigint>();

  /** @param isWhole whether every block is taken, from the genesis on; else transfers may have been credited before */
  constructor(private readonly isWhole = true) {}

  /**
   * @returns by how much the shard's sum of balances and escrow changes with these receipts, in 10^-18 RUS; undefined where
   *   a transfer is completed that was not credited with the same amount.
   */
  take(receipts: readonly ReceiptResult[]): bigint | undefined {
    let change = 0n;
    for (const { kind, transactionId, amount } of receipts) {
      if (kind === "CREDITED") {
        this.credited.set(transactionId.toString("latin1"), amount);
        change += amount;
      } else if (kind === "COMPLETED") {
        const id = transactionId.toString("latin1");
        const credited = this.credited.get(id);
        if (credited === undefined ? this.isWhole : credited !== amount) return undefined;
        this.credited.delete(id);
        change -= amount;
      }
    }
    return change;
  }

  /**
   * What the states of all shards hold together, nothing twice: the genesis's total, or value was made or lost. Where not
   * every block was taken, an open escrow may have been credited before, so it is between `least` and `most`.
   */
  total(states: Iterable<ReadonlyMap<StateKey, StateValue>>): { least: bigint; most: bigint } {
    let [most, unknown] = [0n, 0n];
    for (const state of states) {
      for (const [key, value] of state) {
        const isEscrow = asEscrow(value) !== undefined;
        if (isEscrow && this.credited.has(key.slice(ESCROW_ID_START))) continue;
        most += amountOf(value);
        if (isEscrow && !this.isWhole) unknown += amountOf(value);
      }
    }
    return { least: most - unknown, most };
  }
}
