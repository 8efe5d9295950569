import secp256k1 from "secp256k1";

/** Length of a recoverable signature without its recovery id: r and s, 32 bytes each, big-endian. */
export const SIGNATURE_BYTES = 64;
/** Length of a public key as used here: 4 and the two coordinates. */
export const PUBLIC_KEY_BYTES = 65;
const SCALAR_BYTES = 32;
const DIGEST_BYTES = 32;

/** Which of the two points with that x: the parity of y. Ethereum knows no others (those with x at or above the order). */
export type RecoveryId = 0 | 1;

/** The order of the group (SEC 2, section 2.4.1) and its half, which s may not exceed (EIP-2). */
const ORDER = Buffer.from("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "hex");
const HALF_ORDER = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

/** Why a signature is refused before any curve arithmetic. RANGE: r or s is 0, or not below the order. */
export type SignatureFault = "RANGE" | "HIGH_S";

/** Checks r and s of a 64-byte signature; undefined when they are in range and s is low. */
export function signatureFault(signature: Uint8Array): SignatureFault | undefined {
  if (signature.length !== SIGNATURE_BYTES) return "RANGE";
  if (isZero(signature, 0) || isZero(signature, SCALAR_BYTES)) return "RANGE";
  if (compareScalar(signature, 0, ORDER) >= 0 || compareScalar(signature, SCALAR_BYTES, ORDER) >= 0)
    return "RANGE";
  return compareScalar(signature, SCALAR_BYTES, HALF_ORDER) > 0 ? "HIGH_S" : undefined;
}

function isZero(bytes: Uint8Array, offset: number): boolean {
  for (let index = offset; index < offset + SCALAR_BYTES; index++) if (bytes[index] !== 0) return false;
  return true;
}

function compareScalar(bytes: Uint8Array, offset: number, bound: Uint8Array): number {
  for (let index = 0; index < SCALAR_BYTES; index++) {
    const difference = bytes[offset + index]! - bound[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The public key (65 bytes) that made the signature of a digest (32 bytes) by ECDSA, or undefined when there is none,
 * when r or s is out of range, or when s is high (EIP-2). A wrong digest gives another key, not undefined.
 *
 * @param allowHighS takes a high s too, as Ethereum did before EIP-2.
 */
export function recoverPublicKey(
  digest: Uint8Array,
  signature: Uint8Array,
  recoveryId: RecoveryId,
  allowHighS = false,
): Buffer | undefined {
  const fault = signatureFault(signature);
  if (digest.length !== DIGEST_BYTES || fault === "RANGE" || (fault === "HIGH_S" && !allowHighS))
    return undefined;
  const publicKey = Buffer.allocUnsafe(PUBLIC_KEY_BYTES);
  try {
    secp256k1.ecdsaRecover(signature, recoveryId, digest, false, publicKey);
  } catch {
    return undefined; // the arguments are right, so all that is left is: r is the x of no point, or the key is infinity
  }
  return publicKey;
}

/**
 * Signs a digest (32 bytes); s is low. Deterministic (RFC 6979).
 *
 * @throws Error when the private key is 0 or not below the order.
 */
export function signRecoverable(
  digest: Uint8Array,
  privateKey: Uint8Array,
): { signature: Buffer; recoveryId: RecoveryId } {
  const { signature, recid } = secp256k1.ecdsaSign(digest, privateKey);
  // 2 and 3 need r at or above the order: one signature in 2^127.
  if (recid !== 0 && recid !== 1) throw new Error("the signature has no Ethereum recovery id");
  return {
    signature: Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength),
    recoveryId: recid,
  };
}

/**
 * The public key (65 bytes) of a private key (32 bytes).
 *
 * @throws Error when the private key is 0 or not below the order.
 */
export function publicKeyFromPrivate(privateKey: Uint8Array): Buffer {
  const publicKey = Buffer.alloc(PUBLIC_KEY_BYTES);
  secp256k1.publicKeyCreate(privateKey, false, publicKey);
  return publicKey;
}
