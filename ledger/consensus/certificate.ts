import type { BlockHeader, ValidatorSignature } from "../../schemas/generated.js";
import { digestOf } from "../block/header.js";
import type { ConsensusModule } from "./index.js";

/** Why a certificate is none. */
export type CertificateFault =
  | "UNKNOWN_VALIDATOR"
  | "SIGNERS_NOT_ASCENDING"
  | "BAD_VOTE_SIGNATURE"
  | "NOT_A_QUORUM";

/**
 * Checks a certificate against the validator set: signers known and each once, every signature right, a quorum.
 * @returns the header's digest and the signed stake, or what is wrong.
 */
export function verifyCertificate(
  header: BlockHeader,
  signatures: readonly ValidatorSignature[],
  consensus: ConsensusModule,
): { ok: true; digest: Buffer; signedStake: number } | { ok: false; fault: CertificateFault } {
  const digest = digestOf(header);
  const verified = verifySignatures(digest, signatures, consensus);
  return verified.ok ? { ...verified, digest } : verified;
}

/** The same for the digest of anything that validators sign. */
export function verifySignatures(
  digest: Buffer,
  signatures: readonly ValidatorSignature[],
  consensus: ConsensusModule,
): { ok: true; signedStake: number } | { ok: false; fault: CertificateFault } {
  let signedStake = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (const { validator: number, signature } of signatures) {
    const validator = consensus.validators.get(number);
    if (!validator) return { ok: false, fault: "UNKNOWN_VALIDATOR" };
    if (number <= previous) return { ok: false, fault: "SIGNERS_NOT_ASCENDING" };
    previous = number;
    if (!consensus.verifyVote(validator, digest, signature))
      return { ok: false, fault: "BAD_VOTE_SIGNATURE" };
    signedStake += validator.stake;
  }
  return consensus.isQuorum(signedStake) ? { ok: true, signedStake } : { ok: false, fault: "NOT_A_QUORUM" };
}
