import { poseidon2 } from "poseidon-lite/poseidon2";
import { FIELD_BYTES, PAIR_BYTES, type PairHasher } from "./pair-hasher.js";
import { POSEIDON_KERNEL } from "./poseidon-kernel.generated.js";
import { loadPoseidonKernel } from "./poseidon-kernel.js";

/** Order of BN254's scalar field, which Poseidon's numbers are from. */
export const FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

const FIELD_ORDER_BYTES = bytesOfElement(FIELD_ORDER);

/** Whether the 32 bytes at an offset are a number below the field's order: each element has one form only. */
export function isFieldElement(bytes: Uint8Array, offset = 0): boolean {
  for (let index = 0; index < FIELD_BYTES; index++) {
    const difference = bytes[offset + index]! - FIELD_ORDER_BYTES[index]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function bytesOfElement(element: bigint): Buffer {
  return Buffer.from(element.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex");
}

function elementAt(bytes: Uint8Array, offset: number): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset + offset, FIELD_BYTES).toString("hex")}`);
}

/** The same hashes one by one in bigints, for engines without vectors; what the kernel is compared with. */
export const plainPairHasher: PairHasher = {
  hashPairs(pairs) {
    const hashes = Buffer.allocUnsafe((pairs.length / PAIR_BYTES) * FIELD_BYTES);
    for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
      const hash = poseidon2([elementAt(pairs, at), elementAt(pairs, at + FIELD_BYTES)]);
      bytesOfElement(hash).copy(hashes, (at / PAIR_BYTES) * FIELD_BYTES);
    }
    return hashes;
  },
};

/** The fastest that this engine takes. */
export const pairHasher: PairHasher =
  loadPoseidonKernel(Buffer.from(POSEIDON_KERNEL, "base64")) ?? plainPairHasher;

/**
 * Poseidon (BN254, x^5, 8 full and 57 partial rounds, circomlib's parameters) of pairs of field elements, 32 bytes
 * each, one pair after the other.
 *
 * @returns 32 bytes a pair, in the same order, each below the field's order.
 * @throws RangeError when there are not whole pairs, or one is not a field element.
 */
export function poseidonPairs(pairs: Uint8Array, hasher = pairHasher): Buffer {
  if (pairs.length % PAIR_BYTES !== 0) throw new RangeError(`${pairs.length} bytes are not whole pairs`);
  for (let offset = 0; offset < pairs.length; offset += FIELD_BYTES)
    if (!isFieldElement(pairs, offset)) throw new RangeError("a number is not below the field's order");
  return hasher.hashPairs(pairs);
}

/**
 * Poseidon of two field elements.
 *
 * @throws RangeError when one is none.
 */
export function poseidonPair(left: Uint8Array, right: Uint8Array, hasher = pairHasher): Buffer {
  return poseidonPairs(Buffer.concat([left, right]), hasher);
}
