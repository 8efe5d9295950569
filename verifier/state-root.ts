import { beginsWith, bitAt, equal } from "./bytes.js";
import { elementOf } from "./field.js";
import { sha256 } from "./hash.js";
import { poseidon } from "./poseidon.js";
import { canBeDigest, leafDigest, skippedDigest } from "./state-digest.js";
import { positionOf, SHARD_DEPTH_MAX } from "./state-key.js";
import { decodeStateProof, type StateProof } from "./state-proof.js";
import { type Found, refuse } from "./verdict.js";

/** Proved: the bytes of a key's value, or that there are none. */
export type ProvedValue = { readonly valueBytes: Uint8Array | undefined };

/**
 * Whether bytes prove what a key has under a root (32 bytes) of the shard with that prefix.
 */
export function checkStateProof(
  bytes: Uint8Array,
  key: Uint8Array,
  prefix: string,
  root: Uint8Array,
): Found<ProvedValue> {
  const decoded = decodeStateProof(bytes);
  if (!decoded.ok) return decoded;
  const proof = decoded.value;
  if (proof.prefix !== prefix)
    return refuse("WRONG_SHARD", "the state proof is of a shard with another prefix");
  if (!equal(proof.key, key)) return refuse("WRONG_KEY", "the state proof is about another key");
  const position = positionOf(key);
  const { end, branches } = proof;
  if (!beginsWith(position, prefix)) return refuse("WRONG_SHARD", "the key is of another shard");
  // Else a skip's right side could pass for a digest, and what is there be proved absent.
  if (!branches.every(({ sibling }) => canBeDigest(sibling)))
    return refuse("NON_CANONICAL", "a number of the state proof can be no digest");
  if (end.kind === "other" && !isOnTheWay(proof, position, end.position))
    return refuse("UNRELATED_LEAF", "the search for the key doesn't end at the leaf that is shown");
  if (rootOf(proof, position) !== elementOf(root))
    return refuse("WRONG_ROOT", "the state proof doesn't lead to the certified state root");
  return { ok: true, value: { valueBytes: end.kind === "value" ? end.valueBytes : undefined } };
}

/** Whether another leaf is where the search for a position ends: each turn on the way is the same for both. */
function isOnTheWay({ branches }: StateProof, position: Uint8Array, other: Uint8Array): boolean {
  const isSame = (bit: number) => bitAt(position, bit) === bitAt(other, bit);
  for (let bit = 0; bit < SHARD_DEPTH_MAX; bit++) if (!isSame(bit)) return false;
  return branches.every(({ bit }) => isSame(bit)) && !equal(position, other);
}

function rootOf({ prefix, end, siblings, branches }: StateProof, position: Uint8Array): bigint {
  let digest = digestOfEnd(end, position);
  const join = (bit: number, sibling: bigint) => {
    digest = bitAt(position, bit) === 0 ? poseidon(digest, sibling) : poseidon(sibling, digest);
  };
  for (let index = branches.length - 1; index >= 0; index--) {
    const { bit, sibling } = branches[index]!;
    join(bit, sibling);
    const above = index === 0 ? SHARD_DEPTH_MAX : branches[index - 1]!.bit + 1;
    if (above < bit) digest = skippedDigest(digest, bit);
  }
  for (let level = siblings.length - 1; level >= 0; level--) join(prefix.length + level, siblings[level]!);
  return digest;
}

function digestOfEnd(end: StateProof["end"], position: Uint8Array): bigint {
  switch (end.kind) {
    case "value":
      return leafDigest(position, sha256(end.valueBytes));
    case "other":
      return leafDigest(end.position, end.valueHash);
    case "nothing":
      return 0n;
  }
}
