import type { GenesisValidator } from "../../schemas/generated.js";
import { voteMessage } from "../block/header.js";
import { verifyEd25519 } from "../crypto/ed25519.js";
import type { ConsensusModule } from "./index.js";

/** Most signatures that are remembered: the certificates of some hundred blocks. */
const REMEMBERED_MAX = 4_096;

/** Whether the validator signed the digest. */
export function verifyVote(validator: GenesisValidator, digest: Buffer, signature: Buffer): boolean {
  return verifyEd25519(signature, voteMessage(digest), validator.publicKey);
}

/**
 * The same module for one party that follows several shards: a signature that it has verified is not verified again. A
 * header's certificate reaches a party once in shard.finalized and once with each bundle of the block. What was refused is
 * not remembered, and parties must not share this: each verifies for itself.
 */
export function withMemory(consensus: ConsensusModule): ConsensusModule {
  const known = new Set<string>();
  return {
    ...consensus,
    verifyVote(validator, digest, signature) {
      // Fixed lengths in front, so that no two triples give one name.
      const name = `${digest.toString("latin1")}${signature.toString("latin1")}${validator.validator}`;
      if (known.has(name)) return true;
      if (!consensus.verifyVote(validator, digest, signature)) return false;
      for (const oldest of known) {
        if (known.size < REMEMBERED_MAX) break;
        known.delete(oldest);
      }
      known.add(name);
      return true;
    },
  };
}
