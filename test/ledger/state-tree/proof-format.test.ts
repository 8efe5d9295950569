import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIELD_ORDER } from "../../../ledger/crypto/poseidon.js";
import { keyOfBytes } from "../../../ledger/state/key.js";
import { EMPTY_ROOTS } from "../../../ledger/state-tree/digest.js";
import type { ProofRefusalCode, StateProof } from "../../../ledger/state-tree/proof.js";
import {
  decodeStateProof,
  encodeStateProof,
  PROOF_BYTES_MAX,
  PROOF_VALUE_BYTES_MAX,
} from "../../../ledger/state-tree/proof-format.js";
import { keyUnder } from "./samples.js";

const element = fc
  .bigInt({ min: 1n, max: FIELD_ORDER - 1n })
  .map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const value = fc.record({
  kind: fc.constant("value" as const),
  valueBytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});
const other = fc.record({ kind: fc.constant("other" as const), position: bytes32, valueHash: bytes32 });
const nothing = fc.record({ kind: fc.constant("nothing" as const) });
const branchesOf = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 16, max: 255 }), element), {
    selector: ([bit]) => bit,
    maxLength: 20,
  })
  .map((all) => all.sort(([a], [b]) => a - b).map(([bit, sibling]) => ({ bit, sibling })));

/** Proofs of the right form; whether they prove something is another question. */
const someProof: fc.Arbitrary<StateProof> = fc.nat(16).chain((length) => {
  const prefix = "10".repeat(8).slice(0, length);
  const siblings = fc.array(fc.option(element, { nil: undefined }), {
    minLength: 16 - length,
    maxLength: 16 - length,
  });
  return fc
    .tuple(fc.nat(), siblings, branchesOf, fc.oneof(value, other, nothing))
    .map(([number, beside, branches, end]) => ({
      ...{ prefix, key: keyUnder("10".repeat(8), number), end, siblings: beside },
      branches: end.kind === "nothing" ? [] : branches,
    }));
});

const sibling = Buffer.alloc(32, 1);
const proof: StateProof = {
  ...{ prefix: "101", key: keyUnder("101", 1), end: { kind: "value", valueBytes: Buffer.from("value") } },
  siblings: Array.from({ length: 13 }, (_, level) => (level < 2 ? sibling : undefined)),
  branches: [
    { bit: 20, sibling },
    { bit: 30, sibling },
  ],
};
const encoded = encodeStateProof(proof);
// Places in it: header and prefix, key (53 bytes), value (5), siblings, branches.
const KEY_LENGTH = 4;
const VALUE = KEY_LENGTH + 1 + 53;
const BITS = VALUE + 2 + 5;
const SIBLINGS = BITS + 2;
const BRANCHES = SIBLINGS + 2 * 32;

const codeOf = (bytes: Uint8Array): ProofRefusalCode | undefined => {
  const decoded = decodeStateProof(bytes);
  return decoded.ok ? undefined : decoded.code;
};
function changed(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(encoded);
  copy.set(bytes, at);
  return copy;
}

const withKeyOf32 = Buffer.concat([
  encoded.subarray(0, KEY_LENGTH),
  Buffer.of(32),
  encoded.subarray(KEY_LENGTH + 1, KEY_LENGTH + 1 + 32),
  encoded.subarray(VALUE),
]);

describe("a proof's bytes", () => {
  it("say the proof again", () => {
    fc.assert(
      fc.property(someProof, (some) => {
        expect(decodeStateProof(encodeStateProof(some))).toEqual({ ok: true, proof: some });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("are the only ones that say it: what is decoded encodes to the same, whatever was changed", () => {
    fc.assert(
      fc.property(someProof, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), (some, changes) => {
        const bytes = encodeStateProof(some);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const decoded = decodeStateProof(bytes);
        if (decoded.ok) expect(encodeStateProof(decoded.proof)).toEqual(bytes);
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  it("are never more than the bound", () => {
    const whole = {
      ...proof,
      ...{ prefix: "", siblings: Array.from({ length: 16 }, () => sibling) },
      key: keyOfBytes(Buffer.alloc(255)),
      end: { kind: "value", valueBytes: Buffer.alloc(PROOF_VALUE_BYTES_MAX) },
      branches: Array.from({ length: 240 }, (_, index) => ({ bit: 16 + index, sibling })),
    } as const;
    const bytes = encodeStateProof(whole);
    expect(bytes.length).toBeLessThanOrEqual(PROOF_BYTES_MAX);
    expect(codeOf(bytes)).toBeUndefined();
  });

  it("are not written for a key or a value beyond the bounds", () => {
    const valueBytes = Buffer.alloc(PROOF_VALUE_BYTES_MAX + 1);
    expect(() => encodeStateProof({ ...proof, end: { kind: "value", valueBytes } })).toThrow(RangeError);
    for (const length of [0, 32, 256])
      expect(() => encodeStateProof({ ...proof, key: keyOfBytes(Buffer.alloc(length)) })).toThrow(RangeError);
  });
});

describe("the decoder", () => {
  it("refuses a proof that ends early, wherever", () => {
    for (let length = 0; length < encoded.length; length++)
      expect(codeOf(encoded.subarray(0, length)), `${length} bytes`).toBe("TRUNCATED");
  });

  it("refuses bytes behind, and more than any proof has", () => {
    expect(codeOf(Buffer.concat([encoded, Buffer.of(0)]))).toBe("OVERSIZED");
    expect(codeOf(Buffer.alloc(PROOF_BYTES_MAX + 1, 1))).toBe("OVERSIZED");
  });

  it("refuses other versions", () => {
    for (const version of [0, 2, 255]) expect(codeOf(changed(0, version))).toBe("VERSION");
  });

  it("refuses a key outside the prefix", () => {
    expect(codeOf(changed(KEY_LENGTH + 1, 0x80))).toBe("WRONG_SHARD");
  });

  it.each([
    ["another end", changed(1, 3)],
    ["a prefix longer than any", changed(2, 17)],
    ["a bit behind the prefix", changed(3, 0b1011_0000)],
    ["a key without a kind", withKeyOf32],
    ["a bit behind the levels", changed(BITS + 1, 1)],
    ["a sibling that is no field element", changed(SIBLINGS, 0x31)],
    ["a sibling that needn't be given", changed(SIBLINGS, ...EMPTY_ROOTS[4]!)],
    ["a branch on a level that is always hashed", changed(BRANCHES + 1, 15)],
    ["a branch twice", changed(BRANCHES + 1 + 33, 20)],
    ["branches from below", changed(BRANCHES + 1 + 33, 19)],
    ["a branch's sibling that is no field element", changed(BRANCHES + 2, 0xff)],
    ["more branches than bits", changed(BRANCHES, 241)],
  ])("refuses what is not canonical: %s", (_, bytes) => {
    expect(codeOf(bytes)).toBe("NON_CANONICAL");
  });

  it("refuses an empty place below a branch", () => {
    expect(codeOf(encodeStateProof({ ...proof, end: { kind: "nothing" } }))).toBe("NON_CANONICAL");
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isRightVersion) => {
        if (isRightVersion && bytes.length > 0) bytes[0] = 1;
        expect(() => decodeStateProof(bytes)).not.toThrow();
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });
});
