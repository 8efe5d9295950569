import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { poseidon2 } from "poseidon-lite/poseidon2";
import { describe, expect, it } from "vitest";
import { FIELD_BYTES, PAIR_BYTES } from "../../../ledger/crypto/pair-hasher.js";
import {
  FIELD_ORDER,
  isFieldElement,
  pairHasher,
  plainPairHasher,
  poseidonPair,
  poseidonPairs,
} from "../../../ledger/crypto/poseidon.js";
import { POSEIDON_KERNEL } from "../../../ledger/crypto/poseidon-kernel.generated.js";
import { loadPoseidonKernel, POSEIDON_KERNEL_MEMORY_BYTES } from "../../../ledger/crypto/poseidon-kernel.js";
import { hasSharedData, sharedJson } from "../shared-data.js";

const wasm = Buffer.from(POSEIDON_KERNEL, "base64");
const kernel = loadPoseidonKernel(wasm)!;
const HASHERS = [
  { name: "the kernel", hasher: kernel },
  { name: "poseidon-lite", hasher: plainPairHasher },
];
const VECTORS = "vectors/poseidon/iden3_bn254.json";
/** Pairs that the kernel takes in one call; at this and beyond, lists are cut. */
const PIECE = 512;
const LIMB_BITS = 29n;
const LIMBS = 9n;

interface Vectors {
  vectors: { test: string; inputs: string[]; expected: string[] }[];
  permutation: { test: string; state: string[]; expected: string[] }[];
}

const bytesOf = (value: bigint) => Buffer.from(value.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex");
const pairsOf = (pairs: readonly (readonly [bigint, bigint])[]) =>
  Buffer.concat(pairs.flatMap(([left, right]) => [bytesOf(left), bytesOf(right)]));
const reference = (pairs: readonly (readonly [bigint, bigint])[]) =>
  Buffer.concat(pairs.map(([left, right]) => bytesOf(poseidon2([left, right]))));

/** Elements of all sizes: any, next to a power of two, with limbs all ones or all zeros, next to the order. */
const element = fc.oneof(
  fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 253n }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([bit, more]) => (FIELD_ORDER + (1n << bit) + more) % FIELD_ORDER),
  fc.bigInt({ min: 0n, max: (1n << LIMBS) - 1n }).map((limbs) => {
    let value = 0n;
    for (let limb = 0n; limb < LIMBS; limb++)
      if ((limbs >> limb) & 1n) value |= ((1n << LIMB_BITS) - 1n) << (LIMB_BITS * limb);
    return value % FIELD_ORDER;
  }),
  fc.bigInt({ min: 1n, max: 1_000n }).map((below) => FIELD_ORDER - below),
);
const pair = fc.tuple(element, element);

describe("the kernel for Poseidon", () => {
  it("is what is compiled from its source", () => {
    const script = fileURLToPath(new URL("../../../scripts/build-poseidon-kernel.mjs", import.meta.url));
    expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
  });

  it("is valid here, and needs nothing but its memory, which can't grow", () => {
    const { memory } = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as unknown as {
      memory: WebAssembly.Memory & { grow(pages: number): void };
    };
    expect(memory.buffer.byteLength).toBe(POSEIDON_KERNEL_MEMORY_BYTES);
    expect(() => memory.grow(1)).toThrow(RangeError);
    expect(pairHasher).not.toBe(plainPairHasher);
  });

  it("is left out where the engine doesn't take it", () => {
    expect(loadPoseidonKernel(wasm.subarray(0, -1))).toBeUndefined();
    expect(loadPoseidonKernel(Buffer.alloc(0))).toBeUndefined();
  });

  it("is made from the same parameters as poseidon-lite's", async () => {
    // Worked out from the paper's generator for the one; written down in the other.
    const { poseidonParameters } = (await import(
      new URL("../../../scripts/poseidon-kernel/parameters.mjs", import.meta.url).href
    )) as { poseidonParameters(): { constants: bigint[][]; matrix: bigint[][] } };
    const folder = new URL("./constants/2.js", `file://${require.resolve("poseidon-lite/poseidon2")}`);
    const { default: theirs } = require(fileURLToPath(folder)) as { default: { C: string[]; M: string[][] } };
    const decoded = (text: string) => BigInt(`0x${Buffer.from(text, "base64").toString("hex")}`);
    const { constants, matrix } = poseidonParameters();
    expect(constants).toHaveLength(65);
    expect(constants.flat()).toEqual(theirs.C.map(decoded));
    expect(matrix).toEqual(theirs.M.map((row) => row.map(decoded)));
  });

  const require = createRequire(import.meta.url);
});

describe.each(HASHERS)("Poseidon with $name", ({ hasher }) => {
  it.skipIf(!hasSharedData(VECTORS))("has the published values of iden3 and hadeshash", () => {
    const { vectors, permutation } = sharedJson<Vectors>(VECTORS);
    const ofTwo = vectors.filter(({ inputs }) => inputs.length === 2);
    const ofState = permutation.filter(({ state }) => state.length === 3 && state[0] === "0");
    expect(ofTwo.length).toBeGreaterThan(0);
    expect(ofState.length).toBeGreaterThan(0);
    const cases = [...ofTwo, ...ofState.map(({ state, expected }) => ({ inputs: state.slice(1), expected }))];
    for (const { inputs, expected } of cases) {
      const [left, right] = inputs.map((input) => bytesOf(BigInt(input)));
      expect(poseidonPair(left!, right!, hasher)).toEqual(bytesOf(BigInt(expected[0]!)));
    }
  });

  it("has the value that everyone has of one and two", () => {
    const expected = 7853200120776062878684798364095072458815029376092732009249414926327459813530n;
    expect(poseidonPair(bytesOf(1n), bytesOf(2n), hasher)).toEqual(bytesOf(expected));
  });
});

describe("Poseidon", () => {
  it("has the reference's values, whatever the pairs and wherever they are in a list", () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 9 }), (pairs) => {
        expect(poseidonPairs(pairsOf(pairs), kernel)).toEqual(reference(pairs));
      }),
      { seed: 1, numRuns: 120 },
    );
  });

  it("has them next to each edge of the numbers' form", () => {
    const edges = [0n, 1n, FIELD_ORDER - 1n, FIELD_ORDER >> 1n, (1n << 253n) - 1n, (1n << 232n) - 1n];
    const pairs = edges.flatMap((left) => edges.map((right) => [left, right] as const));
    expect(poseidonPairs(pairsOf(pairs), kernel)).toEqual(reference(pairs));
  });

  it("hashes lists longer than a piece, of any length around it", () => {
    const few = [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 3];
    const all = Array.from({ length: 2 * PIECE + 3 }, (_, index) => [BigInt(index) ** 30n, 7n] as const).map(
      ([left, right]) => [left % FIELD_ORDER, right] as const,
    );
    const pairs = pairsOf(all);
    const expected = Buffer.concat(
      all.map((_, at) => poseidonPairs(pairs.subarray(at * PAIR_BYTES, (at + 1) * PAIR_BYTES), kernel)),
    );
    for (const count of few)
      expect(poseidonPairs(pairs.subarray(0, count * PAIR_BYTES), kernel)).toEqual(
        expected.subarray(0, count * FIELD_BYTES),
      );
    expect(expected.subarray(-FIELD_BYTES)).toEqual(reference(all.slice(-1)));
    expect(poseidonPairs(Buffer.alloc(0), kernel)).toHaveLength(0);
  });

  it("refuses what are no pairs of field elements, since two would have one hash", () => {
    const good = bytesOf(FIELD_ORDER - 1n);
    expect(isFieldElement(good)).toBe(true);
    for (const bad of [FIELD_ORDER, FIELD_ORDER + 1n, (1n << 256n) - 1n]) {
      expect(isFieldElement(bytesOf(bad))).toBe(false);
      expect(() => poseidonPair(bytesOf(bad), good)).toThrow(RangeError);
      expect(() => poseidonPair(good, bytesOf(bad))).toThrow(RangeError);
    }
    expect(() => poseidonPairs(Buffer.alloc(PAIR_BYTES - 1))).toThrow(RangeError);
  });
});
