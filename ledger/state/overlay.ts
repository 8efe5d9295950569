import type { AccountState, EscrowState } from "../../schemas/generated.js";
import { escrowKey, type StateKey } from "./key.js";
import {
  accountValue,
  asAccount,
  asEscrow,
  EMPTY_ACCOUNT,
  escrowValue,
  type State,
  type StateChanges,
  type StateValue,
} from "./state.js";

/** The open block's changes over the state after the last closed one. */
export class Overlay {
  private readonly changed = new Map<StateKey, StateValue | null>();

  constructor(private readonly base: State) {}

  private get(key: StateKey): StateValue | null | undefined {
    const changed = this.changed.get(key);
    return changed === undefined ? this.base.get(key) : changed;
  }

  set(key: StateKey, value: StateValue | null): void {
    this.changed.set(key, value);
  }

  account(key: StateKey): AccountState {
    return asAccount(this.get(key)) ?? EMPTY_ACCOUNT;
  }

  setAccount(key: StateKey, account: AccountState): void {
    this.changed.set(key, accountValue(account));
  }

  escrow(sender: Buffer, transactionId: Buffer): EscrowState | undefined {
    return asEscrow(this.get(escrowKey(sender, transactionId)));
  }

  openEscrow(transactionId: Buffer, escrow: EscrowState): void {
    this.changed.set(escrowKey(escrow.sender, transactionId), escrowValue(escrow));
  }

  closeEscrow(sender: Buffer, transactionId: Buffer): void {
    this.remove(escrowKey(sender, transactionId));
  }

  remove(key: StateKey): void {
    // Opened and closed in one block: it never existed outside, and nobody must be told to remove it.
    if (this.base.get(key) === undefined) this.changed.delete(key);
    else this.changed.set(key, null);
  }

  /** The changes by ascending key; the overlay is spent. */
  finish(): StateChanges {
    return new Map([...this.changed].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }
}
