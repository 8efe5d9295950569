// Parameters of Poseidon over BN254 with a state of three, as circomlib has them, from the Grain generator of the
// paper's reference code (https://eprint.iacr.org/2019/458, appendix F; generate_parameters_grain.sage 1 0 254 3 8 57).
import { inverse, mod, P } from "./field.mjs";

export const WIDTH = 3;
/** Half of them before the partial ones, half behind. */
export const FULL_ROUNDS = 8;
export const PARTIAL_ROUNDS = 57;

const FIELD_BITS = 254;
const STATE_BITS = 80;
/** Clocks before the first bit counts. */
const WARM_UP = 160;
const TAPS = [62, 51, 38, 23, 13, 0];

/** Bits of the self-shrinking generator, seeded with what the parameters are for. */
function grainBits() {
  const field = [1, 2];
  const sbox = [0, 4];
  const seed = [field, sbox, [FIELD_BITS, 12], [WIDTH, 12], [FULL_ROUNDS, 10], [PARTIAL_ROUNDS, 10]]
    .map(([value, bits]) => value.toString(2).padStart(bits, "0"))
    .join("")
    .padEnd(STATE_BITS, "1");
  const state = Array.from(seed, Number);
  const clock = () => {
    const bit = TAPS.reduce((sum, tap) => sum ^ state[tap], 0);
    state.shift();
    state.push(bit);
    return bit;
  };
  for (let i = 0; i < WARM_UP; i++) clock();
  return () => {
    for (;;) {
      const counts = clock();
      const bit = clock();
      if (counts) return bit;
    }
  };
}

/**
 * @returns {{ constants: bigint[][], matrix: bigint[][] }} constants by round, and the matrix of the linear layer:
 *   1 / (x_i + y_j), a Cauchy matrix.
 */
export function poseidonParameters() {
  const bit = grainBits();
  const number = () => {
    let value = 0n;
    for (let i = 0; i < FIELD_BITS; i++) value = (value << 1n) | BigInt(bit());
    return value;
  };
  const constant = () => {
    for (;;) {
      const value = number();
      if (value < P) return value;
    }
  };
  const constants = Array.from({ length: FULL_ROUNDS + PARTIAL_ROUNDS }, () =>
    Array.from({ length: WIDTH }, constant),
  );
  const points = Array.from({ length: 2 * WIDTH }, () => mod(number()));
  const matrix = Array.from({ length: WIDTH }, (_, i) =>
    Array.from({ length: WIDTH }, (_, j) => inverse(points[i] + points[WIDTH + j])),
  );
  return { constants, matrix };
}
