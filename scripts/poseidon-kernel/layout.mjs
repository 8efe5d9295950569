// Numbers as the kernel has them: nine limbs of 29 bits, lowest first. A product of limbs has 58 bits, so 64 of them
// can be added up in 64 bits before anything is carried.
import { mod } from "./field.mjs";

export const LIMBS = 9;
export const LIMB_BITS = 29;
/** What Montgomery's form multiplies with, 2^261: 168 times the field's order, so sums of products need no last subtraction. */
export const MONTGOMERY = 1n << BigInt(LIMBS * LIMB_BITS);

const LIMB = 1n << BigInt(LIMB_BITS);

export function limbsOf(value) {
  return Array.from({ length: LIMBS }, (_, index) => Number((value >> BigInt(index * LIMB_BITS)) % LIMB));
}

/** Value · 2^(261·power) in the field. */
export function montgomery(value, power = 1) {
  return mod(mod(value) * MONTGOMERY ** BigInt(power));
}
