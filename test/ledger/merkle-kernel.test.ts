import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MERKLE_KERNEL } from "../../ledger/crypto/merkle-kernel.generated.js";
import {
  KERNEL_LEAF_BYTES_MAX,
  KERNEL_MEMORY_BYTES,
  loadMerkleKernel,
} from "../../ledger/crypto/merkle-kernel.js";
import { GrowingTree, LEAVES_WAITING_MAX, merkleRootOf, plainTreeHasher } from "../../ledger/merkle.js";

const wasm = Buffer.from(MERKLE_KERNEL, "base64");
const kernel = loadMerkleKernel(wasm)!;
const HASHERS = [
  { name: "the kernel", hasher: kernel },
  { name: "libsodium", hasher: plainTreeHasher },
];

const sha = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();

/** The definition in RFC 9162, 2.1.1, with node:crypto. */
function definition(items: readonly Uint8Array[]): Buffer {
  return definitionOver(items.map((item) => sha(Buffer.of(0), item)));
}

function definitionOver(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha();
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (2 * k < hashes.length) k *= 2;
  return sha(Buffer.of(1), definitionOver(hashes.slice(0, k)), definitionOver(hashes.slice(k)));
}

/** Bytes that depend on every bit of the seed, at any alignment of the buffer below. */
function bytesOf(seed: number, length: number): Buffer {
  const skipped = seed & 7;
  const whole = Buffer.alloc(skipped + length);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let index = 0; index < whole.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    whole[index] = state >>> 24;
  }
  return whole.subarray(skipped);
}

const length = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: KERNEL_LEAF_BYTES_MAX - 70, max: KERNEL_LEAF_BYTES_MAX + 70 }) },
);
const items = (lengthMax: number) =>
  fc
    .record({ seed: fc.nat(), lengths: fc.array(length, { maxLength: lengthMax, size: "max" }) })
    .map(({ seed, lengths }) => lengths.map((bytes, index) => bytesOf(seed + index, bytes)));

describe("the kernel for Merkle trees", () => {
  it("is what is compiled from its source", () => {
    const script = fileURLToPath(new URL("../../scripts/build-merkle-kernel.mjs", import.meta.url));
    expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
  });

  it("is valid here, and needs nothing but its memory, which can't grow", () => {
    expect(WebAssembly.validate(wasm)).toBe(true);
    const { memory } = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as unknown as {
      memory: WebAssembly.Memory & { grow(pages: number): void };
    };
    expect(memory.buffer.byteLength).toBe(KERNEL_MEMORY_BYTES);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  it("is left out where the engine doesn't take it", () => {
    expect(loadMerkleKernel(wasm.subarray(0, -1))).toBeUndefined();
    expect(loadMerkleKernel(Buffer.alloc(0))).toBeUndefined();
  });

  it("is loaded in worker threads too", async () => {
    const worker = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
       const { exports } = new WebAssembly.Instance(new WebAssembly.Module(workerData));
       parentPort.postMessage(typeof exports.reduce);`,
      { eval: true, workerData: wasm },
    );
    const message = await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    expect(message).toBe("function");
    await worker.terminate();
  });
});

describe.each(HASHERS)("Merkle trees with $name", ({ hasher }) => {
  it("hash leaves of each length from 0 to 600, alone and among others", () => {
    const leaves = Array.from({ length: 601 }, (_, bytes) => bytesOf(bytes, bytes));
    const expected = leaves.map((leaf) => sha(Buffer.of(0), leaf));
    expect(hasher.leafHashes(leaves)).toEqual(Buffer.concat(expected));
    for (const [index, leaf] of leaves.entries()) expect(hasher.leafHashes([leaf])).toEqual(expected[index]);
  });

  it("hash nodes with each last byte in each lane: it chooses the last block", () => {
    const hashes = Array.from({ length: 512 + 6 }, (_, index) => sha(Buffer.of(index >> 8, index)));
    for (let pair = 0; pair < hashes.length / 2; pair++) hashes[2 * pair + 1]![31] = pair;
    for (let shift = 0; shift < 4; shift++) {
      const some = hashes.slice(2 * shift, 2 * shift + 512);
      expect(hasher.rootOf(Buffer.concat(some))).toEqual(definitionOver(some));
    }
  });

  it("have the root of the definition, with each number of leaves from 0 to 260", () => {
    const leaves = Array.from({ length: 260 }, (_, index) => bytesOf(index, (index * 37) % 200));
    for (let count = 0; count <= leaves.length; count++) {
      const some = leaves.slice(0, count);
      expect(merkleRootOf(some, hasher), `${count} leaves`).toEqual(definition(some));
    }
  });

  it("have the root of the definition, whatever the leaves", () => {
    const check = (leaves: Buffer[]) => {
      expect(merkleRootOf(leaves, hasher)).toEqual(definition(leaves));
    };
    fc.assert(fc.property(items(40), check), { seed: 1, numRuns: 150 });
    fc.assert(fc.property(items(1_100), check), { seed: 2, numRuns: 15 });
  });

  it("have the root of the definition over more leaves than a piece has", () => {
    for (const count of [4_095, 4_096, 4_097, 8_192, 12_289]) {
      const leaves = Array.from({ length: count }, (_, index) => bytesOf(index, index % 60));
      expect(merkleRootOf(leaves, hasher), `${count} leaves`).toEqual(definition(leaves));
    }
  });

  it("keep what was hashed before: the results share no memory", () => {
    const first = hasher.leafHashes([bytesOf(1, 10), bytesOf(2, 20)]);
    const root = hasher.rootOf(first);
    const copies = [Buffer.from(first), Buffer.from(root)];
    hasher.rootOf(hasher.leafHashes([bytesOf(3, 10), bytesOf(4, 20), bytesOf(5, 30)]));
    expect([first, root]).toEqual(copies);
  });

  it("grow leaf by leaf to the same root", () => {
    const leaves = Array.from({ length: 3 * LEAVES_WAITING_MAX + 1 }, (_, index) => bytesOf(index, index));
    const tree = new GrowingTree(hasher);
    expect(tree.root()).toEqual(definition([]));
    for (const [index, leaf] of leaves.entries()) {
      tree.push(leaf);
      expect(tree.length).toBe(index + 1);
      if (index % 7 === 0) expect(tree.root()).toEqual(definition(leaves.slice(0, index + 1)));
    }
    expect(tree.root()).toEqual(definition(leaves));
    expect(tree.root()).toEqual(definition(leaves));
  });
});
