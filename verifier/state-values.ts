import type { AvroReader } from "./avro-reader.js";
import type { AccountBalances } from "./claim.js";
import { PRIORITIES } from "./entries.js";
import { skipOptionalChange, skipTopology } from "./topology-values.js";

const ACCOUNT_ID_BYTES = 20;
const HASH_BYTES = 32;

const BRANCHES = 8;
const REMOVED = 0;
const ACCOUNT = 1;
const ESCROW = 2;
const SHARD_ROOT = 4;
const GLOBAL_ROOT = 5;
const MAIN_CHAIN = 6;
const TOPOLOGY = 7;

/** What a state key has: the union of StateChange and StateRecord. Of what nobody is told only the form is read. */
export type StateValue =
  | { readonly kind: "removed" | "escrow" | "shard" | "shard root" | "topology" }
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
      skipChannels(reader);
      reader.array((checkpoint) => [checkpoint.int(), checkpoint.long()]);
      return { kind: "shard" };
    case TOPOLOGY:
      skipTopology(reader);
      return { kind: "topology" };
    default:
      reader.array((mark) => [mark.int(), mark.string(), mark.long()]);
      skipChannels(reader);
      skipOptionalChange(reader);
      reader.array((marker) => marker.int());
      return { kind: "shard" };
  }
}

/** How many bundles went out and came in. */
function skipChannels(reader: AvroReader): void {
  reader.array((sent) => [sent.int(), sent.index(PRIORITIES), sent.long()]);
  reader.array((received) => [
    received.int(),
    received.index(PRIORITIES),
    received.string(), // prefix
    received.long(),
  ]);
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
