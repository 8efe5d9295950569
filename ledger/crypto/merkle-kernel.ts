import { HASH_BYTES, sha256 } from "./hash.js";
import type { TreeHasher } from "./tree-hasher.js";

/** What scripts/merkle-kernel exports; the numbers are addresses in its memory, or limits. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly lengths: WebAssembly.Global;
  readonly slots: WebAssembly.Global;
  readonly slotsBytes: WebAssembly.Global;
  readonly digests: WebAssembly.Global;
  readonly leavesMax: WebAssembly.Global;
  hashLeaves(count: number): void;
  reduce(count: number): void;
}

/** All the memory that a kernel ever has, in bytes; there is one kernel a thread. Longer lists are taken in pieces. */
export const KERNEL_MEMORY_BYTES = 5 * 65_536;
/** Longer leaves are left to libsodium: for them a call costs nothing, and four that long might not fit. */
export const KERNEL_LEAF_BYTES_MAX = 8_192;

const BLOCK_BYTES = 64;
/** Around a leaf's data: its tag, the first byte of padding, the length. */
const FRAME_BYTES = 1 + 1 + 8;
const LEAF_TAG = Buffer.of(0);

/**
 * SHA-256 for Merkle trees with four messages in the lanes of vectors, a whole list in one call.
 *
 * @returns undefined where `wasm` is not valid: the engine has no vectors.
 */
export function loadMerkleKernel(wasm: Uint8Array): TreeHasher | undefined {
  if (!WebAssembly.validate(wasm)) return undefined;
  return new MerkleKernel(
    new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as unknown as KernelExports,
  );
}

class MerkleKernel implements TreeHasher {
  private readonly slots: Uint8Array;
  private readonly lengths: Uint32Array;
  private readonly digests: Uint8Array;
  private readonly leavesMax: number;

  constructor(private readonly kernel: KernelExports) {
    const { buffer } = kernel.memory;
    const slotsBytes = kernel.slotsBytes.value;
    this.leavesMax = kernel.leavesMax.value;
    this.slots = new Uint8Array(buffer, kernel.slots.value, slotsBytes);
    this.lengths = new Uint32Array(buffer, kernel.lengths.value, slotsBytes / BLOCK_BYTES);
    this.digests = new Uint8Array(buffer, kernel.digests.value, this.leavesMax * HASH_BYTES);
  }

  leafHashes(items: readonly Uint8Array[]): Buffer {
    const hashes = Buffer.allocUnsafe(items.length * HASH_BYTES);
    // Of the leaves in slots that are not hashed yet.
    let count = 0;
    let bytes = 0;
    const flush = (end: number) => {
      if (count === 0) return;
      this.kernel.hashLeaves(count);
      hashes.set(this.digests.subarray(0, count * HASH_BYTES), (end - count) * HASH_BYTES);
      count = 0;
      bytes = 0;
    };
    for (let index = 0; index < items.length; index++) {
      const item = items[index]!;
      const { length } = item;
      if (length > KERNEL_LEAF_BYTES_MAX) {
        flush(index);
        hashes.set(sha256(LEAF_TAG, item), index * HASH_BYTES);
        continue;
      }
      const slotBytes = (length + FRAME_BYTES + BLOCK_BYTES - 1) & -BLOCK_BYTES;
      if (bytes + slotBytes > this.slots.length) flush(index);
      this.slots.set(item, bytes + 1);
      this.lengths[count++] = length;
      bytes += slotBytes;
    }
    flush(items.length);
    return hashes;
  }

  rootOf(leafHashes: Buffer): Buffer {
    let level = leafHashes;
    // Each full piece has a power of two of leaves, so its root is a node of the whole tree, and the last one's too.
    for (;;) {
      const pieceBytes = this.digests.length;
      const roots = Buffer.allocUnsafe(Math.ceil(level.length / pieceBytes) * HASH_BYTES);
      for (let piece = 0; piece * pieceBytes < level.length; piece++) {
        const leaves = level.subarray(piece * pieceBytes, (piece + 1) * pieceBytes);
        this.digests.set(leaves);
        this.kernel.reduce(leaves.length / HASH_BYTES);
        roots.set(this.digests.subarray(0, HASH_BYTES), piece * HASH_BYTES);
      }
      if (roots.length === HASH_BYTES) return roots;
      level = roots;
    }
  }
}
