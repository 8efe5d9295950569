// Poseidon's rounds in the form that the kernel works them out in: the same permutation with fewer products.
//
// In a partial round only the first element, y, goes through x^5. The other two, h, follow linearly:
//
//   x_r = y_r^5    y_{r+1} = d·x_r + w·h_r + C_{r+1}    h_{r+1} = A·h_r + B·x_r + c_{r+1}
//
// with the matrix of the linear layer cut into d, w, B and A. By Cayley and Hamilton A² = tr·A - det, and with that h
// can be eliminated: a partial round is one dot product of what came before, with one reduction.
//
//   y_{r+1} = d·x_r + b1·x_{r-1} + b2·x_{r-2} + tr·y_r - det·y_{r-1} + K_{r+1}
//   b1 = w·B - tr·d    b2 = det·d + w·(A - tr)·B
//   K_{r+1} = C_{r+1} - tr·C_r + det·C_{r-1} + w·c_r + w·(A - tr)·c_{r-1}
//
// Scaling y with s and so x with s^5 leaves its form, and s^4 = b1 makes b1 a one. The first partial rounds get an
// x_3, an x_2 and a y_3 = 0 that never were, chosen so that the next two y come out right; after the last one h is
// solved for. What scales and solves goes into the matrices of the full rounds around.
import { fourthRoot, inverse, mod, power } from "./field.mjs";
import { FULL_ROUNDS, PARTIAL_ROUNDS, poseidonParameters } from "./parameters.mjs";

const FIRST = FULL_ROUNDS / 2;
const END = FIRST + PARTIAL_ROUNDS;

const dot = (a, b) => mod(a.reduce((sum, value, index) => sum + value * b[index], 0n));
const scaled = (a, factor) => a.map((value) => mod(value * factor));
const plus = (...all) => all[0].map((_, index) => mod(all.reduce((sum, form) => sum + form[index], 0n)));
const column = (matrix, index) => matrix.map((row) => row[index]);
const rowTimes = (row, matrix) => matrix[0].map((_, index) => dot(row, column(matrix, index)));

function inverseOfTwo([[a, b], [c, d]]) {
  const factor = inverse(a * d - b * c);
  return [scaled([d, -b], factor), scaled([-c, a], factor)];
}

/**
 * @returns an affine form is its coefficients and then its constant.
 *   `before`: the full rounds before, each with a form over the three fifth powers for each next element; the last
 *   round's forms give y_4, x_3, x_2, scaled. `step`: coefficients of x_r, x_{r-2}, y_r, y_{r-1}. `stepConstants`: K by
 *   round. `leave`: forms over y_61, y_60, x_60, x_59 for the second and third element after the partial rounds; the
 *   first is y_61. `after`: the full rounds after.
 */
export function poseidonSchedule() {
  const { constants, matrix } = poseidonParameters();
  const d = matrix[0][0];
  const w = matrix[0].slice(1);
  const B = column(matrix.slice(1), 0);
  const A = matrix.slice(1).map((row) => row.slice(1));
  const trace = mod(A[0][0] + A[1][1]);
  const determinant = mod(A[0][0] * A[1][1] - A[0][1] * A[1][0]);
  const wA = rowTimes(w, A);
  const wARest = plus(wA, scaled(w, -trace));
  const b1 = mod(dot(w, B) - trace * d);
  const b2 = mod(determinant * d + dot(wARest, B));
  const scale = fourthRoot(b1);
  const scale5 = power(scale, 5n);
  const perX = inverse(b1);
  const first = (round) => constants[round][0];
  const rest = (round) => constants[round].slice(1);

  const fullRound = (next) => matrix.map((row, index) => [...row, constants[next]?.[index] ?? 0n]);

  const enter = () => {
    const [y4, h1, h2] = fullRound(FIRST);
    const along = (row, constant) =>
      plus(scaled(h1, row[0]), scaled(h2, row[1]), [0n, 0n, 0n, mod(constant)]);
    const y5 = along(w, first(FIRST + 1));
    const y6 = along(wA, dot(w, rest(FIRST + 1)) + first(FIRST + 2));
    const x3 = scaled(plus(y6, scaled(y5, -trace), scaled(y4, determinant)), inverse(b2));
    const x2 = scaled(plus(y5, scaled(y4, -trace), scaled(x3, -b1)), inverse(b2));
    return [scaled(y4, scale), scaled(x3, scale5), scaled(x2, scale5)];
  };

  const stepConstant = (next) =>
    next < FIRST + 3
      ? 0n
      : mod(
          scale *
            (first(next) -
              trace * first(next - 1) +
              determinant * first(next - 2) +
              dot(w, rest(next - 1)) +
              dot(wARest, rest(next - 2))),
        );

  const leave = () => {
    const wOverA = rowTimes(w, inverseOfTwo(A));
    const observed = inverseOfTwo([w, wOverA]);
    // Over y_61, y_60, x_60, x_59 and one.
    const z61 = [1n, 0n, -d, 0n, -first(END)];
    const z60 = [0n, 1n, 0n, dot(wOverA, B) - d, dot(wOverA, rest(END - 1)) - first(END - 1)];
    const h60 = observed.map((row) => plus(scaled(z61, row[0]), scaled(z60, row[1])));
    const unscale = [inverse(scale), inverse(scale), inverse(scale5), inverse(scale5), 1n];
    return A.map((row, index) =>
      plus(scaled(h60[0], row[0]), scaled(h60[1], row[1]), [0n, 0n, B[index], 0n, rest(END)[index]]).map(
        (value, place) => mod(value * unscale[place]),
      ),
    );
  };

  const afterPartial = fullRound(END + 1).map(([y, ...others]) => [mod(y * inverse(scale5)), ...others]);
  return {
    start: constants[0],
    before: [...Array.from({ length: FIRST - 1 }, (_, round) => fullRound(round + 1)), enter()],
    step: [mod(d * perX), mod(b2 * perX), trace, mod(-determinant)],
    stepConstants: Array.from({ length: PARTIAL_ROUNDS }, (_, index) => stepConstant(FIRST + 1 + index)),
    leave: leave(),
    after: [afterPartial, ...Array.from({ length: FIRST - 1 }, (_, index) => fullRound(END + 2 + index))],
  };
}
