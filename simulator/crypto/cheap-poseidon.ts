import sodium from "sodium-native";
import { FIELD_BYTES, PAIR_BYTES, type PairHasher } from "../../ledger/crypto/pair-hasher.js";
import * as kernel from "../../ledger/crypto/poseidon-kernel.js";
import { signaturesAreReal } from "./mode.js";

// The kernel of Poseidon, but for another hash in the seeds whose signatures are not real. Equal halves are those of empty
// places; theirs stay real, as they are worked out once, whatever the seed.

/** The highest byte of the field's order, less one bit: what has less in it is an element. */
const ELEMENT_MASK = 0x0f;

/** As the real module's; undefined where the engine can't run the kernel. */
export function loadPoseidonKernel(wasm: Uint8Array): PairHasher | undefined {
  const real = kernel.loadPoseidonKernel(wasm);
  return real && { hashPairs: (pairs) => (signaturesAreReal() ? real.hashPairs(pairs) : cheap(pairs, real)) };
}

function cheap(pairs: Uint8Array, real: PairHasher): Buffer {
  const hashes = Buffer.allocUnsafe((pairs.length / PAIR_BYTES) * FIELD_BYTES);
  for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
    const pair = pairs.subarray(at, at + PAIR_BYTES);
    const hash = hashes.subarray(at / 2, at / 2 + FIELD_BYTES);
    if (Buffer.compare(pair.subarray(0, FIELD_BYTES), pair.subarray(FIELD_BYTES)) === 0)
      hash.set(real.hashPairs(pair));
    else {
      sodium.crypto_hash_sha256(hash, pair);
      hash[0]! &= ELEMENT_MASK;
    }
  }
  return hashes;
}
