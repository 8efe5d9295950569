import type { StateKey } from "../state/key.js";

/** Where the search for a key ends. */
export type ProofEnd =
  /** At the key's own leaf, with this value (Avro bytes, with its place in the union): the key is there. */
  | { readonly kind: "value"; readonly valueBytes: Buffer }
  /** In an empty place: the key is absent. */
  | { readonly kind: "nothing" }
  /** At the leaf of another key, by its position: the key is absent. */
  | { readonly kind: "other"; readonly position: Buffer; readonly valueHash: Buffer };

/** A branch on the way from the levels that are always hashed to the end. */
export interface ProofBranch {
  /** The bit that it branches at. */
  readonly bit: number;
  /** Digest of the side that the search doesn't take. */
  readonly sibling: Buffer;
}

/** That a shard's tree has a key with a value, or has it not. */
export interface StateProof {
  /** Prefix of the shard, bits as text. */
  readonly prefix: string;
  readonly key: StateKey;
  readonly end: ProofEnd;
  /** Digests beside the way on each level that is always hashed, from the shard's root down; undefined where empty. */
  readonly siblings: readonly (Buffer | undefined)[];
  /** The branches below, from above. */
  readonly branches: readonly ProofBranch[];
}

/**
 * Why a proof proves nothing.
 *
 * - TRUNCATED: the bytes end before the proof does.
 * - OVERSIZED: more bytes than any proof has, or bytes behind the proof.
 * - VERSION: of a format that is not known here.
 * - NON_CANONICAL: the same could be said in other bytes, which are the ones that count, or nothing at all is said; or
 *   what is given as a digest can be none.
 * - WRONG_SHARD: the proof, or its key, is another shard's.
 * - WRONG_KEY: the proof is about another key.
 * - UNRELATED_LEAF: absence by the leaf of another key, where the search for the key doesn't end.
 * - WRONG_ROOT: it leads to another root.
 */
export type ProofRefusalCode =
  | "TRUNCATED"
  | "OVERSIZED"
  | "VERSION"
  | "NON_CANONICAL"
  | "WRONG_SHARD"
  | "WRONG_KEY"
  | "UNRELATED_LEAF"
  | "WRONG_ROOT";

export interface ProofRefusal {
  readonly ok: false;
  readonly code: ProofRefusalCode;
}

export function refused(code: ProofRefusalCode): ProofRefusal {
  return { ok: false, code };
}
