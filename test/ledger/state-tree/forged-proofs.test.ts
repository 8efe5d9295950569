import { beforeAll, describe, expect, it } from "vitest";
import { PAIR_BYTES, type PairHasher } from "../../../ledger/crypto/pair-hasher.js";
import { pairHasher } from "../../../ledger/crypto/poseidon.js";
import type { StateKey } from "../../../ledger/state/key.js";
import { valueHashOf } from "../../../ledger/state-tree/digest.js";
import { positionOf } from "../../../ledger/state-tree/position.js";
import type { ProofBranch, ProofEnd, StateProof } from "../../../ledger/state-tree/proof.js";
import { encodeStateProof } from "../../../ledger/state-tree/proof-format.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import { verifyStateProof } from "../../../ledger/state-tree/verify.js";
import { keyUnder, put, valueFor } from "./samples.js";

// Someone who can't find collisions has nothing to forge with but the hashes that were worked out for the tree. So from
// its root down all of them are followed in every way in which the verifier could read them: as a branch, to either side,
// or as a skip and the branch below.

const LEVELS = 16;
const LEAVES = 30;
const ABSENT = 20;
/** From here on, since among these leaves readings lead to both: second proofs, and absence of what is there. */
const FIRST = 300;
const PLACE = "0111111111111111";

const present = Array.from({ length: LEAVES }, (_, number) => keyUnder(PLACE, FIRST + number));
const absent = Array.from({ length: ABSENT }, (_, number) => keyUnder(PLACE, FIRST + LEAVES + number));

/** What each digest is the hash of. */
const preimages = new Map<string, [Buffer, Buffer]>();
const recording: PairHasher = {
  hashPairs(pairs) {
    const digests = pairHasher.hashPairs(pairs);
    for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
      const pair = Buffer.from(pairs.subarray(at, at + PAIR_BYTES));
      preimages.set(digests.toString("hex", at / 2, at / 2 + 32), [pair.subarray(0, 32), pair.subarray(32)]);
    }
    return digests;
  },
};
const tree = new StateTree(PLACE, recording);

interface Way {
  readonly branches: readonly ProofBranch[];
  readonly end: Buffer;
}

/** Every way down from a digest in a place at a depth. */
function waysDown(digest: Buffer, depth: number, above: readonly ProofBranch[] = []): Way[] {
  const ways: Way[] = [{ branches: above, end: digest }];
  const pair = preimages.get(digest.toString("hex"));
  if (pair === undefined || depth > 255) return ways;
  ways.push(...bothSides(pair, depth, above));
  const [below, skip] = [preimages.get(pair[0].toString("hex")), pair[1].at(-1)!];
  if (below !== undefined && skip > depth) ways.push(...bothSides(below, skip, above));
  return ways;
}

function bothSides([left, right]: [Buffer, Buffer], bit: number, above: readonly ProofBranch[]): Way[] {
  return [
    ...waysDown(left, bit + 1, [...above, { bit, sibling: right }]),
    ...waysDown(right, bit + 1, [...above, { bit, sibling: left }]),
  ];
}

describe("every reading of a tree's hashes", () => {
  let ways: Way[] = [];
  let ownEnds = new Map<string, { key: StateKey; number: number }>();

  beforeAll(() => {
    tree.apply(present.map((key, number) => put(key, valueFor(number))));
    ways = waysDown(tree.root, LEVELS);
    ownEnds = new Map(present.map((key, number) => [leafOf(key), { key, number }]));
  });

  /** Digest of a key's leaf, in hex: the root of a tree of it alone. */
  function leafOf(key: StateKey): string {
    const alone = new StateTree(PLACE);
    alone.apply([put(key, valueFor(present.indexOf(key)))]);
    return alone.root.toString("hex");
  }

  /** Kinds of the proofs of a key that are taken. */
  function takenKinds(key: StateKey): ProofEnd["kind"][] {
    return ways
      .flatMap(({ branches, end }) => {
        const own = ownEnds.get(end.toString("hex"));
        if (own === undefined) return [];
        const valueBytes = valueFor(own.number);
        const position = positionOf(own.key);
        const ends: ProofEnd[] = [
          { kind: "value", valueBytes },
          { kind: "other", position, valueHash: valueHashOf(valueBytes) },
        ];
        return ends.filter((some) => isTaken({ prefix: PLACE, key, end: some, siblings: [], branches }));
      })
      .map(({ kind }) => kind);
  }

  function isTaken(proof: StateProof): boolean {
    const verified = verifyStateProof(encodeStateProof(proof), proof.key, { prefix: PLACE, root: tree.root });
    return verified.ok;
  }

  it("is more than the right one", () => {
    const leaves = ways.filter(({ end }) => ownEnds.has(end.toString("hex")));
    expect(leaves.length).toBeGreaterThan(LEAVES + 5);
  });

  it("gives one proof of what a key has, and none that it is absent", () => {
    for (const key of present) expect(takenKinds(key)).toEqual(["value"]);
  });

  it("gives one proof that a key is absent, and none that it is there", () => {
    for (const key of absent) expect(takenKinds(key)).toEqual(["other"]);
  });
});
