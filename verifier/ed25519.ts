import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equal } from "./bytes.js";

const { Point } = ed25519;
type Point = ReturnType<typeof Point.fromBytes>;

const HALF_BYTES = 32;

/**
 * Whether a signature (64 bytes) holds, by the rule that the ledger's validators are held to; RFC 8032 leaves room, and
 * libraries differ in it. S is below the group's order; the key is encoded canonically and has no small order; the encoding
 * of [S]B - [k]A equals the 32 bytes of R, without a cofactor, and R has no small order. That is stricter than noble's own
 * `verify` with `zip215: false`, which multiplies by the cofactor.
 */
export function verifyEd25519(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const r = signature.subarray(0, HALF_BYTES);
  const s = littleEndian(signature.subarray(HALF_BYTES));
  const order = Point.Fn.ORDER;
  if (s >= order) return false;
  const key = pointOf(publicKey);
  if (!key || key.isSmallOrder()) return false;
  const k = littleEndian(sha512(concat(r, publicKey, message))) % order;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return !expected.isSmallOrder() && equal(expected.toBytes(), r);
}

/** Undefined where the bytes encode no point, or not canonically. */
function pointOf(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
