// The scalar field of BN254 in bigints: for what is worked out when the kernel is built, where speed doesn't matter.

/** Order of the field. */
export const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const TWO_ADICITY = 28n;

export function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

export function power(base, exponent) {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

export function inverse(value) {
  if (mod(value) === 0n) throw new RangeError("zero has no inverse");
  return power(value, P - 2n);
}

function isSquare(value) {
  return power(value, (P - 1n) / 2n) === 1n;
}

/** A square root (Tonelli and Shanks). */
function squareRoot(value) {
  if (!isSquare(value)) throw new RangeError("not a square");
  const odd = (P - 1n) >> TWO_ADICITY;
  let nonSquare = 2n;
  while (isSquare(nonSquare)) nonSquare += 1n;
  let generator = power(nonSquare, odd);
  let root = power(value, (odd + 1n) / 2n);
  let rest = power(value, odd);
  for (let order = TWO_ADICITY; rest !== 1n; ) {
    let exponent = 0n;
    for (let square = rest; square !== 1n; square = mod(square * square)) exponent += 1n;
    const factor = power(generator, 1n << (order - exponent - 1n));
    generator = mod(factor * factor);
    root = mod(root * factor);
    rest = mod(rest * generator);
    order = exponent;
  }
  return root;
}

/** A fourth root; of the two square roots of a fourth power one at least is a square. */
export function fourthRoot(value) {
  const root = squareRoot(value);
  return squareRoot(isSquare(root) ? root : mod(-root));
}
