import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { recoverPublicKey, signatureFault } from "../../ledger/crypto/secp256k1.js";
import { fromHex, hasSharedData, sharedJson } from "./shared-data.js";

interface Vectors {
  testGroups: {
    publicKey: { uncompressed: string };
    tests: { tcId: number; msg: string; sig: string; result: "valid" | "invalid"; comment: string }[];
  }[];
}

/** Of the curve (SEC 2, section 2.4.1): the field's prime and the group's order. */
const PRIME = 2n ** 256n - 2n ** 32n - 977n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** r of a signature. */
const scalar = (signature: Buffer) => BigInt(`0x${signature.toString("hex", 0, SCALAR_BYTES)}`);

/** Length of r and of s, in bytes. */
const SCALAR_BYTES = 32;

/**
 * r and s of a signature in DER, 32 bytes each; undefined where it is not the one DER encoding of two positive integers of
 * at most 32 bytes. Transactions carry r and s alone, so this is the test's own.
 */
function fromDer(der: Buffer): Buffer | undefined {
  const [tag, length] = der;
  if (tag !== 0x30 || length === undefined || length > 127 || der.length !== length + 2) return undefined;
  const scalars: Buffer[] = [];
  for (let at = 2; at < der.length; ) {
    const size = der[at + 1];
    if (der[at] !== 2 || size === undefined || size === 0 || at + 2 + size > der.length) return undefined;
    const integer = der.subarray(at + 2, at + 2 + size);
    const isNegative = integer[0]! >= 0x80;
    const isLonger = size > 1 && integer[0] === 0 && integer[1]! < 0x80;
    const digits = integer[0] === 0 ? integer.subarray(1) : integer;
    if (isNegative || isLonger || digits.length > SCALAR_BYTES) return undefined;
    scalars.push(Buffer.concat([Buffer.alloc(SCALAR_BYTES - digits.length), digits]));
    at += 2 + size;
  }
  return scalars.length === 2 ? Buffer.concat(scalars) : undefined;
}

function digestOf(algorithm: string, message: Buffer): Buffer {
  const options =
    algorithm === "shake128" ? { outputLength: 32 } : algorithm === "shake256" ? { outputLength: 64 } : {};
  return createHash(algorithm, options).update(message).digest().subarray(0, 32);
}

/**
 * Why we refuse a valid signature; each is a rule of Ethereum. HIGH_S: s is above half the order (EIP-2). X_ABOVE_ORDER: the
 * point that r stands for has an x at or above the order, for which Ethereum has no recovery id.
 */
type Deviation = "HIGH_S" | "X_ABOVE_ORDER";

/** Files that crypto.test.ts doesn't read, and how many valid signatures our rule refuses for which reason. Invalid ones are never taken. */
const FILES: readonly [file: string, algorithm: string, refused: Partial<Record<Deviation, number>>][] = [
  ["sha256_bitcoin", "sha256", { X_ABOVE_ORDER: 1 }],
  ["sha256", "sha256", { HIGH_S: 34 }],
  ["sha3_256", "sha3-256", { HIGH_S: 34, X_ABOVE_ORDER: 1 }],
  ["sha3_512", "sha3-512", { HIGH_S: 43 }],
  ["sha512", "sha512", { HIGH_S: 57, X_ABOVE_ORDER: 1 }],
  ["shake128", "shake128", { HIGH_S: 38, X_ABOVE_ORDER: 1 }],
  ["shake256", "shake256", { HIGH_S: 52, X_ABOVE_ORDER: 1 }],
  ["shake128_p1363", "shake128", { HIGH_S: 33 }],
  ["shake256_p1363", "shake256", { HIGH_S: 55 }],
];

describe("Wycheproof, ECDSA on secp256k1", () => {
  for (const [file, algorithm, expected] of FILES) {
    const path = `vectors/wycheproof/ecdsa_secp256k1_${file}_test.json`;
    test.skipIf(!hasSharedData(path))(`${file}: nothing invalid is taken; what is refused has a name`, () => {
      const wrong: string[] = [];
      const refused: Partial<Record<Deviation, number>> = {};
      let agreed = 0;
      for (const { publicKey, tests } of sharedJson<Vectors>(path).testGroups) {
        for (const { tcId, msg, sig, result, comment } of tests) {
          const bytes = fromHex(sig);
          const signature = file.endsWith("p1363") ? bytes : fromDer(bytes);
          const digest = digestOf(algorithm, fromHex(msg));
          const holds = (allowHighS: boolean) =>
            signature !== undefined &&
            ([0, 1] as const).some(
              (id) =>
                recoverPublicKey(digest, signature, id, allowHighS)?.toString("hex") ===
                publicKey.uncompressed,
            );
          if (holds(false) === (result === "valid")) agreed++;
          else if (result === "invalid" || !signature) wrong.push(`${tcId} ${result}: ${comment}`);
          else {
            // As before EIP-2 a signature with a high s holds, where nothing else is the matter with it.
            const name = holds(true) ? "HIGH_S" : "X_ABOVE_ORDER";
            const isNamed =
              name === "HIGH_S" ? signatureFault(signature) === "HIGH_S" : scalar(signature) < PRIME - ORDER;
            if (!isNamed) wrong.push(`${tcId} ${result}: ${comment}`);
            refused[name] = (refused[name] ?? 0) + 1;
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(refused).toEqual(expected);
      expect(agreed).toBeGreaterThan(50);
    });
  }
});
