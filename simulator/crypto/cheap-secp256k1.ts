import { createHash } from "node:crypto";
import secp256k1 from "secp256k1";
import { signaturesAreReal } from "./mode.js";

// secp256k1, but in most seeds a signature is a hash of public key and digest, and recovering is looking up who made it.

const HALF = 32;
const UNCOMPRESSED = 4;
/** Signatures that are remembered: those of many seeds. */
const REMEMBERED_MAX = 20_000;

const signers = new Map<string, { readonly publicKey: Uint8Array; readonly digest: string }>();

function hash(...parts: Uint8Array[]): Buffer {
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

function publicKeyCreate(privateKey: Uint8Array, compressed: boolean, output: Uint8Array): Uint8Array {
  if (signaturesAreReal()) return secp256k1.publicKeyCreate(privateKey, compressed, output);
  const x = hash(privateKey);
  output[0] = UNCOMPRESSED;
  output.set(x, 1);
  output.set(hash(x), 1 + HALF);
  return output;
}

function ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number } {
  if (signaturesAreReal()) return secp256k1.ecdsaSign(digest, privateKey);
  const publicKey = publicKeyCreate(privateKey, false, new Uint8Array(1 + 2 * HALF));
  const r = hash(publicKey, digest);
  const signature = Buffer.concat([r, hash(r)]);
  // Both below half of the order.
  signature[0]! &= 0x3f;
  signature[HALF]! &= 0x3f;
  for (const oldest of signers.keys()) {
    if (signers.size < REMEMBERED_MAX) break;
    signers.delete(oldest);
  }
  // The same signature comes again in other seeds: it must not be the oldest then.
  signers.delete(signature.toString("latin1"));
  signers.set(signature.toString("latin1"), { publicKey, digest: Buffer.from(digest).toString("latin1") });
  return { signature, recid: 0 };
}

function ecdsaRecover(
  signature: Uint8Array,
  recid: number,
  digest: Uint8Array,
  compressed: boolean,
  output: Uint8Array,
): Uint8Array {
  if (signaturesAreReal()) return secp256k1.ecdsaRecover(signature, recid, digest, compressed, output);
  const signer = signers.get(Buffer.from(signature).toString("latin1"));
  if (!signer || recid !== 0) throw new Error("Public key could not be recover");
  if (signer.digest === Buffer.from(digest).toString("latin1")) output.set(signer.publicKey);
  else {
    // Another digest: somebody's key, but nobody's that anyone has.
    output[0] = UNCOMPRESSED;
    output.set(hash(signature, digest), 1);
    output.set(hash(digest, signature), 1 + HALF);
  }
  return output;
}

export default { ...secp256k1, publicKeyCreate, ecdsaSign, ecdsaRecover };
