import { KeyKind, kindOf, type StateKey } from "./key.js";
import { amountOf, type State, type StateChanges, type StateValue } from "./state.js";

/** How many accounts a state has, and what they and escrow hold, in 10^-18 RUS. */
export interface StateTotals {
  readonly accounts: number;
  readonly value: bigint;
}

export const NO_TOTALS: StateTotals = { accounts: 0, value: 0n };

/** The totals with a value more. */
export function withValue({ accounts, value }: StateTotals, key: StateKey, of: StateValue): StateTotals {
  return {
    accounts: accounts + (kindOf(key) === KeyKind.account ? 1 : 0),
    value: value + amountOf(of),
  };
}

/** A state that keeps count of how its totals change. */
export class TalliedState implements State {
  private accounts = 0;
  private value = 0n;

  constructor(private readonly state: State) {}

  get(key: StateKey): StateValue | undefined {
    return this.state.get(key);
  }

  apply(changes: StateChanges): void {
    for (const [key, after] of changes) {
      const before = this.state.get(key);
      if (kindOf(key) === KeyKind.account) this.accounts += (after ? 1 : 0) - (before ? 1 : 0);
      this.value += (after ? amountOf(after) : 0n) - (before ? amountOf(before) : 0n);
    }
    this.state.apply(changes);
  }

  /** By how much the totals have changed. */
  get changed(): StateTotals {
    return { accounts: this.accounts, value: this.value };
  }
}
