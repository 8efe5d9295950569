import { inverse, modulo } from "./field.js";
import { FULL_ROUNDS, PARTIAL_ROUNDS, poseidonParameters } from "./poseidon-parameters.js";

// Partial rounds made cheaper. Between them only the first element s of the state goes through the power x = y^5, where y is
// s with its constant; the other two, h, are only mixed: with the matrix cut into m, v, w and A (first element; its row; its
// column; the rest)
//
//   s' = m x + v·h,    h' = A h + w x.
//
// The constants of h are carried on through A, so that all end in the y's (`added`) and behind the last round (`left`). As A
// has two rows, A² = τA − δ, so v·h obeys a recurrence over two rounds and needs no h:
//
//   v·h'' = τ v·h' − δ v·h + α x' + β x,    α = v·w, β = v·(A − τ)w = −δ v·A⁻¹w.
//
// With v·h = y' − m x − (constant) put in, the y's obey one too, with five products and one division a round instead of the
// nine and three of the matrix. Behind the last round h is worked out from v·h and v·A⁻¹h.

type Pair = readonly [bigint, bigint];

export interface PoseidonPlan {
  /** Constants and matrix of the full rounds, see `poseidonParameters`. */
  readonly constants: readonly (readonly bigint[])[];
  readonly matrix: readonly (readonly bigint[])[];
  /** v, and v·A. */
  readonly row: Pair;
  readonly rowNext: Pair;
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly trace: bigint;
  /** −δ. */
  readonly minusDeterminant: bigint;
  /** Of the recurrence of the y's: factors of x of the round before and of the one before that. */
  readonly before: bigint;
  readonly beforeThat: bigint;
  /** By partial round and the full one behind: what y has besides m x + v·h; and the same of the recurrence. */
  readonly added: readonly bigint[];
  readonly recurring: readonly bigint[];
  /** v·A⁻¹w. */
  readonly back: bigint;
  /** What makes h of v·h and v·A⁻¹h, by rows. */
  readonly rebuilt: readonly [Pair, Pair];
  /** What h has besides behind the last partial round. */
  readonly left: Pair;
}

/** Works the plan out. It takes some milliseconds, so whoever hashes keeps it. */
export function poseidonPlan(): PoseidonPlan {
  const { constants, matrix } = poseidonParameters();
  const [[m, v0, v1], [w0, a00, a01], [w1, a10, a11]] = matrix as readonly [Triple, Triple, Triple];
  const times = ([x, y]: Pair): Pair => [modulo(a00 * x + a01 * y), modulo(a10 * x + a11 * y)];
  const dot = ([a, b]: Pair, [x, y]: Pair): bigint => modulo(a * x + b * y);
  const row: Pair = [v0, v1];
  const column: Pair = [w0, w1];
  const trace = modulo(a00 + a11);
  const determinant = modulo(a00 * a11 - a01 * a10);
  const alpha = dot(row, column);
  const beta = modulo(dot(row, times(column)) - trace * alpha);

  const added = [constants[FULL_ROUNDS / 2]![0]!];
  let left: Pair = [0n, 0n];
  for (let round = 0; round < PARTIAL_ROUNDS; round++) {
    const [, c0, c1] = constants[FULL_ROUNDS / 2 + round] as unknown as Triple;
    const carried: Pair = [left[0] + c0, left[1] + c1];
    added.push(modulo(dot(row, carried) + constants[FULL_ROUNDS / 2 + round + 1]![0]!));
    left = times(carried);
  }
  const recurring = added.map((own, round) =>
    round < 3 ? 0n : modulo(own - trace * added[round - 1]! + determinant * added[round - 2]!),
  );

  const over = inverse(determinant);
  const rowBack: Pair = [modulo(over * (v0 * a11 - v1 * a10)), modulo(over * (v1 * a00 - v0 * a01))];
  const overRows = inverse(v0 * rowBack[1] - v1 * rowBack[0]);
  return {
    ...{ constants, matrix, row, alpha, beta, trace, added, recurring, left },
    rowNext: [modulo(v0 * a00 + v1 * a10), modulo(v0 * a01 + v1 * a11)],
    minusDeterminant: modulo(-determinant),
    before: modulo(alpha - trace * m),
    beforeThat: modulo(beta + determinant * m),
    back: dot(rowBack, column),
    rebuilt: [
      [modulo(rowBack[1] * overRows), modulo(-v1 * overRows)],
      [modulo(-rowBack[0] * overRows), modulo(v0 * overRows)],
    ],
  };
}

type Triple = readonly [bigint, bigint, bigint];
