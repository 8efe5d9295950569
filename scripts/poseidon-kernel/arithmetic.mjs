// Writes the AssemblyScript of the kernel's arithmetic, which is unrolled by column: the sums of products of limbs of
// one weight. Each 32-bit lane of a vector belongs to one of four hashes; a product has 64 bits, so a column has two
// accumulators, of two hashes each: `low` and `high`.
//
// Montgomery's reduction goes along (FIPS: finely integrated product scanning): once column k is complete, m_k times the
// order makes its low 29 bits zero. The order's lowest limb is 2^28 + 1, which is its own inverse modulo 2^29, so m_k
// takes a shift and an addition.
//
// Nothing overflows. Limbs are below 2^29, so a column has at most 36 products of an affine form of four and 9 of the
// reduction, each below 2^58: with the carry (2^35) and addends below 2^63.6. The first round's sums have limbs below
// 2^30; they are squared (9 products below 2^60) and multiplied with others (9 below 2^59) only. As for whole numbers,
// what is in the state is below 4.2 times the order: products of coefficients with two powers (at most 2.1 orders) and
// two elements (4.2), divided by 168, one order of the reduction, one of the constant, and a power as addend.
import { P } from "./field.mjs";
import { LIMB_BITS, LIMBS, limbsOf } from "./layout.mjs";

/** Bytes of a limb of four hashes, and of one of a constant. */
const VECTOR = 16;
const WORD = 4;
const FACTOR_SHIFT = 28;
if (limbsOf(P)[0] !== 2 ** FACTOR_SHIFT + 1) throw new Error("the order's lowest limb has another form");

const element = (name) => (index) => `v128.load(${name}, ${VECTOR * index})`;
const constant = (name, place) => (index) => `v128.load32_splat(${name}, ${WORD * (LIMBS * place + index)})`;
const order = constant("ORDER", 0);

function addProduct(x, y) {
  return [
    `x = ${x}; y = ${y};`,
    "low = i64x2.add(low, i64x2.extmul_low_i32x4_u(x, y));",
    "high = i64x2.add(high, i64x2.extmul_high_i32x4_u(x, y));",
  ];
}

function addWord(word) {
  return [
    `x = ${word};`,
    "low = i64x2.add(low, i64x2.extend_low_i32x4_u(x));",
    "high = i64x2.add(high, i64x2.extend_high_i32x4_u(x));",
  ];
}

/** Pairs of places whose weights add up to the column's. */
function places(column) {
  const from = Math.max(0, column - LIMBS + 1);
  const to = Math.min(column, LIMBS - 1);
  return Array.from({ length: to - from + 1 }, (_, index) => [from + index, column - from - index]);
}

const sumOfProducts = (factors) => (column) =>
  factors.flatMap(([a, b]) => places(column).flatMap(([i, j]) => addProduct(a(i), b(j))));

/** Each product of two different limbs once, then the sum doubled. */
const sumOfSquare = (a) => (column) => {
  const pairs = places(column);
  const twice = pairs.filter(([i, j]) => i < j).flatMap(([i, j]) => addProduct(a(i), a(j)));
  const doubled = twice.map((line) => line.replaceAll(/\b(low|high)\b/g, "$1Twice"));
  const middle = pairs.filter(([i, j]) => i === j).flatMap(([i]) => addProduct(a(i), a(i)));
  if (twice.length === 0) return middle;
  return [
    "lowTwice = i64x2.splat(0); highTwice = i64x2.splat(0);",
    ...doubled,
    "low = i64x2.add(low, i64x2.add(lowTwice, lowTwice));",
    "high = i64x2.add(high, i64x2.add(highTwice, highTwice));",
    ...middle,
  ];
};

/**
 * Result: the sum of the columns, and of `addends` times 2^261, divided by 2^261 in the field. It is below the order
 * plus a 168th of the products (in orders), plus the addends.
 */
function functionOf(name, parameters, sumOf, addends) {
  const body = [];
  for (let column = 0; column < 2 * LIMBS - 1; column++) {
    body.push(`// Column ${column}.`, ...sumOf(column));
    const multiples = places(column).filter(([i]) => i < column || column >= LIMBS);
    body.push(...multiples.flatMap(([i, j]) => addProduct(`m${i}`, order(j))));
    const limb = column - LIMBS;
    if (limb >= 0) body.push(...addends.flatMap((addend) => addWord(addend(limb))), ...keep(limb));
    else
      body.push(
        "x = i32x4.shuffle(low, high, 0, 2, 4, 6);",
        `const m${column} = v128.and(i32x4.neg(i32x4.add(x, i32x4.shl(x, ${FACTOR_SHIFT}))), mask);`,
        ...addProduct(`m${column}`, order(0)),
      );
    body.push(`low = i64x2.shr_u(low, ${LIMB_BITS}); high = i64x2.shr_u(high, ${LIMB_BITS});`);
  }
  body.push(...addends.flatMap((addend) => addWord(addend(LIMBS - 1))), ...keep(LIMBS - 1));
  return [
    `export function ${name}(${parameters.map((parameter) => `${parameter}: usize`).join(", ")}, to: usize): void {`,
    `const mask = i32x4.splat(${2 ** LIMB_BITS - 1});`,
    "let x: v128; let y: v128; let low = i64x2.splat(0); let high = i64x2.splat(0);",
    "let lowTwice: v128; let highTwice: v128;",
    ...body,
    "}",
  ].join("\n");
}

function keep(limb) {
  return [`v128.store(to, v128.and(i32x4.shuffle(low, high, 0, 2, 4, 6), mask), ${VECTOR * limb});`];
}

/** An affine form over as many elements: coefficients one after the other at `form`, the constant at `rest`. */
function affine(name, elements, addends) {
  const parameters = [...elements, ...addends, "form", "rest"];
  const factors = elements.map((from, place) => [element(from), constant("form", place)]);
  return functionOf(name, parameters, sumOfProducts(factors), [...addends.map(element), constant("rest", 0)]);
}

export function arithmeticSource() {
  return [
    'import { ORDER } from "./constants";',
    functionOf("multiply", ["a", "b"], sumOfProducts([[element("a"), element("b")]]), []),
    functionOf("square", ["a"], sumOfSquare(element("a")), []),
    affine("affineOfThree", ["a", "b", "c"], []),
    affine("affineOfFour", ["a", "b", "c", "d"], ["addend"]),
  ].join("\n");
}
