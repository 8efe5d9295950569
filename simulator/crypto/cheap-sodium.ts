import sodium from "sodium-native";
import { signaturesAreReal } from "./mode.js";

// libsodium, but for Ed25519 in most seeds: a signature is then a hash of public key and message. It depends on every bit of
// both, so a stage that checks the wrong thing is found out; it keeps nobody from forging, which no simulated peer tries
// but with random bytes.

const HALF = 32;
const SEED_BYTES = 32;

function cheapSignature(signature: Buffer, message: Uint8Array, publicKey: Uint8Array): void {
  sodium.crypto_generichash(signature.subarray(0, HALF), message, publicKey);
  sodium.crypto_generichash(signature.subarray(HALF), signature.subarray(0, HALF), publicKey);
  // Below the group order, as S of a real one is.
  signature[2 * HALF - 1]! &= 0x0f;
}

const expected = Buffer.alloc(2 * HALF);

export default {
  ...sodium,
  crypto_sign_seed_keypair(publicKey: Buffer, secretKey: Buffer, seed: Uint8Array): void {
    if (signaturesAreReal()) {
      sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
      return;
    }
    sodium.crypto_hash_sha256(publicKey, seed);
    secretKey.set(seed, 0);
    secretKey.set(publicKey, SEED_BYTES);
  },
  crypto_sign_detached(signature: Buffer, message: Uint8Array, secretKey: Uint8Array): void {
    if (signaturesAreReal()) sodium.crypto_sign_detached(signature, message, secretKey);
    else cheapSignature(signature, message, secretKey.subarray(SEED_BYTES));
  },
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
    if (signaturesAreReal()) return sodium.crypto_sign_verify_detached(signature, message, publicKey);
    cheapSignature(expected, message, publicKey);
    return expected.equals(signature);
  },
};
