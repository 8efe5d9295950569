import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  leafHash,
  merklePath,
  merkleProof,
  merkleRoot,
  merkleRootOf,
  plainTreeHasher,
  verifyMerkleProof,
} from "../../ledger/merkle.js";
import type { PathStep } from "../../schemas/generated.js";

/** Leaves of the reference tree of Certificate Transparency (RFC 6962 implementations test with them). */
const REFERENCE_DATA = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => Buffer.from(hex, "hex"));
const REFERENCE_LEAVES = REFERENCE_DATA.map(leafHash);

/** Roots of its first 1 to 8 leaves. */
const REFERENCE_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** The definition in RFC 9162, 2.1.1, word for word. */
function definition(leaves: readonly Buffer[]): Buffer {
  const sha = (...parts: Buffer[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha(Buffer.of(1), definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

/** Where the steps of a path lead to from a leaf. */
function walk(leaf: Buffer, path: readonly PathStep[]): Buffer {
  return path.reduce((hash, { isLeft, sibling }) => {
    const [left, right] = isLeft ? [sibling, hash] : [hash, sibling];
    return createHash("sha256")
      .update(Buffer.concat([Buffer.of(1), left, right]))
      .digest();
  }, leaf);
}

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
/** A tree and one of its leaves. */
const place = fc
  .integer({ min: 1, max: 70 })
  .chain((count) => fc.record({ count: fc.constant(count), index: fc.nat(count - 1) }));

describe("merkle trees (RFC 9162)", () => {
  it("have the roots of the reference tree", () => {
    expect(merkleRoot([]).toString("hex")).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    REFERENCE_ROOTS.forEach((root, index) => {
      expect(merkleRoot(REFERENCE_LEAVES.slice(0, index + 1)).toString("hex")).toBe(root);
      const data = REFERENCE_DATA.slice(0, index + 1);
      expect(merkleRootOf(data).toString("hex")).toBe(root);
      expect(merkleRootOf(data, plainTreeHasher).toString("hex")).toBe(root);
    });
  });

  it("have the roots of the definition, whatever their size", () => {
    for (let count = 0; count <= 70; count++) {
      const leaves = leavesOf(count);
      expect(merkleRoot(leaves), `${count} leaves`).toEqual(definition(leaves));
    }
  });

  it("have the audit path of the reference tree", () => {
    // Path of leaf 5 of 8: its sibling 4, then the pair 6 and 7, then the first four.
    const [sibling, pair, half] = merkleProof(REFERENCE_LEAVES, 5);
    expect(sibling).toEqual(REFERENCE_LEAVES[4]);
    expect(pair).toEqual(definition(REFERENCE_LEAVES.slice(6)));
    expect(half?.toString("hex")).toBe(REFERENCE_ROOTS[3]);
  });

  it("prove each leaf at its place", () => {
    fc.assert(
      fc.property(place, ({ count, index }) => {
        const leaves = leavesOf(count);
        const proof = merkleProof(leaves, index);
        expect(verifyMerkleProof(leaves[index]!, index, count, proof, merkleRoot(leaves))).toBe(true);
        const path = merklePath(leaves, index);
        expect(path.map(({ sibling }) => sibling)).toEqual(proof);
        expect(walk(leaves[index]!, path)).toEqual(definition(leaves));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("prove nothing else: not another leaf, index, path or root", () => {
    fc.assert(
      fc.property(
        place,
        fc.nat(),
        fc.nat(255),
        fc.integer({ min: -2, max: 80 }),
        (at, which, bit, elsewhere) => {
          const { count, index } = at;
          const leaves = leavesOf(count);
          const root = merkleRoot(leaves);
          const proof = merkleProof(leaves, index);
          const leaf = leaves[index]!;
          const flip = (bytes: Buffer) => {
            const changed = Buffer.from(bytes);
            changed[bit >> 3]! ^= 1 << (bit & 7);
            return changed;
          };
          expect(verifyMerkleProof(flip(leaf), index, count, proof, root)).toBe(false);
          expect(verifyMerkleProof(leaf, index, count, proof, flip(root))).toBe(false);
          if (elsewhere !== index) expect(verifyMerkleProof(leaf, elsewhere, count, proof, root)).toBe(false);
          expect(verifyMerkleProof(leaf, index, count, [...proof, leaf], root)).toBe(false);
          if (proof.length === 0) return;
          const spoiled = proof.with(which % proof.length, flip(proof[which % proof.length]!));
          expect(verifyMerkleProof(leaf, index, count, spoiled, root)).toBe(false);
          expect(verifyMerkleProof(leaf, index, count, proof.slice(1), root)).toBe(false);
          expect(verifyMerkleProof(leaf, index, count, proof.slice(0, -1), root)).toBe(false);
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });

  it("don't take an inner node for a leaf", () => {
    const leaves = leavesOf(4);
    const inner = merkleRoot(leaves.slice(0, 2));
    expect(verifyMerkleProof(inner, 0, 2, [merkleRoot(leaves.slice(2))], merkleRoot(leaves))).toBe(true);
    // It would verify as a hash, but no data hashes to it: leaves are hashed with another first byte.
    expect(leafHash(Buffer.concat(leaves.slice(0, 2)))).not.toEqual(inner);
  });
});
