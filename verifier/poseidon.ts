import { FIELD_ORDER as F, modulo } from "./field.js";
import { FULL_ROUNDS, PARTIAL_ROUNDS } from "./poseidon-parameters.js";
import { type PoseidonPlan, poseidonPlan } from "./poseidon-plan.js";

/**
 * Poseidon of two field elements (BN254, x^5, 8 full and 57 partial rounds, circomlib's parameters): the first element of
 * the permuted state (0, left, right). Both must be below the field's order, and so is the result.
 */
export function poseidon(left: bigint, right: bigint): bigint {
  plan ??= poseidonPlan();
  let state: State = [0n, left, right];
  for (let round = 0; round < FULL_ROUNDS / 2; round++) state = fullRound(plan, round, state);
  state = partialRounds(plan, state);
  for (let round = FULL_ROUNDS / 2; round < FULL_ROUNDS; round++)
    state = fullRound(plan, PARTIAL_ROUNDS + round, state);
  return state[0];
}

type State = readonly [bigint, bigint, bigint];

/** Made with the first hash: whoever only checks transactions needs none. */
let plan: PoseidonPlan | undefined;

function power5(value: bigint): bigint {
  const square = (value * value) % F;
  return (square * square * value) % F;
}

function fullRound({ constants, matrix }: PoseidonPlan, round: number, [a, b, c]: State): State {
  const [k0, k1, k2] = constants[round] as unknown as State;
  const [row0, row1, row2] = matrix as unknown as readonly [State, State, State];
  const [x, y, z] = [power5(a + k0), power5(b + k1), power5(c + k2)];
  return [
    (row0[0] * x + row0[1] * y + row0[2] * z) % F,
    (row1[0] * x + row1[1] * y + row1[2] * z) % F,
    (row2[0] * x + row2[1] * y + row2[2] * z) % F,
  ];
}

/** All of them, by the recurrence in poseidon-plan.ts. Names as there; y1 and y2 are of the rounds behind y0. */
function partialRounds(plan: PoseidonPlan, [first, h0, h1]: State): State {
  const { row, rowNext, alpha, beta, trace, minusDeterminant, before, beforeThat, added, recurring } = plan;
  const m = plan.matrix[0]![0]!;
  let x0 = power5(first + added[0]!);
  let y0 = (m * x0 + row[0] * h0 + row[1] * h1 + added[1]!) % F;
  let x1 = power5(y0);
  let y1 = (m * x1 + rowNext[0] * h0 + rowNext[1] * h1 + alpha * x0 + added[2]!) % F;
  for (let round = 2; round < PARTIAL_ROUNDS; round++) {
    const x2 = power5(y1);
    const sum = trace * y1 + minusDeterminant * y0 + m * x2 + before * x1 + beforeThat * x0;
    y0 = y1;
    y1 = (sum + recurring[round + 1]!) % F;
    x0 = x1;
    x1 = x2;
  }
  // Here x1 is of the last round, and y1 is the first element behind it with its constant.
  const { back, rebuilt, left, constants } = plan;
  const product0 = y0 - m * x0 - added[PARTIAL_ROUNDS - 1]!;
  const product1 = y1 - m * x1 - added[PARTIAL_ROUNDS]!;
  // These two are below zero now and then; from here on nothing may be.
  const now = modulo(trace * (product1 % F) + minusDeterminant * (product0 % F) + alpha * x1 + beta * x0);
  const ago = modulo(product1 + back * x1);
  return [
    modulo(y1 - constants[FULL_ROUNDS / 2 + PARTIAL_ROUNDS]![0]!),
    (rebuilt[0][0] * now + rebuilt[0][1] * ago + left[0]) % F,
    (rebuilt[1][0] * now + rebuilt[1][1] * ago + left[1]) % F,
  ];
}
