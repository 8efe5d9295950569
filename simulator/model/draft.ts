import { byChannel, type Channel, PRIORITIES } from "./channels.js";
import type { Header, Message, ReceiptResult } from "./records.js";
import type { Account, Escrow, StateValue } from "./state-records.js";
import type { Priority, TopologyChange } from "./topology-records.js";

export const NO_ACCOUNT: Account = { balance: 0n, nonce: 0, escrowed: 0n };

/** State of a shard by key (latin1). */
export type ShardValues = Map<string, StateValue>;

/** What goes to one shard in one priority. */
export interface Parcel extends Channel {
  readonly messages: Message[];
  change: TopologyChange | null;
  isLast: boolean;
}

/** The open block: what its entries have done so far over the state of the last closed one. */
export class Draft {
  readonly touched = new Map<string, StateValue | null>();
  readonly receipts: ReceiptResult[] = [];
  /** Leaf hashes of its entries. */
  readonly entries: Buffer[] = [];
  private readonly outgoing: Parcel[] = [];
  /** Blocks of other shards that it comes after. */
  readonly after: Header[] = [];
  readonly decided: TopologyChange[] = [];
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

  /** What came and went within the block was never there. */
  remove(key: string): void {
    if (this.base.has(key)) this.touched.set(key, null);
    else this.touched.delete(key);
  }

  /** What goes to a shard, messages or not. */
  parcel(shard: number, priority: Priority): Parcel {
    const found = this.outgoing.find((parcel) => parcel.shard === shard && parcel.priority === priority);
    if (found) return found;
    const parcel: Parcel = { shard, priority, messages: [], change: null, isLast: false };
    this.outgoing.push(parcel);
    return parcel;
  }

  send(to: number, message: Message): void {
    this.parcel(to, message.priority).messages.push(message);
  }

  /** Nothing goes to a shard after this block. */
  sayGoodbye(to: number): void {
    for (const priority of PRIORITIES) this.parcel(to, priority).isLast = true;
  }

  /** By ascending shard and priority. */
  get parcels(): readonly Parcel[] {
    return [...this.outgoing].sort(byChannel);
  }
}
