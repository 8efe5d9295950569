// Sizes in bytes; layout.mjs has the same numbers for what is worked out before.

export const LIMBS: usize = 9;
export const LIMB_BITS: u64 = 29;
/** Hashes worked out at once. */
export const LANES: usize = 4;
/** A limb of one hash, and of a constant. */
export const WORD: usize = 4;
/** A limb of each hash. */
export const VECTOR: usize = WORD * LANES;
/** A number of each hash. */
export const NUMBER: usize = VECTOR * LIMBS;
export const CONSTANT: usize = WORD * LIMBS;
