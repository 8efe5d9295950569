import { ascii, concat } from "./bytes.js";
import { sha256 } from "./hash.js";

// Where things are in the state, and in its tree.

/** Levels of the tree that are always hashed; a shard's prefix has at most so many bits. */
export const SHARD_DEPTH_MAX = 16;
/** Bits of a position. */
export const POSITION_BITS = 256;

const ACCOUNT = Uint8Array.of(0);
const PLACEMENT_BYTES = 32;
const GLOBAL_ROOT = Uint8Array.of(5);
const SHARD_BYTES = SHARD_DEPTH_MAX / 8;
const POSITION_DOMAIN = ascii("rustorium/state-position/v1\0");

/** State key of an account (20 bytes): its placement, the kind, its id. */
export function accountKey(account: Uint8Array): Uint8Array {
  return concat(sha256(account), ACCOUNT, account);
}

/** State key of the global root: the first placement, the kind. */
export const GLOBAL_ROOT_KEY = concat(new Uint8Array(PLACEMENT_BYTES), GLOBAL_ROOT);

/** Where a key's leaf is, 32 bytes: the first 16 bits of the key, the others of a hash. */
export function positionOf(key: Uint8Array): Uint8Array {
  const position = sha256(POSITION_DOMAIN, key);
  position.set(key.subarray(0, SHARD_BYTES));
  return position;
}
