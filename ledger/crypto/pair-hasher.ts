/** Poseidon of many pairs of field elements. Elements are 32 bytes, the highest first, below the field's order. */
export interface PairHasher {
  /**
   * @param pairs 64 bytes a pair.
   * @returns 32 bytes a pair, in the same order.
   */
  hashPairs(pairs: Uint8Array): Buffer;
}

/** Length of a field element, in bytes. */
export const FIELD_BYTES = 32;
export const PAIR_BYTES = 2 * FIELD_BYTES;
