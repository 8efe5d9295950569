import { rounded } from "../measure/numbers.js";
import { type CheckpointCosts, measureCheckpoints } from "./checkpoints.js";
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
  /** Longest age of the last certified checkpoint at 1,000 a second over 100,000 accounts with one validator, in milliseconds. */
  readonly checkpointLagMs: number;
  /** Share of the throughput that checkpoints cost with one validator, best of each way. */
  readonly throughputCost: number;
  readonly checkpoints: CheckpointCosts;
}

/** Leaves of the tree, and of a batch. */
export const STATE_LEAVES = 1_000_000;
export const STATE_CHANGED = 10_000;

/**
 * Measures Poseidon beside poseidon-lite, batches and proofs of a tree, and checkpoints of whole networks. Takes five minutes
 * and 400 MB.
 */
export async function runStateTree(
  seed: number,
  say: (line: string) => void,
  leaves = STATE_LEAVES,
  changed = STATE_CHANGED,
): Promise<StateTreeReport> {
  const { liteMicroseconds, listMicroseconds, aloneMicroseconds } = measurePoseidon();
  const { batchLeavesMs, batchHashes, proofBytes, verifyMs, bytesPerLeaf } = measureTree(leaves, changed);
  const checkpoints = await measureCheckpoints(seed, say);
  const best = { on: Math.max(...checkpoints.withCheckpointsTps), off: Math.max(...checkpoints.withoutTps) };
  return {
    poseidonSpeedup: rounded(liteMicroseconds / listMicroseconds, 2),
    poseidonMicroseconds: {
      list: rounded(listMicroseconds, 2),
      alone: rounded(aloneMicroseconds, 2),
      lite: rounded(liteMicroseconds, 2),
    },
    batchLeavesMs: rounded(batchLeavesMs, 0),
    ...{ batchHashes, proofBytes, verifyMs: rounded(verifyMs, 2), bytesPerLeaf: rounded(bytesPerLeaf, 0) },
    ...{ leaves, changed, checkpoints },
    checkpointLagMs: checkpoints.lagMsMax,
    throughputCost: rounded(Math.max(0, 1 - best.on / best.off), 3),
  };
}
