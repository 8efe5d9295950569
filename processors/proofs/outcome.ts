/**
 * Why there is no proof.
 *
 * - NOT_FOUND: the topics have nothing under this name.
 * - NOT_FINAL: no certificate covers it yet.
 * - NO_CHECKPOINT: validators have not signed the shard's state yet.
 * - NOT_PROVABLE: a record that no certificate speaks of: void in the log, a marker, or of a block that is not the
 *   certified one.
 * - RETENTION: records that the proof is made from are gone.
 * - ENTRIES_NOT_FOUND, RECEIPTS_NOT_FOUND, CHANGES_NOT_FOUND: what the topics have does not hash to the certified root.
 * - ROOT_MISMATCH: the changes lead to another state than the checkpoint's.
 */
export type ProofFault =
  | "NOT_FOUND"
  | "NOT_FINAL"
  | "NO_CHECKPOINT"
  | "NOT_PROVABLE"
  | "RETENTION"
  | "ENTRIES_NOT_FOUND"
  | "RECEIPTS_NOT_FOUND"
  | "CHANGES_NOT_FOUND"
  | "ROOT_MISMATCH";

/** No proof, and why. */
export interface NoProof {
  readonly ok: false;
  readonly code: ProofFault;
  /** One sentence for people. */
  readonly message: string;
}

/** A proof. */
export interface Proof {
  readonly ok: true;
  readonly kind: "account" | "transaction" | "record" | "shard";
  /** Canonical Avro bytes of a ProofFile. */
  readonly bytes: Buffer;
  readonly shard: number;
  /** Height of the block whose certificate, or checkpoint, it leads to. */
  readonly height: number;
}

export type ProofOutcome = Proof | NoProof;

export function noProof(code: ProofFault, message: string): NoProof {
  return { ok: false, code, message };
}
