import type { AvroReader } from "./avro-reader.js";
import type { AccountBalances } from "./claim.js";

const ACCOUNT_ID_BYTES = 20;
const HASH_BYTES = 32;

const BRANCHES = 7;
const REMOVED = 0;
const ACCOUNT = 1;
const ESCROW = 2;
const SHARD_ROOT = 4;
const GLOBAL_ROOT = 5;
const MAIN_CHAIN = 6;

/** What a state key has: the union of StateChange and StateRecord. Of what nobody is told only the form is read. */
export type StateValue =
  | { readonly kind: "removed" | "escrow" | "shard" | "shard root" }
  | { readonly kind: "account"; readonly account: AccountBalances }
  | { readonly kind: "global root"; readonly root: Uint8Array };

export function readStateValue(reader: AvroReader): StateValue {
  switch (reader.index(BRANCHES)) {
    case REMOVED:
      return { kind: "removed" };
    case ACCOUNT:
      return {
        kind: "account",
        account: { balance: reader.decimal(), nonce: reader.long(), escrowed: reader.decimal() },
      };
    case ESCROW:
      reader.fixed(2 * ACCOUNT_ID_BYTES); // sender, recipient
      reader.decimal(); // amount
      reader.int(); // destination
      reader.long(); // deadline
      return { kind: "escrow" };
    case SHARD_ROOT:
      reader.long(); // height
      reader.long(); // time
      reader.fixed(HASH_BYTES); // stateRoot
      return { kind: "shard root" };
    case GLOBAL_ROOT:
      return { kind: "global root", root: reader.fixed(HASH_BYTES) };
    case MAIN_CHAIN:
      skipOwnRecord(reader);
      reader.array((checkpoint) => [checkpoint.int(), checkpoint.long()]);
      return { kind: "shard" };
    default:
      skipOwnRecord(reader);
      return { kind: "shard" };
  }
}

/** Marks and channels. */
function skipOwnRecord(reader: AvroReader): void {
  reader.array((mark) => [mark.int(), mark.long()]);
  reader.array((channel) => [channel.int(), channel.long(), channel.long()]);
}

/** A StateRecord, and the bytes of its value: behind the key they are the leaf. */
export interface StateRecord {
  readonly height: number;
  readonly digest: Uint8Array;
  readonly value: StateValue;
  readonly valueBytes: Uint8Array;
}

export function readStateRecord(reader: AvroReader): StateRecord {
  const height = reader.long();
  const digest = reader.fixed(HASH_BYTES);
  const start = reader.at;
  const value = readStateValue(reader);
  return { height, digest, value, valueBytes: reader.since(start) };
}
