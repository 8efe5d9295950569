import type { PairHasher } from "../crypto/pair-hasher.js";
import { pairHasher, poseidonPair } from "../crypto/poseidon.js";
import type { StateKey } from "../state/key.js";
import { canBeDigest, EMPTY_ROOTS, leafDigest, skippedDigest, valueHashOf } from "./digest.js";
import { bitAt, isUnder, positionOf, SHARD_DEPTH_MAX } from "./position.js";
import { type ProofEnd, type ProofRefusal, refused, type StateProof } from "./proof.js";
import { decodeStateProof } from "./proof-format.js";

/** What is known of a shard before a proof is looked at. */
export interface TrustedRoot {
  /** Prefix of the shard, bits as text. */
  readonly prefix: string;
  /** Root of its tree, 32 bytes. */
  readonly root: Uint8Array;
}

/** Proved: the key's value (Avro bytes, with its place in the union), or undefined: it is absent. */
export type VerifiedState = { readonly ok: true; readonly valueBytes: Buffer | undefined } | ProofRefusal;

/** Whether bytes prove what a key has under a root; never throws, whatever the bytes. */
export function verifyStateProof(
  bytes: Uint8Array,
  key: StateKey,
  trusted: TrustedRoot,
  hasher = pairHasher,
): VerifiedState {
  const decoded = decodeStateProof(bytes);
  return decoded.ok ? checkStateProof(decoded.proof, key, trusted, hasher) : decoded;
}

/** The same for a proof that has been decoded; of others the form is not checked. */
export function checkStateProof(
  proof: StateProof,
  key: StateKey,
  trusted: TrustedRoot,
  hasher = pairHasher,
): VerifiedState {
  if (proof.prefix !== trusted.prefix) return refused("WRONG_SHARD");
  if (proof.key !== key) return refused("WRONG_KEY");
  const position = positionOf(key);
  if (!isUnder(proof.prefix, position)) return refused("WRONG_SHARD");
  const { end, branches } = proof;
  // On the levels above it makes no difference: their number is fixed, and none is a skip.
  if (!branches.every(({ sibling }) => canBeDigest(sibling))) return refused("NON_CANONICAL");
  if (end.kind === "other" && !isOnTheWay(proof, position, end.position)) return refused("UNRELATED_LEAF");
  if (!rootOf(proof, position, hasher).equals(trusted.root)) return refused("WRONG_ROOT");
  return { ok: true, valueBytes: end.kind === "value" ? end.valueBytes : undefined };
}

/** Whether another leaf is where the search for a position ends: each turn on the way is the same for both. */
function isOnTheWay({ branches }: StateProof, position: Uint8Array, other: Uint8Array): boolean {
  const isSame = (bit: number) => bitAt(position, 0, bit) === bitAt(other, 0, bit);
  for (let bit = 0; bit < SHARD_DEPTH_MAX; bit++) if (!isSame(bit)) return false;
  return branches.every(({ bit }) => isSame(bit)) && Buffer.compare(position, other) !== 0;
}

function rootOf(proof: StateProof, position: Uint8Array, hasher: PairHasher): Buffer {
  const { prefix, siblings, branches } = proof;
  let digest = digestOfEnd(proof.end, position, hasher);
  const join = (bit: number, sibling: Uint8Array) => {
    digest =
      bitAt(position, 0, bit) === 0
        ? poseidonPair(digest, sibling, hasher)
        : poseidonPair(sibling, digest, hasher);
  };
  for (let index = branches.length - 1; index >= 0; index--) {
    const { bit, sibling } = branches[index]!;
    const depth = index === 0 ? SHARD_DEPTH_MAX : branches[index - 1]!.bit + 1;
    join(bit, sibling);
    if (depth < bit) digest = skippedDigest(digest, bit, hasher);
  }
  for (let depth = SHARD_DEPTH_MAX - 1; depth >= prefix.length; depth--)
    join(depth, siblings[depth - prefix.length] ?? EMPTY_ROOTS[depth + 1]!);
  return digest;
}

function digestOfEnd(end: ProofEnd, position: Uint8Array, hasher: PairHasher): Buffer {
  switch (end.kind) {
    case "value":
      return leafDigest(position, valueHashOf(end.valueBytes), hasher);
    case "other":
      return leafDigest(end.position, end.valueHash, hasher);
    case "nothing":
      return EMPTY_ROOTS[SHARD_DEPTH_MAX]!;
  }
}
