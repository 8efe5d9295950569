import { placementOf } from "../address.js";
import { Recent } from "../recent.js";

/** A state key's bytes as a latin1 string: 32 bytes of placement, one of kind, and an id. Sorts like the bytes. */
export type StateKey = string & { readonly __brand: "StateKey" };

/** What a key leads to; the byte after the placement. */
export const KeyKind = {
  account: 0,
  escrow: 1,
  shard: 2,
  height: 3,
  shardRoot: 4,
  globalRoot: 5,
  topology: 6,
} as const;

const PLACEMENT_BYTES = 32;
const ACCOUNT_ID_BYTES = 20;

function key(placement: Buffer, kind: number, id: Buffer): StateKey {
  const bytes = Buffer.allocUnsafe(PLACEMENT_BYTES + 1 + id.length);
  placement.copy(bytes, 0);
  bytes[PLACEMENT_BYTES] = kind;
  id.copy(bytes, PLACEMENT_BYTES + 1);
  return bytes.toString("latin1") as StateKey;
}

/** Key of an account (20-byte id). */
export function accountKey(account: Buffer): StateKey {
  const name = account.toString("latin1");
  let found = recentAccountKeys.get(name);
  if (found === undefined) {
    found = key(placementOf(account), KeyKind.account, account);
    recentAccountKeys.set(name, found);
  }
  return found;
}

/** Keys of accounts remembered in each of two generations; about 200 bytes each. An entry asks for the same ones several times. */
const RECENT_ACCOUNT_KEYS_MAX = 32_768;
const recentAccountKeys = new Recent<StateKey>(RECENT_ACCOUNT_KEYS_MAX);

/** Key of the escrow of a transfer; it lives where its sender lives. */
export function escrowKey(sender: Buffer, transactionId: Buffer): StateKey {
  const placement = accountKey(sender).slice(0, PLACEMENT_BYTES);
  return `${placement}${String.fromCharCode(KeyKind.escrow)}${transactionId.toString("latin1")}` as StateKey;
}

/** First placement under a shard's prefix: the prefix's bits, then zeros. */
export function firstPlacement(prefix: string): Buffer {
  const placement = Buffer.alloc(PLACEMENT_BYTES);
  for (let bit = 0; bit < prefix.length; bit++) {
    if (prefix[bit] === "1") placement[bit >> 3]! |= 0x80 >> (bit & 7);
  }
  return placement;
}

/** First and last possible placement under a prefix, as keys begin with them; `below` is undefined where there is none behind. */
export function placementRange(prefix: string): {
  readonly from: string;
  readonly below: string | undefined;
} {
  const from = firstPlacement(prefix).toString("latin1");
  const next = prefix === "" ? 1 : Number.parseInt(prefix, 2) + 1;
  if (next === 2 ** prefix.length) return { from, below: undefined };
  const after = next.toString(2).padStart(prefix.length, "0");
  return { from, below: firstPlacement(after).toString("latin1") };
}

/** Account that fees of a shard go to. Nobody has its key; it stays with the left half of a split. */
export function feeAccountKey(prefix: string): StateKey {
  return key(firstPlacement(prefix), KeyKind.account, Buffer.alloc(ACCOUNT_ID_BYTES));
}

/** Key of the shard's own record: marks, channels, and how it ends. */
export function shardKey(prefix: string): StateKey {
  return key(firstPlacement(prefix), KeyKind.shard, Buffer.alloc(0));
}

/** Key of the record in shard.state that says up to which height the state is complete. */
export function heightKey(prefix: string): StateKey {
  return key(firstPlacement(prefix), KeyKind.height, Buffer.alloc(0));
}

/** Key, in the main chain's state, of what it knows of another shard's state. Its number tells it from its ancestors'. */
export function shardRootKey(prefix: string, shard: number): StateKey {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(shard);
  return key(firstPlacement(prefix), KeyKind.shardRoot, id);
}

/** Key of the global root in the main chain's state. */
export function globalRootKey(): StateKey {
  return key(firstPlacement(""), KeyKind.globalRoot, Buffer.alloc(0));
}

/** Key of the shard tree in the main chain's state. */
export function topologyKey(): StateKey {
  return key(firstPlacement(""), KeyKind.topology, Buffer.alloc(0));
}

/** The key's bytes. */
export function keyBytes(stateKey: StateKey): Buffer {
  return Buffer.from(stateKey, "latin1");
}

/** The key of bytes read from a topic or store. */
export function keyOfBytes(bytes: Buffer): StateKey {
  return bytes.toString("latin1") as StateKey;
}

/** Kind of a key; see KeyKind. */
export function kindOf(stateKey: StateKey): number {
  return stateKey.charCodeAt(PLACEMENT_BYTES);
}
