import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { PAIR_BYTES, type PairHasher } from "../../ledger/crypto/pair-hasher.js";
import { pairHasher } from "../../ledger/crypto/poseidon.js";
import { keyBytes, type StateKey } from "../../ledger/state/key.js";
import { EMPTY_ROOTS, valueHashOf } from "../../ledger/state-tree/digest.js";
import { positionOf } from "../../ledger/state-tree/position.js";
import type { ProofBranch, ProofEnd, StateProof } from "../../ledger/state-tree/proof.js";
import { encodeStateProof, PROOF_BYTES_MAX } from "../../ledger/state-tree/proof-format.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { verifyStateProof } from "../../ledger/state-tree/verify.js";
import { STATE_PROOF_BYTES_MAX } from "../../verifier/state-proof.js";
import { checkStateProof } from "../../verifier/state-root.js";
import { keyUnder, put, valueFor } from "../ledger/state-tree/samples.js";

interface Root {
  readonly prefix: string;
  readonly root: Uint8Array;
}

/** What the verifier says: a value in hex, "absent", or the code of its refusal. */
function verifiers(bytes: Uint8Array, key: StateKey, { prefix, root }: Root): string {
  const found = checkStateProof(new Uint8Array(bytes), keyBytes(key), prefix, root);
  if (!found.ok) return found.code;
  const { valueBytes } = found.value;
  return valueBytes ? Buffer.from(valueBytes).toString("hex") : "absent";
}

/** The same of the ledger. */
function ledgers(bytes: Uint8Array, key: StateKey, trusted: Root): string {
  const verified = verifyStateProof(bytes, key, trusted);
  return verified.ok ? (verified.valueBytes?.toString("hex") ?? "absent") : verified.code;
}

describe("the verifier and the ledger agree on proofs of the state", () => {
  const prefix = "01";
  const tree = new StateTree(prefix);
  tree.apply(Array.from({ length: 40 }, (_, number) => put(keyUnder("01", number), valueFor(number))));
  tree.apply([put(keyUnder("0111", 1), valueFor(1)), put(keyUnder("0100000000000001", 1), valueFor(1))]);
  const proofs = [
    tree.prove(keyUnder("01", 3), valueFor(3)),
    tree.prove(keyUnder("0111", 1), valueFor(1)),
    tree.prove(keyUnder("01", 100), undefined),
    tree.prove(keyUnder("01", 101), undefined),
    tree.prove(keyUnder("0111", 2), undefined),
    tree.prove(keyUnder("0110", 1), undefined),
  ];

  it("that are right: of presence, of absence by another leaf and by an empty place", () => {
    for (const proof of proofs) {
      const bytes = encodeStateProof(proof);
      const { end } = proof;
      const expected = end.kind === "value" ? end.valueBytes.toString("hex") : "absent";
      expect(verifiers(bytes, proof.key, tree)).toBe(expected);
      expect(ledgers(bytes, proof.key, tree)).toBe(expected);
    }
    expect(new Set(proofs.map(({ end }) => end.kind)).size).toBe(3);
  });

  it("that have their bytes altered, cut or more of them: the same code", { timeout: 120_000 }, () => {
    const codes = new Set<string>();
    const edit = fc.record({
      // Half of them where the form is written: in front of the key and behind it.
      at: fc.oneof(fc.nat(120), fc.nat(3_000)),
      remove: fc.constantFrom(0, 0, 0, 1, 33),
      insert: fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3)), { maxLength: 2 }),
      change: fc.nat(255),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...proofs),
        fc.array(edit, { minLength: 1, maxLength: 2 }),
        (proof, edits) => {
          let bytes = encodeStateProof(proof);
          for (const { at, remove, insert, change } of edits) {
            const place = at % bytes.length;
            bytes[place]! ^= change;
            bytes = Buffer.concat([
              bytes.subarray(0, place),
              Buffer.from(insert),
              bytes.subarray(place + remove),
            ]);
          }
          const verdict = verifiers(bytes, proof.key, tree);
          codes.add(verdict);
          expect(verdict, bytes.toString("hex")).toBe(ledgers(bytes, proof.key, tree));
        },
      ),
      { seed: 1, numRuns: 3_000 },
    );
    for (const code of ["TRUNCATED", "OVERSIZED", "VERSION", "NON_CANONICAL", "WRONG_KEY", "WRONG_ROOT"])
      expect(codes).toContain(code);
  });

  it("that say something else in the right form: the same code", { timeout: 120_000 }, () => {
    const codes = new Set<string>();
    const digest = fc.constantFrom(
      ...proofs.flatMap(({ branches }) => branches.map(({ sibling }) => sibling)),
      ...EMPTY_ROOTS,
      Buffer.from(`${"00".repeat(15)}02${"00".repeat(15)}11`, "hex"),
      Buffer.alloc(32, 0xff),
      Buffer.alloc(32, 0x11),
    );
    const end = fc.constantFrom<ProofEnd>(
      ...proofs.map((proof) => proof.end),
      { kind: "value", valueBytes: valueFor(9) },
      { kind: "other", position: positionOf(keyUnder("01", 3)), valueHash: valueHashOf(valueFor(3)) },
    );
    const branch = fc.record({ bit: fc.integer({ min: 14, max: 30 }), sibling: digest });
    fc.assert(
      fc.property(
        fc.constantFrom(...proofs),
        fc.constantFrom(...proofs),
        fc.record(
          {
            end,
            branches: fc.array(branch, { maxLength: 3 }),
            drop: fc.nat(9),
            replace: fc.tuple(fc.nat(13), digest),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom("01", "01", "01", "0", "011"),
        (proof, asked, { end: otherEnd, branches, drop, replace }, shard) => {
          const forged: StateProof = {
            ...proof,
            end: otherEnd ?? proof.end,
            branches: branches ?? proof.branches.filter((_, index) => index !== drop),
            siblings: proof.siblings.map((sibling, level) => (replace?.[0] === level ? replace[1] : sibling)),
          };
          const bytes = encodeStateProof(forged);
          const trusted = { prefix: shard, root: tree.root };
          const key = drop === 1 ? asked.key : proof.key;
          const verdict = verifiers(bytes, key, trusted);
          codes.add(verdict);
          expect(verdict, bytes.toString("hex")).toBe(ledgers(bytes, key, trusted));
        },
      ),
      { seed: 1, numRuns: 1_500 },
    );
    for (const code of [
      "absent",
      "NON_CANONICAL",
      "WRONG_SHARD",
      "WRONG_KEY",
      "WRONG_ROOT",
      "UNRELATED_LEAF",
    ])
      expect(codes).toContain(code);
  });

  it("have the same bound", () => {
    expect(STATE_PROOF_BYTES_MAX).toBe(PROOF_BYTES_MAX);
  });
});

// As in test/ledger/state-tree/forged-proofs.test.ts: someone who can't find collisions has the hashes of the tree to forge
// with, so all of them are followed in every way in which a verifier could read them.
describe("every reading of a tree's hashes", () => {
  const LEAVES = 30;
  /** From here on, since among these leaves readings lead to more than the right proofs. */
  const FIRST = 300;
  const PLACE = "0111111111111111";
  const present = Array.from({ length: LEAVES }, (_, number) => keyUnder(PLACE, FIRST + number));
  const absent = Array.from({ length: 10 }, (_, number) => keyUnder(PLACE, FIRST + LEAVES + number));
  const preimages = new Map<string, [Buffer, Buffer]>();
  const recording: PairHasher = {
    hashPairs(pairs) {
      const digests = pairHasher.hashPairs(pairs);
      for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
        const pair = Buffer.from(pairs.subarray(at, at + PAIR_BYTES));
        preimages.set(digests.toString("hex", at / 2, at / 2 + 32), [
          pair.subarray(0, 32),
          pair.subarray(32),
        ]);
      }
      return digests;
    },
  };
  const tree = new StateTree(PLACE, recording);
  interface Way {
    readonly branches: readonly ProofBranch[];
    readonly number: number;
  }
  let ways: Way[] = [];

  beforeAll(() => {
    tree.apply(present.map((key, number) => put(key, valueFor(number))));
    const leaves = new Map(
      present.map((key, number) => {
        const alone = new StateTree(PLACE);
        alone.apply([put(key, valueFor(number))]);
        return [alone.root.toString("hex"), number];
      }),
    );
    const down = (digest: Buffer, depth: number, above: readonly ProofBranch[]): Way[] => {
      const number = leaves.get(digest.toString("hex"));
      const own: Way[] = number === undefined ? [] : [{ branches: above, number }];
      const pair = preimages.get(digest.toString("hex"));
      if (pair === undefined || depth > 255) return own;
      const [below, skip] = [preimages.get(pair[0].toString("hex")), pair[1].at(-1)!];
      const skipped = below !== undefined && skip > depth ? sides(below, skip, above) : [];
      return [...own, ...sides(pair, depth, above), ...skipped];
    };
    const sides = ([left, right]: [Buffer, Buffer], bit: number, above: readonly ProofBranch[]): Way[] => [
      ...down(left, bit + 1, [...above, { bit, sibling: right }]),
      ...down(right, bit + 1, [...above, { bit, sibling: left }]),
    ];
    ways = down(tree.root, PLACE.length, []);
  });

  /** Kinds of the proofs of a key that the verifier takes. */
  function takenKinds(key: StateKey): string[] {
    return ways.flatMap(({ branches, number }) => {
      const valueBytes = valueFor(number);
      const position = positionOf(present[number]!);
      const ends: ProofEnd[] = [
        { kind: "value", valueBytes },
        { kind: "other", position, valueHash: valueHashOf(valueBytes) },
      ];
      return ends
        .filter((end) => {
          const bytes = encodeStateProof({ prefix: PLACE, key, end, siblings: [], branches });
          const verdict = verifiers(bytes, key, tree);
          expect(verdict).toBe(ledgers(bytes, key, tree));
          return verdict === "absent" || verdict === valueBytes.toString("hex");
        })
        .map(({ kind }) => kind);
    });
  }

  it("gives one proof of what a key has, and one of the absence of any other", { timeout: 120_000 }, () => {
    expect(ways.length).toBeGreaterThan(LEAVES + 5);
    for (const key of present) expect(takenKinds(key)).toEqual(["value"]);
    for (const key of absent) expect(takenKinds(key)).toEqual(["other"]);
  });
});
