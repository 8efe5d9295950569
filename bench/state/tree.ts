import { sha256 } from "../../ledger/crypto/hash.js";
import { FIELD_BYTES, PAIR_BYTES, type PairHasher } from "../../ledger/crypto/pair-hasher.js";
import { pairHasher } from "../../ledger/crypto/poseidon.js";
import { accountKey, type StateKey } from "../../ledger/state/key.js";
import { accountValue } from "../../ledger/state/state.js";
import type { LeafChange } from "../../ledger/state-tree/changes.js";
import { encodeStateProof } from "../../ledger/state-tree/proof-format.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { verifyStateProof } from "../../ledger/state-tree/verify.js";
import { codec } from "../../schemas/codec.js";
import { latenciesOf } from "../measure/latencies.js";
import { medianOf } from "../measure/numbers.js";

export interface TreeCosts {
  /** Milliseconds of a batch: placing, SHA-256, Poseidon; the median. */
  readonly batchLeavesMs: number;
  /** Poseidon hashes of a batch. */
  readonly batchHashes: number;
  /** Bytes of the longest proof of an account. */
  readonly proofBytes: number;
  /** Milliseconds to verify an account's proof: 99 of 100 take no longer. */
  readonly verifyMs: number;
  /** Memory of the tree a leaf, in bytes. */
  readonly bytesPerLeaf: number;
}

const BATCHES = 3;
const PROOFS = 300;
/** Accounts laid out at a time. */
const FILL_AT_ONCE = 50_000;
const RUS = 10n ** 18n;

/**
 * Costs of a tree of so many accounts, of which so many change at a time.
 *
 * The accounts are laid out with SHA-256 in Poseidon's place, since laying out isn't measured and would take a minute.
 * The batches, and so all that is on the way to an account that they changed, are hashed with Poseidon; what the other
 * nodes have are field elements all the same.
 */
export function measureTree(leaves: number, changed: number): TreeCosts {
  const hasher = new SwitchedHasher();
  const tree = new StateTree("", hasher);
  for (let from = 0; from < leaves; from += FILL_AT_ONCE)
    tree.apply(accounts(from, Math.min(leaves, from + FILL_AT_ONCE), 1, 0));
  hasher.isPoseidon = true;
  const stride = Math.floor(leaves / changed);
  const batches = Array.from({ length: BATCHES }, (_, round) => {
    const changes = accounts(0, leaves, stride, round + 1);
    hasher.hashes = 0;
    const took = milliseconds(() => tree.apply(changes));
    return { took, hashes: hasher.hashes };
  });
  const proofs = accounts(0, leaves, stride, BATCHES)
    .slice(0, PROOFS)
    .map(({ key, valueBytes }) => measureProof(tree, key, valueBytes));
  return {
    batchLeavesMs: medianOf(batches.map(({ took }) => took)),
    batchHashes: medianOf(batches.map(({ hashes }) => hashes)),
    proofBytes: Math.max(...proofs.map(({ bytes }) => bytes)),
    verifyMs: latenciesOf(Float64Array.from(proofs, ({ took }) => took))!.p99,
    bytesPerLeaf: tree.bytes / tree.size,
  };
}

/** Counts, and takes Poseidon or something cheaper. */
class SwitchedHasher implements PairHasher {
  isPoseidon = false;
  hashes = 0;

  hashPairs(pairs: Uint8Array): Buffer {
    this.hashes += pairs.length / PAIR_BYTES;
    return this.isPoseidon ? pairHasher.hashPairs(pairs) : cheapHashes(pairs);
  }
}

function cheapHashes(pairs: Uint8Array): Buffer {
  const hashes = Buffer.allocUnsafe((pairs.length / PAIR_BYTES) * FIELD_BYTES);
  for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
    const to = (at / PAIR_BYTES) * FIELD_BYTES;
    hashes.set(sha256(pairs.subarray(at, at + PAIR_BYTES)), to);
    // Below the field's order.
    hashes[to]! &= 0x0f;
  }
  return hashes;
}

/** Every so manieth account from one number to before another; what it has depends on the round. */
function accounts(from: number, to: number, stride: number, round: number): LeafChange[] {
  const encode = codec("StateChange").encode;
  const changes: LeafChange[] = [];
  for (let number = from; number < to; number += stride) {
    const key = accountKey(sha256(Buffer.from(`account ${number}`)).subarray(0, 20));
    const value = accountValue({ balance: BigInt(number) * RUS, nonce: round, escrowed: 0n });
    // The value's bytes are what follows the key, which is of no interest here.
    changes.push({ key, isRemoval: false, valueBytes: encode({ key: NO_KEY, value }).subarray(1) });
  }
  return changes;
}

const NO_KEY = Buffer.alloc(0);

function measureProof(tree: StateTree, key: StateKey, valueBytes: Uint8Array) {
  const bytes = encodeStateProof(tree.prove(key, valueBytes));
  const trusted = { prefix: tree.prefix, root: tree.root };
  let isProved = false;
  const took = milliseconds(() => {
    isProved = verifyStateProof(bytes, key, trusted).ok;
  });
  if (!isProved) throw new Error("a proof of the tree's own is refused");
  return { bytes: bytes.length, took };
}

function milliseconds(call: () => void): number {
  const start = process.hrtime.bigint();
  call();
  return Number(process.hrtime.bigint() - start) / 1_000_000;
}
