import { codec } from "../../schemas/codec.js";
import type { Checkpoint, CheckpointCertificate } from "../../schemas/generated.js";
import { type CertificateFault, verifySignatures } from "../consensus/certificate.js";
import type { ConsensusModule } from "../consensus/index.js";
import { sha256 } from "../crypto/hash.js";

const CHECKPOINT_DOMAIN = Buffer.from("rustorium/checkpoint/v1\0");

/**
 * Digest that validators sign as they sign a header's: SHA-256 over a domain tag and the checkpoint's Avro bytes. The tag
 * keeps a signature on a state from being one on a block.
 */
export function checkpointDigest(checkpoint: Checkpoint): Buffer {
  return sha256(CHECKPOINT_DOMAIN, codec("Checkpoint").encode(checkpoint));
}

/** Checks a checkpoint's certificate against the validator set, as `verifyCertificate` a block's. */
export function verifyCheckpoint(
  { checkpoint, signatures }: CheckpointCertificate,
  consensus: ConsensusModule,
): { ok: true; digest: Buffer; signedStake: number } | { ok: false; fault: CertificateFault } {
  const digest = checkpointDigest(checkpoint);
  const verified = verifySignatures(digest, signatures, consensus);
  return verified.ok ? { ...verified, digest } : verified;
}
