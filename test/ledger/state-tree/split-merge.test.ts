import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAIR_BYTES } from "../../../ledger/crypto/pair-hasher.js";
import { pairHasher } from "../../../ledger/crypto/poseidon.js";
import { keyBytes } from "../../../ledger/state/key.js";
import { EMPTY_ROOTS, parentRoot } from "../../../ledger/state-tree/digest.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import { naivePosition, naiveRoot } from "./naive-tree.js";
import { applyToBoth, keyUnder, type Model, poseidonKernel, put, someBatches, valueFor } from "./samples.js";

describe("a shard's tree", () => {
  it("splits into trees whose roots hash to its root, at each depth", () => {
    fc.assert(
      fc.property(someBatches(1, 50), fc.nat(15), fc.boolean(), ([changes = []], depth, isRight) => {
        const prefix = (isRight ? "1" : "0").repeat(depth);
        const tree = new StateTree(prefix);
        const model: Model = new Map();
        const own = changes.filter(({ key }) => naivePosition(keyBytes(key)).startsWith(prefix));
        applyToBoth(tree, model, own);
        const [left, right] = tree.split();
        expect(parentRoot(left.root, right.root)).toEqual(tree.root);
        expect(left.root).toEqual(naiveRoot(`${prefix}0`, model, poseidonKernel));
        expect(right.root).toEqual(naiveRoot(`${prefix}1`, model, poseidonKernel));
        expect(left.size + right.size).toBe(tree.size);
        expect(StateTree.merge(left, right).root).toEqual(tree.root);
      }),
      { seed: 1, numRuns: 80 },
    );
  });

  it("goes on after a split and after a merge as one that was never cut", () => {
    fc.assert(
      fc.property(someBatches(3, 40), (batches) => {
        const tree = new StateTree("");
        const model: Model = new Map();
        let halves: [StateTree, StateTree] = [new StateTree("0"), new StateTree("1")];
        for (const changes of batches) {
          applyToBoth(tree, model, changes);
          const isLeft = (key: string) => key.charCodeAt(0) < 0x80;
          halves[0].apply(changes.filter(({ key }) => isLeft(key)));
          halves[1].apply(changes.filter(({ key }) => !isLeft(key)));
          const merged = StateTree.merge(...halves);
          expect(merged.root).toEqual(tree.root);
          expect(merged.size).toBe(tree.size);
          halves = merged.split();
        }
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  it("stays as it was when it is split or merged", () => {
    const tree = new StateTree("");
    tree.apply([put(keyUnder("0", 1), valueFor(1)), put(keyUnder("1", 2), valueFor(2))]);
    const { root } = tree;
    const [left, right] = tree.split();
    left.apply([put(keyUnder("0", 3), valueFor(3))]);
    StateTree.merge(left, right).apply([put(keyUnder("1", 4), valueFor(4))]);
    expect(tree.root).toEqual(root);
    expect([left.size, right.size]).toEqual([2, 1]);
  });

  it("is not hashed again for being cut or joined", () => {
    let hashed = 0;
    const tree = new StateTree("", {
      hashPairs(pairs) {
        hashed += pairs.length / PAIR_BYTES;
        return pairHasher.hashPairs(pairs);
      },
    });
    const keys = Array.from({ length: 200 }, (_, number) => keyUnder("1", number));
    tree.apply(keys.map((key) => put(key, valueFor(1))));
    const costOf = (some: StateTree) => {
      hashed = 0;
      some.apply(keys.slice(0, 50).map((key) => put(key, valueFor(2))));
      return hashed;
    };
    const whole = costOf(tree);
    hashed = 0;
    const halves = tree.split();
    expect(hashed).toBe(0);
    expect(costOf(halves[1])).toBe(whole - 1);
    hashed = 0;
    const merged = StateTree.merge(...halves);
    expect(hashed).toBe(1);
    expect(costOf(merged)).toBe(whole);
  });

  it("has empty halves where it is empty, with the root for their depth", () => {
    let tree = new StateTree("");
    for (let depth = 0; depth < 16; depth++) {
      expect(tree.root).toEqual(EMPTY_ROOTS[depth]);
      const [left, right] = tree.split();
      expect(StateTree.merge(left, right).root).toEqual(tree.root);
      tree = depth % 2 === 0 ? left : right;
    }
    expect(tree.root).toEqual(Buffer.alloc(32));
    expect(() => tree.split()).toThrow(RangeError);
  });

  it("merges with its other half only", () => {
    const [left, right] = new StateTree("0").split();
    expect(() => StateTree.merge(right, left)).toThrow(RangeError);
    expect(() => StateTree.merge(left, left)).toThrow(RangeError);
    expect(() => StateTree.merge(left, new StateTree("11"))).toThrow(RangeError);
    expect(() => StateTree.merge(new StateTree(""), new StateTree(""))).toThrow(RangeError);
  });
});
