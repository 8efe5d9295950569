import { rounded } from "../measure/numbers.js";
import { measurePoseidon } from "./poseidon.js";
import { measureTree } from "./tree.js";

/** What the state tree costs on this machine, on one core. */
export interface StateTreeReport {
  /** How many times poseidon-lite's speed the kernel has, on lists, both measured in this run. */
  readonly poseidonSpeedup: number;
  /** Microseconds of one Poseidon hash: in a list, alone, with poseidon-lite. */
  readonly poseidonMicroseconds: { readonly list: number; readonly alone: number; readonly lite: number };
  /** Milliseconds of a batch of `changed` leaves in a tree of `leaves`. */
  readonly batchLeavesMs: number;
  readonly batchHashes: number;
  /** Bytes of the longest proof of an account seen. */
  readonly proofBytes: number;
  /** Milliseconds to verify one; 99 of 100 take no longer. */
  readonly verifyMs: number;
  readonly bytesPerLeaf: number;
  readonly leaves: number;
  readonly changed: number;
}

/** Leaves of the tree, and of a batch. */
export const STATE_LEAVES = 1_000_000;
export const STATE_CHANGED = 10_000;

/** Measures Poseidon beside poseidon-lite, and batches and proofs of a tree. Takes about half a minute and 400 MB. */
export function runStateTree(leaves = STATE_LEAVES, changed = STATE_CHANGED): StateTreeReport {
  const { liteMicroseconds, listMicroseconds, aloneMicroseconds } = measurePoseidon();
  const { batchLeavesMs, batchHashes, proofBytes, verifyMs, bytesPerLeaf } = measureTree(leaves, changed);
  return {
    poseidonSpeedup: rounded(liteMicroseconds / listMicroseconds, 2),
    poseidonMicroseconds: {
      list: rounded(listMicroseconds, 2),
      alone: rounded(aloneMicroseconds, 2),
      lite: rounded(liteMicroseconds, 2),
    },
    batchLeavesMs: rounded(batchLeavesMs, 0),
    ...{ batchHashes, proofBytes, verifyMs: rounded(verifyMs, 2), bytesPerLeaf: rounded(bytesPerLeaf, 0) },
    ...{ leaves, changed },
  };
}
