import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIELD_BYTES } from "../../ledger/crypto/pair-hasher.js";
import { poseidonPair } from "../../ledger/crypto/poseidon.js";
import { EMPTY_ROOTS } from "../../ledger/state-tree/digest.js";
import { elementOf, FIELD_ORDER, inverse, modulo } from "../../verifier/field.js";
import { poseidon } from "../../verifier/poseidon.js";
import { emptyRoot } from "../../verifier/state-digest.js";
import { hasSharedData, sharedJson } from "../ledger/shared-data.js";

const VECTORS = "vectors/poseidon/iden3_bn254.json";
interface Vectors {
  vectors: { inputs: string[]; expected: string[] }[];
  permutation: { state: string[]; expected: string[] }[];
}

const bytesOf = (value: bigint) => Buffer.from(value.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex");
const element = fc.oneof(
  fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 1n, max: 300n }).map((below) => FIELD_ORDER - below),
  fc.bigInt({ min: 0n, max: 253n }).map((bit) => (1n << bit) % FIELD_ORDER),
);

describe("the verifier's Poseidon", () => {
  it.skipIf(!hasSharedData(VECTORS))("has the published values of iden3 and hadeshash", () => {
    const { vectors, permutation } = sharedJson<Vectors>(VECTORS);
    const ofState = permutation.filter(({ state }) => state.length === 3 && state[0] === "0");
    const cases = [
      ...vectors.filter(({ inputs }) => inputs.length === 2),
      ...ofState.map(({ state, expected }) => ({ inputs: state.slice(1), expected })),
    ];
    expect(cases.length).toBeGreaterThan(1);
    for (const { inputs, expected } of cases)
      expect(poseidon(BigInt(inputs[0]!), BigInt(inputs[1]!))).toBe(BigInt(expected[0]!));
  });

  it("has the value that everyone has of one and two", () => {
    const expected = 7853200120776062878684798364095072458815029376092732009249414926327459813530n;
    expect(poseidon(1n, 2n)).toBe(expected);
  });

  it("has the ledger's values, whatever the pair, and each below the field's order", () => {
    fc.assert(
      fc.property(element, element, (left, right) => {
        const hash = poseidon(left, right);
        expect(hash >= 0n && hash < FIELD_ORDER).toBe(true);
        expect(bytesOf(hash)).toEqual(poseidonPair(bytesOf(left), bytesOf(right)));
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it("gives the ledger's empty roots", () => {
    for (const [depth, root] of EMPTY_ROOTS.entries()) expect(bytesOf(emptyRoot(depth))).toEqual(root);
  });
});

describe("field elements", () => {
  it("have one form each", () => {
    for (const value of [0n, 1n, FIELD_ORDER - 1n]) expect(elementOf(bytesOf(value))).toBe(value);
    for (const value of [FIELD_ORDER, FIELD_ORDER + 1n, (1n << 256n) - 1n])
      expect(elementOf(bytesOf(value))).toBeUndefined();
  });

  it("have inverses", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: FIELD_ORDER - 1n }), (value) => {
        expect(modulo(inverse(value) * value)).toBe(1n);
      }),
      { seed: 1, numRuns: 100 },
    );
    expect(modulo(-1n)).toBe(FIELD_ORDER - 1n);
  });
});
