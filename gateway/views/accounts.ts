import { accountKey, KeyKind, keyOfBytes, kindOf, type StateKey } from "../../ledger/state/key.js";
import type { StateRecord } from "../../schemas/generated.js";
import type { RecordMeta } from "./meta.js";

/** Default bound of an accounts view: about 0.3 KB each. */
export const ACCOUNTS_HELD_MAX = 1_000_000;

/** A certified account. */
export interface AccountView {
  /** Balance, in 10^-18 RUS. */
  readonly balance: bigint;
  /** Next nonce. */
  readonly nonce: number;
  /** Partition of shard.state that it was read from; says which shard. */
  readonly partition: number;
  /** Height of the certified block that set it. */
  readonly height: number;
  /** Digest of that block, 64 hex digits: a Buffer would keep the batch alive that it was cut from. */
  readonly digest: string;
}

/** Up to where a shard's state is complete. */
export interface StateComplete {
  readonly height: number;
  /** Digest of the block at that height, 64 hex digits. */
  readonly digest: string;
  /** Broker time of the record that says so, in milliseconds since 1970. */
  readonly timeMs: number;
}

interface Held extends AccountView {
  /** Offset of the record, to order a tombstone, which has no height. */
  readonly offset: number;
  /** Broker time of the record, to order partitions among each other. */
  readonly timeMs: number;
}

/**
 * Today's certified balances and nonces, fed by `shard.state`.
 *
 * Holds `accountsHeldMax` accounts. It never forgets one to make room, since a forgotten account would look empty: the
 * first account beyond the bound sets `overflowed` instead, and from then on absence says nothing.
 */
export class AccountsView {
  private readonly accounts = new Map<StateKey, Held>();
  private readonly complete = new Map<number, StateComplete>();
  private overflow = false;
  /** The last digest read: accounts of one block share the text. */
  private lastDigest = "";

  constructor(private readonly accountsHeldMax: number = ACCOUNTS_HELD_MAX) {}

  /** Number of accounts held, those that collect fees among them. */
  get held(): number {
    return this.accounts.size;
  }

  /** Whether accounts exist that found no place: an account that isn't held may exist all the same. */
  get overflowed(): boolean {
    return this.overflow;
  }

  /** Takes in a record of shard.state. `key` is the Kafka key; `record` is null for a tombstone. */
  apply(key: Buffer, record: StateRecord | null, meta: RecordMeta): void {
    const stateKey = keyOfBytes(key);
    switch (kindOf(stateKey)) {
      case KeyKind.account:
        if (record?.value && "rustorium.AccountState" in record.value) {
          const { balance, nonce } = record.value["rustorium.AccountState"];
          const { partition, offset, timeMs } = meta;
          const digest = this.shared(record.digest.toString("hex"));
          this.put(stateKey, { balance, nonce, partition, height: record.height, digest, offset, timeMs });
        } else {
          this.remove(stateKey, meta);
        }
        return;
      case KeyKind.height:
        if (record) this.noteComplete(record, meta);
        return;
      default:
        return; // escrows, shard records, and kinds of later versions: nobody asks this view for them
    }
  }

  /** The account, or undefined when it isn't held; see `overflowed`. `account` is 20 bytes. */
  account(account: Buffer): AccountView | undefined {
    return this.accounts.get(accountKey(account));
  }

  /** Up to where the state in a partition is complete; undefined before the first certified block. */
  completeIn(partition: number): StateComplete | undefined {
    return this.complete.get(partition);
  }

  private put(key: StateKey, next: Held): void {
    const held = this.accounts.get(key);
    if (!held && this.accounts.size >= this.accountsHeldMax) {
      this.overflow = true;
      return;
    }
    // Within a shard the height decides; heights of two shards can't be compared, the broker's time can.
    const older =
      held && (held.partition === next.partition ? next.height < held.height : next.timeMs < held.timeMs);
    if (!older) this.accounts.set(key, next);
  }

  private remove(key: StateKey, meta: RecordMeta): void {
    const held = this.accounts.get(key);
    // After a split the parent clears what its child holds by then: only the holder's own tombstone counts.
    if (held && held.partition === meta.partition && held.offset <= meta.offset) this.accounts.delete(key);
  }

  private shared(digest: string): string {
    if (digest !== this.lastDigest) this.lastDigest = digest;
    return this.lastDigest;
  }

  private noteComplete({ height, digest }: StateRecord, { partition, timeMs }: RecordMeta): void {
    const held = this.complete.get(partition);
    if (held && held.height > height) return;
    this.complete.set(partition, { height, digest: digest.toString("hex"), timeMs });
  }
}
