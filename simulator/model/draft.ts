import type { Header, Message, ReceiptResult } from "./records.js";
import type { Account, Escrow, StateValue } from "./state-records.js";

export const NO_ACCOUNT: Account = { balance: 0n, nonce: 0, escrowed: 0n };

/** State of a shard by key (latin1). */
export type ShardValues = Map<string, StateValue>;

/** The open block: what its entries have done so far over the state of the last closed one. */
export class Draft {
  readonly touched = new Map<string, StateValue | null>();
  readonly receipts: ReceiptResult[] = [];
  /** Leaf hashes of its entries. */
  readonly entries: Buffer[] = [];
  readonly outgoing = new Map<number, Message[]>();
  /** Headers of the bundles among them. */
  readonly takenIn: Header[] = [];
  /** Entries, with each message of a bundle counting one. */
  weight = 0;

  constructor(
    private readonly base: ShardValues,
    /** Chain time of its latest entry, in milliseconds since 1970. */
    public time: number,
    readonly firstSequence: number,
  ) {}

  get sequence(): number {
    return this.firstSequence + this.entries.length - 1;
  }

  private look(key: string): StateValue | null | undefined {
    const touched = this.touched.get(key);
    return touched === undefined ? this.base.get(key) : touched;
  }

  account(key: string): Account {
    const value = this.look(key);
    return value?.is === "AccountState" ? value.value : NO_ACCOUNT;
  }

  setAccount(key: string, value: Account): void {
    this.touched.set(key, { is: "AccountState", value });
  }

  escrow(key: string): Escrow | undefined {
    const value = this.look(key);
    return value?.is === "EscrowState" ? value.value : undefined;
  }

  openEscrow(key: string, value: Escrow): void {
    this.touched.set(key, { is: "EscrowState", value });
  }

  closeEscrow(key: string): void {
    if (this.base.has(key)) this.touched.set(key, null);
    else this.touched.delete(key);
  }

  send(to: number, message: Message): void {
    const queue = this.outgoing.get(to);
    if (queue) queue.push(message);
    else this.outgoing.set(to, [message]);
  }
}
