import { FIELD_BYTES, PAIR_BYTES, type PairHasher } from "./pair-hasher.js";

/** What scripts/poseidon-kernel exports: an address in its memory, and a limit. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly pairs: WebAssembly.Global;
  readonly pairsMax: WebAssembly.Global;
  hashPairs(count: number): void;
}

/** All the memory that a kernel ever has, in bytes; there is one kernel a thread. Longer lists are taken in pieces. */
export const POSEIDON_KERNEL_MEMORY_BYTES = 65_536;

/**
 * Poseidon with four pairs in the lanes of vectors, hundreds of pairs in one call.
 *
 * @returns undefined where `wasm` is not valid: the engine has no vectors.
 */
export function loadPoseidonKernel(wasm: Uint8Array): PairHasher | undefined {
  if (!WebAssembly.validate(wasm)) return undefined;
  return new PoseidonKernel(
    new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as unknown as KernelExports,
  );
}

class PoseidonKernel implements PairHasher {
  private readonly pairs: Uint8Array;

  constructor(private readonly kernel: KernelExports) {
    const pairsBytes = kernel.pairsMax.value * PAIR_BYTES;
    this.pairs = new Uint8Array(kernel.memory.buffer, kernel.pairs.value, pairsBytes);
  }

  hashPairs(pairs: Uint8Array): Buffer {
    const hashes = Buffer.allocUnsafe((pairs.length / PAIR_BYTES) * FIELD_BYTES);
    for (let from = 0; from < pairs.length; from += this.pairs.length) {
      const piece = pairs.subarray(from, from + this.pairs.length);
      const count = piece.length / PAIR_BYTES;
      this.pairs.set(piece);
      this.kernel.hashPairs(count);
      hashes.set(this.pairs.subarray(0, count * FIELD_BYTES), (from / PAIR_BYTES) * FIELD_BYTES);
    }
    return hashes;
  }
}
