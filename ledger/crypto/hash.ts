import { createKeccak } from "hash-wasm";
import sodium from "sodium-native";

/** Length of every hash here, in bytes. */
export const HASH_BYTES = 32;
/** Length of the key of `keyedHash`, in bytes. */
export const HASH_KEY_BYTES = 32;

/**
 * SHA-256 (FIPS 180-4) of the parts one after the other. Nothing separates the parts: whoever hashes parts of
 * variable length must put the lengths in.
 */
export function sha256(...parts: Uint8Array[]): Buffer {
  const digest = Buffer.allocUnsafe(HASH_BYTES);
  // Joining first costs less than the state interface: each native call is as dear as hashing 100 bytes.
  sodium.crypto_hash_sha256(digest, parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  return digest;
}

const NODE_BYTES = 1 + 2 * HASH_BYTES;
// One buffer for all calls: each call fills it and is done with it before it returns.
const node = Buffer.alloc(NODE_BYTES);

/** SHA-256 of a byte and two digests (32 bytes each): a node of a Merkle tree, without joining buffers anew. */
export function sha256Node(tag: number, left: Uint8Array, right: Uint8Array): Buffer {
  node[0] = tag;
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  const digest = Buffer.allocUnsafe(HASH_BYTES);
  sodium.crypto_hash_sha256(digest, node);
  return digest;
}

/**
 * BLAKE2b-256 with a key (RFC 7693) of the parts one after the other: a MAC.
 *
 * @throws RangeError when the key has not 32 bytes.
 */
export function keyedHash(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  if (key.length !== HASH_KEY_BYTES)
    throw new RangeError(`the key has ${key.length} bytes, not ${HASH_KEY_BYTES}`);
  const digest = Buffer.allocUnsafe(HASH_BYTES);
  if (parts.length === 1) sodium.crypto_generichash(digest, parts[0]!, key);
  else sodium.crypto_generichash_batch(digest, parts, key);
  return digest;
}

// One hasher for all calls: each call starts it anew and ends it before it returns.
const keccak = await createKeccak(256);

/** Keccak-256 with the padding Ethereum uses (not SHA3-256) of the parts one after the other. */
export function keccak256(...parts: Uint8Array[]): Buffer {
  keccak.init().update(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  const digest = keccak.digest("binary");
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** Whether two byte strings are equal, in a time that depends only on their lengths. */
export function constantTimeEquals(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && (left.length === 0 || sodium.sodium_memcmp(left, right));
}
