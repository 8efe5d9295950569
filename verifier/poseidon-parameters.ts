import { FIELD_ORDER, inverse, modulo } from "./field.js";

// Poseidon's parameters for BN254 and a state of three, as circomlib has them. They are worked out from the generator of the
// paper (https://eprint.iacr.org/2019/458, appendix F) instead of being written down, so nobody has to compare 195 numbers.

/** Elements of the state. */
export const WIDTH = 3;
/** Rounds with the power on the whole state; half of them come before the partial ones. */
export const FULL_ROUNDS = 8;
/** Rounds with the power on the first element only. */
export const PARTIAL_ROUNDS = 57;

const FIELD_BITS = 254;
const STATE_BITS = 80;
/** Steps before the first bit counts. */
const WARM_UP = 160;
const TAPS = [62, 51, 38, 23, 13, 0];
/** What the parameters are for: prime field, power of five, with the bits that each number takes. */
const SEED = [
  [1, 2],
  [0, 4],
  [FIELD_BITS, 12],
  [WIDTH, 12],
  [FULL_ROUNDS, 10],
  [PARTIAL_ROUNDS, 10],
] as const;

/** Grain: a shift register, of whose bits every second counts where the one before is set. */
class Grain {
  /** A ring; the oldest bit is at `at`. */
  private readonly ring: Uint8Array;
  private at = 0;

  constructor() {
    const seed = SEED.map(([value, bits]) => value.toString(2).padStart(bits, "0")).join("");
    this.ring = Uint8Array.from(seed.padEnd(STATE_BITS, "1"), Number);
    for (let step = 0; step < WARM_UP; step++) this.step();
  }

  /** A number of 254 bits; it may be above the field's order. */
  number(): bigint {
    let bits = "0b";
    for (let count = 0; count < FIELD_BITS; count++) bits += this.bit();
    return BigInt(bits);
  }

  private bit(): number {
    for (;;) {
      const counts = this.step();
      const bit = this.step();
      if (counts === 1) return bit;
    }
  }

  private step(): number {
    let bit = 0;
    for (const tap of TAPS) bit ^= this.ring[(this.at + tap) % STATE_BITS]!;
    this.ring[this.at] = bit;
    this.at = (this.at + 1) % STATE_BITS;
    return bit;
  }
}

export interface PoseidonParameters {
  /** By round, what is added to each element. */
  readonly constants: readonly (readonly bigint[])[];
  /** Rows of the matrix that mixes the state: 1 / (x_i + y_j). */
  readonly matrix: readonly (readonly bigint[])[];
}

export function poseidonParameters(): PoseidonParameters {
  const grain = new Grain();
  const constant = () => {
    for (;;) {
      const number = grain.number();
      if (number < FIELD_ORDER) return number;
    }
  };
  const constants = Array.from({ length: FULL_ROUNDS + PARTIAL_ROUNDS }, () =>
    Array.from({ length: WIDTH }, constant),
  );
  const points = Array.from({ length: 2 * WIDTH }, () => modulo(grain.number()));
  const matrix = Array.from({ length: WIDTH }, (_, row) =>
    Array.from({ length: WIDTH }, (_, column) => inverse(points[row]! + points[WIDTH + column]!)),
  );
  return { constants, matrix };
}
