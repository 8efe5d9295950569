import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairHasher, plainPairHasher } from "../../../ledger/crypto/poseidon.js";
import { keyBytes, type StateKey } from "../../../ledger/state/key.js";
import { positionOf } from "../../../ledger/state-tree/position.js";
import type { StateProof } from "../../../ledger/state-tree/proof.js";
import { encodeStateProof } from "../../../ledger/state-tree/proof-format.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import { checkStateProof, verifyStateProof } from "../../../ledger/state-tree/verify.js";
import {
  applyToBoth,
  cheapHasher,
  keyAnywhere,
  keyUnder,
  type Model,
  put,
  someBatches,
  someKey,
  valueFor,
} from "./samples.js";

const hexOf = (key: StateKey) => keyBytes(key).toString("hex");
const trustedOf = ({ prefix, root }: StateTree) => ({ prefix, root });

/** Leaves in one place, so that there are branches below it; none in most others. */
function crowded(hasher = pairHasher, prefix = "01"): StateTree {
  const tree = new StateTree(prefix, hasher);
  tree.apply(Array.from({ length: 9 }, (_, number) => put(keyUnder("01", number), valueFor(number))));
  tree.apply([put(keyUnder("0111", 1), valueFor(1)), put(keyUnder("0100000000000001", 1), valueFor(1))]);
  return tree;
}

/** A proof of each kind, of keys in a place with and without branches below. */
function proofsOf(tree: StateTree): StateProof[] {
  return [
    tree.prove(keyUnder("01", 3), valueFor(3)),
    tree.prove(keyUnder("0111", 1), valueFor(1)),
    tree.prove(keyUnder("01", 100), undefined),
    tree.prove(keyUnder("0111", 2), undefined),
    tree.prove(keyUnder("0110", 1), undefined),
  ];
}

describe("proofs of the state", () => {
  it("prove what each key has, and the absence of all others, under that root alone", () => {
    fc.assert(
      fc.property(someBatches(2, 60), fc.array(someKey, { maxLength: 20 }), (batches, others) => {
        const tree = new StateTree("");
        const model: Model = new Map();
        for (const changes of batches) applyToBoth(tree, model, changes);
        const keys = [...batches.flat().map(({ key }) => key), ...others].slice(0, 25);
        const other = new StateTree("");
        other.apply([put(keyAnywhere(1), valueFor(9))]);
        for (const key of keys) {
          const value = model.get(hexOf(key));
          const bytes = encodeStateProof(tree.prove(key, value));
          expect(verifyStateProof(bytes, key, trustedOf(tree))).toEqual({ ok: true, valueBytes: value });
          expect(verifyStateProof(bytes, key, trustedOf(other))).toEqual({ ok: false, code: "WRONG_ROOT" });
        }
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it("are of each kind, whatever is around the key", () => {
    const tree = crowded();
    expect(proofsOf(tree).map(({ end }) => end.kind)).toEqual([
      "value",
      "value",
      "other",
      "other",
      "nothing",
    ]);
    expect(proofsOf(tree).map(({ branches }) => branches.length > 0)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    for (const proof of proofsOf(tree)) {
      const { end } = proof;
      const valueBytes = end.kind === "value" ? end.valueBytes : undefined;
      expect(checkStateProof(proof, proof.key, trustedOf(tree))).toEqual({ ok: true, valueBytes });
    }
  });

  it("are verified without the kernel too", () => {
    const tree = crowded();
    for (const proof of proofsOf(tree))
      expect(checkStateProof(proof, proof.key, trustedOf(tree), plainPairHasher).ok).toBe(true);
  });

  it("stay right through a split and a merge", () => {
    const [left, right] = crowded().split();
    for (const { key, end } of proofsOf(crowded())) {
      const half = left.prefix === (keyBytes(key)[0]! & 0x20 ? "011" : "010") ? left : right;
      const value = end.kind === "value" ? end.valueBytes : undefined;
      const bytes = encodeStateProof(half.prove(key, value));
      expect(verifyStateProof(bytes, key, trustedOf(half)).ok).toBe(true);
      expect(verifyStateProof(bytes, key, trustedOf(crowded()))).toEqual({ ok: false, code: "WRONG_SHARD" });
    }
  });

  it("of a copy don't change with the tree that it was made of", () => {
    const tree = crowded();
    const copy = tree.copy();
    expect(copy.root).toEqual(tree.root);
    tree.apply([{ key: keyUnder("01", 3), isRemoval: false, valueBytes: Buffer.from("other") }]);
    expect(tree.root).not.toEqual(copy.root);
    expect(copy.root).toEqual(crowded().root);
    expect(copy.prove(keyUnder("01", 3), valueFor(3))).toEqual(
      crowded().prove(keyUnder("01", 3), valueFor(3)),
    );
  });

  it("are not made of another value than the tree's, or of another shard's key", () => {
    const tree = crowded();
    expect(() => tree.prove(keyUnder("01", 3), valueFor(4))).toThrow(RangeError);
    expect(() => tree.prove(keyUnder("01", 3), undefined)).toThrow(RangeError);
    expect(() => tree.prove(keyUnder("01", 100), valueFor(3))).toThrow(RangeError);
    expect(() => tree.prove(keyUnder("1", 3), undefined)).toThrow(RangeError);
  });

  it("have at most 1.5 KB for an account among 20,000", () => {
    const tree = new StateTree("", cheapHasher);
    tree.apply(Array.from({ length: 20_000 }, (_, number) => put(keyAnywhere(number), Buffer.alloc(40, 1))));
    for (let number = 0; number < 2_000; number++) {
      const bytes = encodeStateProof(tree.prove(keyAnywhere(number), Buffer.alloc(40, 1)));
      expect(bytes.length).toBeLessThanOrEqual(1_500);
    }
  });
});

const BIT_CHANGES = Array.from({ length: 8 }, (_, bit) => 1 << bit);
const ALL_CHANGES = Array.from({ length: 255 }, (_, index) => index + 1);

describe("what is no proof", () => {
  it("is refused: any byte of one changed to any other", () => {
    const tree = crowded(cheapHasher);
    const some = proofsOf(tree).filter(({ end }) => end.kind !== "nothing");
    for (const proof of some) {
      const bytes = encodeStateProof(proof);
      expect(verifyStateProof(bytes, proof.key, trustedOf(tree), cheapHasher).ok).toBe(true);
      // All changes of one; of the others those that a bit makes.
      const changes = proof === some[0] ? ALL_CHANGES : BIT_CHANGES;
      for (let at = 0; at < bytes.length; at++)
        for (const change of changes) {
          bytes[at]! ^= change;
          if (verifyStateProof(bytes, proof.key, trustedOf(tree), cheapHasher).ok)
            expect.fail(`byte ${at} of ${proof.end.kind} changed by ${change} is taken`);
          bytes[at]! ^= change;
        }
    }
  });

  it("is refused with Poseidon too: any byte of one changed", () => {
    const tree = crowded();
    for (const proof of proofsOf(tree)) {
      const bytes = encodeStateProof(proof);
      // An empty place can't be proved with the cheap hashes above.
      const changes = proof.end.kind === "nothing" ? [1, 2, 4, 8, 16, 32, 64, 128, 255] : [1, 128];
      for (let at = 0; at < bytes.length; at++)
        for (const change of changes) {
          bytes[at]! ^= change;
          if (verifyStateProof(bytes, proof.key, trustedOf(tree)).ok)
            expect.fail(`byte ${at} of ${proof.end.kind} changed by ${change} is taken`);
          bytes[at]! ^= change;
        }
    }
  });

  it("is refused by its key: a proof of another", () => {
    const tree = crowded();
    const proof = tree.prove(keyUnder("0110", 1), undefined);
    // It proves that key's absence as well: place and siblings are the same. But nobody asked for it.
    const other = keyUnder("0110", 2);
    expect(verifyStateProof(encodeStateProof(proof), other, trustedOf(tree))).toEqual({
      ok: false,
      code: "WRONG_KEY",
    });
    expect(checkStateProof({ ...proof, key: other }, other, trustedOf(tree)).ok).toBe(true);
  });

  it("is refused by its shard", () => {
    const tree = crowded();
    const [proof] = proofsOf(tree);
    const bytes = encodeStateProof(proof!);
    for (const prefix of ["", "0", "00", "010"])
      expect(verifyStateProof(bytes, proof!.key, { prefix, root: tree.root })).toEqual({
        ok: false,
        code: "WRONG_SHARD",
      });
    const elsewhere = { ...proof!, key: keyUnder("10", 3) };
    expect(verifyStateProof(encodeStateProof(elsewhere), elsewhere.key, trustedOf(tree))).toEqual({
      ok: false,
      code: "WRONG_SHARD",
    });
  });
});

describe("absence of a key that is there", () => {
  const tree = crowded();
  const key = keyUnder("01", 3);
  const proof = tree.prove(key, valueFor(3));
  const check = (forged: Partial<StateProof>) =>
    checkStateProof({ ...proof, ...forged }, key, trustedOf(tree));

  it("is not proved by an empty place, at any depth", () => {
    for (let from = 0; from <= proof.branches.length; from++)
      expect(check({ end: { kind: "nothing" }, branches: proof.branches.slice(0, from) })).toEqual({
        ok: false,
        code: "WRONG_ROOT",
      });
  });

  it("is not proved by another leaf that is really there, with its own way or with the key's", () => {
    const others = Array.from({ length: 9 }, (_, number) => number).filter((number) => number !== 3);
    for (const number of others) {
      const theirs = tree.prove(keyUnder("01", number), valueFor(number));
      const absent = tree.prove(keyUnder("01", 100), undefined).end;
      const valueHash = absent.kind === "other" ? absent.valueHash : Buffer.alloc(32);
      const end = { kind: "other", position: positionOf(keyUnder("01", number)), valueHash } as const;
      for (const branches of [theirs.branches, proof.branches])
        expect(check({ end, branches })).toEqual({ ok: false, code: "UNRELATED_LEAF" });
    }
    const elsewhere = { kind: "other", position: positionOf(keyUnder("0111", 1)) } as const;
    expect(check({ end: { ...elsewhere, valueHash: Buffer.alloc(32) }, branches: [] })).toEqual({
      ok: false,
      code: "UNRELATED_LEAF",
    });
  });

  it("is not proved by leaving out, moving or adding a branch", () => {
    const end = { kind: "other", position: positionOf(key), valueHash: Buffer.alloc(32) } as const;
    expect(check({ end })).toEqual({ ok: false, code: "UNRELATED_LEAF" });
    const absent = tree.prove(keyUnder("01", 100), undefined);
    const { branches } = absent;
    for (let index = 0; index < branches.length; index++) {
      const without = branches.filter((_, at) => at !== index);
      const moved = branches.map((branch, at) =>
        at === index ? { ...branch, bit: branch.bit + 1 } : branch,
      );
      for (const some of [without, moved])
        expect(checkStateProof({ ...absent, branches: some }, absent.key, trustedOf(tree)).ok).toBe(false);
    }
  });

  it("is not proved by a node in the place of a leaf, or a leaf in the place of a node", () => {
    const { branches } = proof;
    // The way without its last branch would end at that branch.
    expect(check({ branches: branches.slice(0, -1) })).toEqual({ ok: false, code: "WRONG_ROOT" });
    const added = [...branches, { bit: branches.at(-1)!.bit + 1, sibling: branches[0]!.sibling }];
    expect(check({ branches: added })).toEqual({ ok: false, code: "WRONG_ROOT" });
  });
});
