import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

/** Length of a SHA-256 digest, in bytes. */
export const HASH_BYTES = 32;

/** SHA-256 over the parts, one behind the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}
