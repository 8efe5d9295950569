import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PAIR_BYTES, type PairHasher } from "../../../ledger/crypto/pair-hasher.js";
import { pairHasher, plainPairHasher } from "../../../ledger/crypto/poseidon.js";
import { encodeChanges } from "../../../ledger/state/encoded-changes.js";
import {
  accountKey,
  escrowKey,
  feeAccountKey,
  keyBytes,
  keyOfBytes,
  type StateKey,
  shardKey,
} from "../../../ledger/state/key.js";
import { accountValue, type StateValue } from "../../../ledger/state/state.js";
import type { LeafChange } from "../../../ledger/state-tree/changes.js";
import { LEAVES_MAX } from "../../../ledger/state-tree/nodes.js";
import { bitAt, positionOf } from "../../../ledger/state-tree/position.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import { naivePosition, naiveRoot, poseidonLite } from "./naive-tree.js";
import {
  applyToBoth,
  cheapHasher,
  keyAnywhere,
  keyUnder,
  type Model,
  poseidonKernel,
  put,
  removal,
  someBatches,
  valueFor,
} from "./samples.js";

const treeOf = (model: Model, prefix = "") => {
  const tree = new StateTree(prefix);
  tree.apply(Array.from(model, ([hex, value]) => put(keyOfBytes(Buffer.from(hex, "hex")), value)));
  return tree;
};

describe("the state tree", () => {
  it("equals the naive tree after each batch of random changes", () => {
    fc.assert(
      fc.property(someBatches(6, 60), (batches) => {
        const tree = new StateTree("");
        const model: Model = new Map();
        for (const changes of batches) {
          applyToBoth(tree, model, changes);
          expect(tree.size).toBe(model.size);
          expect(tree.root).toEqual(naiveRoot("", model, poseidonKernel));
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("equals the naive tree under a shard's prefix, of any length", () => {
    fc.assert(
      fc.property(someBatches(3, 30), fc.nat(16), fc.boolean(), (batches, length, isRight) => {
        const prefix = (isRight ? "1" : "0").repeat(length);
        const tree = new StateTree(prefix);
        const model: Model = new Map();
        for (const changes of batches) {
          const own = changes.filter(({ key }) => naivePosition(keyBytes(key)).startsWith(prefix));
          applyToBoth(tree, model, own);
        }
        expect(tree.root).toEqual(naiveRoot(prefix, model, poseidonKernel));
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  it("equals the naive tree with poseidon-lite, and has the same root with it as with the kernel", () => {
    const model: Model = new Map();
    const tree = new StateTree("", plainPairHasher);
    const changes = Array.from({ length: 12 }, (_, number) => put(keyUnder("01", number), valueFor(number)));
    applyToBoth(tree, model, [...changes, put(keyAnywhere(1), valueFor(1))]);
    expect(tree.root).toEqual(naiveRoot("", model, poseidonLite));
    expect(treeOf(model).root).toEqual(tree.root);
  });

  it("has the root that its leaves have, however they came and whatever was there in between", () => {
    fc.assert(
      fc.property(someBatches(5, 40), (batches) => {
        const tree = new StateTree("");
        const model: Model = new Map();
        for (const changes of batches) applyToBoth(tree, model, changes);
        expect(tree.root).toEqual(treeOf(model).root);
        tree.apply(
          Array.from(batches.flat().reverse(), ({ key }) => key)
            .filter(isFirst)
            .map(removal),
        );
        expect(tree.size).toBe(0);
        expect(tree.root).toEqual(new StateTree("").root);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it("has these roots: they can't change without everyone's", () => {
    const tree = new StateTree("01");
    expect(tree.root.toString("hex")).toBe(EMPTY_01);
    tree.apply([put(keyUnder("01", 1), valueFor(1))]);
    expect(tree.root.toString("hex")).toBe(ONE_LEAF);
    tree.apply(Array.from({ length: 99 }, (_, number) => put(keyUnder("01", number + 2), valueFor(number))));
    expect(tree.root.toString("hex")).toBe(HUNDRED_LEAVES);
  });

  it("changes nothing where nothing is removed or changed", () => {
    const tree = new StateTree("");
    tree.apply([put(keyUnder("01", 1), valueFor(1)), put(keyUnder("01", 2), valueFor(2))]);
    const { root } = tree;
    tree.apply([removal(keyUnder("01", 3)), removal(keyUnder("11", 3)), put(keyUnder("01", 1), valueFor(1))]);
    tree.apply([]);
    expect(tree.root).toEqual(root);
    expect(tree.size).toBe(2);
  });

  it("refuses keys of another shard and keys that are there twice, and stays as it was", () => {
    const tree = new StateTree("01");
    tree.apply([put(keyUnder("01", 1), valueFor(1))]);
    const { root } = tree;
    const good = put(keyUnder("01", 2), valueFor(2));
    const foreign = put(keyUnder("1", 1), valueFor(1));
    expect(() => tree.apply([good, foreign])).toThrow("not under the shard's prefix 01");
    expect(() => tree.apply([good, removal(keyUnder("01", 2))])).toThrow("there twice");
    expect(tree.root).toEqual(root);
    expect(tree.size).toBe(1);
  });

  it("takes a block's changes as they are, and has their values' bytes as leaves", () => {
    const [rich, gone] = [accountKey(Buffer.alloc(20, 1)), accountKey(Buffer.alloc(20, 2))];
    const account = accountValue({ balance: 5n, nonce: 1, escrowed: 0n });
    const changed = new Map<StateKey, StateValue | null>([
      [rich, account],
      [gone, null],
    ]);
    const changes = encodeChanges(changed);
    const tree = new StateTree("");
    tree.apply(changes);
    const { valueBytes } = changes.find(({ isRemoval }) => !isRemoval)!;
    expect(tree.root).toEqual(treeOf(new Map([[keyBytes(rich).toString("hex"), valueBytes]])).root);
  });

  it("has a bound", () => {
    const tooMany = new Array<LeafChange>(LEAVES_MAX + 1);
    expect(() => new StateTree("").apply(tooMany)).toThrow(`at most ${LEAVES_MAX} leaves`);
  });

  it("is only of a shard's prefix", () => {
    for (const prefix of ["2", "0".repeat(17), "01 "])
      expect(() => new StateTree(prefix)).toThrow(RangeError);
  });

  it("hashes each node that a batch touches once, and no other", () => {
    let hashed = 0;
    const counting: PairHasher = {
      hashPairs(pairs) {
        hashed += pairs.length / PAIR_BYTES;
        return pairHasher.hashPairs(pairs);
      },
    };
    const tree = new StateTree("", counting);
    // Two leaves of one place: two leaves, the branch below and perhaps what it skips, and the 16 levels above.
    tree.apply([put(keyUnder("0", 1), valueFor(1)), put(keyUnder("0", 2), valueFor(2))]);
    const [first, second] = [positionOf(keyUnder("0", 1)), positionOf(keyUnder("0", 2))];
    const isSkipping = bitAt(first, 0, 16) === bitAt(second, 0, 16);
    expect(hashed).toBe(2 + 1 + (isSkipping ? 1 : 0) + 16);
    hashed = 0;
    tree.apply([put(keyUnder("1", 1), valueFor(1))]);
    expect(hashed).toBe(1 + 16);
    hashed = 0;
    tree.apply([removal(keyUnder("1", 1))]);
    expect(hashed).toBe(1);
  });

  it("uses the room of what was removed again", () => {
    const tree = new StateTree("", cheapHasher);
    const keys = Array.from({ length: 300 }, (_, number) => keyUnder(number % 2 ? "1" : "01", number));
    const bytes = Array.from({ length: 20 }, () => {
      tree.apply(keys.map((key) => put(key, valueFor(1))));
      tree.apply(keys.map(removal));
      return tree.bytes;
    });
    expect(new Set(bytes).size).toBe(1);
  });

  it("keeps a leaf in at most 300 bytes", () => {
    const tree = new StateTree("", { hashPairs: (pairs) => Buffer.alloc(pairs.length / 2) });
    const count = 20_000;
    tree.apply(Array.from({ length: count }, (_, number) => put(keyAnywhere(number), valueFor(number))));
    expect(tree.size).toBe(count);
    expect(tree.bytes / count).toBeLessThan(300);
  });
});

describe("a position", () => {
  const account = Buffer.alloc(20, 7);

  it("begins with the key's placement, so that a shard's leaves are under its prefix", () => {
    for (const key of [accountKey(account), escrowKey(account, Buffer.alloc(32, 1)), feeAccountKey("10")])
      expect(positionOf(key).subarray(0, 2)).toEqual(keyBytes(key).subarray(0, 2));
  });

  it("is another one for each key of one placement", () => {
    const keys = [
      accountKey(account),
      ...Array.from({ length: 50 }, (_, index) => escrowKey(account, Buffer.alloc(32, index))),
      ...[feeAccountKey("01"), shardKey("01")],
    ];
    expect(new Set(keys.map((key) => positionOf(key).toString("hex"))).size).toBe(keys.length);
  });
});

const isFirst = <T>(value: T, index: number, all: readonly T[]) => all.indexOf(value) === index;
/** By the naive tree and poseidon-lite. */
const EMPTY_01 = "190d33b12f986f961e10c0ee44d8b9af11be25588cad89d416118e4bf4ebe80c";
const ONE_LEAF = "28a1378627a85c8c4c9a5de15e5c84e55f7b80af759480bcfeeaa7fa187a0ef8";
const HUNDRED_LEAVES = "1c63a666791b55ea4cc8d6f4d5d5480f94891d3e895a501e614acfc1daa86baa";
