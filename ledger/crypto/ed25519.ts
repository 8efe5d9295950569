import sodium from "sodium-native";

/**
 * Ed25519 (RFC 8032) by libsodium, the only library whose verdict counts: libraries differ on odd signatures, and
 * validators that differ would not agree on a block. The exact rule, pinned by `test/ledger/crypto.test.ts` with the
 * vectors of ed25519-speccheck:
 *
 * - S must be below the group order L (vectors 6 and 7 are refused): nobody can alter a signature that he sees.
 * - The public key A must be encoded canonically (10, 11) and neither A nor R may have small order (0, 1, 2).
 * - The equation has no cofactor: the encoding of [S]B - [k]A must equal the 32 bytes of R. So a signature that only
 *   holds after multiplying by 8 is refused (4, 5), and so is an R that is not canonical (8, 9).
 * - A key or R of mixed order passes when the equation holds as it stands (3).
 */

/** Length of an Ed25519 public key, in bytes. */
export const PUBLIC_KEY_BYTES = 32;
/** Length of an Ed25519 signature: R and S, 32 bytes each. */
export const SIGNATURE_BYTES = 64;
/** Length of the seed that a key pair is made from, in bytes. */
export const SEED_BYTES = 32;

/** A key pair: the public key (32 bytes), and as libsodium keeps it the seed and the public key (64 bytes). */
export interface KeyPair {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

/** Whether the signature holds by the rule above; false too when a length is wrong. */
export function verifyEd25519(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  // libsodium would not look at what follows the 64 bytes.
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return sodium.crypto_sign_verify_detached(signature, message, publicKey);
}

/** Signs; the same key and message always give the same signature. */
export function signEd25519(message: Uint8Array, keyPair: KeyPair): Buffer {
  const signature = Buffer.allocUnsafe(SIGNATURE_BYTES);
  sodium.crypto_sign_detached(signature, message, keyPair.secretKey);
  return signature;
}

/**
 * The key pair of a seed.
 *
 * @throws RangeError when the seed has not 32 bytes.
 */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`the seed has ${seed.length} bytes, not ${SEED_BYTES}`);
  const publicKey = Buffer.alloc(PUBLIC_KEY_BYTES);
  const secretKey = Buffer.alloc(SEED_BYTES + PUBLIC_KEY_BYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { publicKey, secretKey };
}

/** L, the order of the group, little-endian as in a signature (RFC 8032, section 5.1). */
const GROUP_ORDER = Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex");

/**
 * Whether S is not below L: the mark of a signature altered by adding L to S. Such a signature never verifies; this
 * only names the reason.
 */
export function isMalleableEd25519(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  for (let index = GROUP_ORDER.length - 1; index >= 0; index--) {
    const difference = signature[32 + index]! - GROUP_ORDER[index]!;
    if (difference !== 0) return difference > 0;
  }
  return true; // S is L itself
}
