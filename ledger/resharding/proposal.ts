import { codec } from "../../schemas/codec.js";
import type { TopologyProposal } from "../../schemas/generated.js";
import { type KeyPair, signEd25519, verifyEd25519 } from "../crypto/ed25519.js";
import { sha256 } from "../crypto/hash.js";

const PROPOSAL_DOMAIN = Buffer.from("rustorium/topology-proposal/v1\0");
const NO_SIGNATURE = Buffer.alloc(64);

/** Longest reason of a proposal, in characters. */
export const REASON_CHARACTERS_MAX = 200;

/** What is signed, and the proposal's name: SHA-256 over a domain tag and the proposal with its signature as zeros. */
export function proposalId(proposal: TopologyProposal): Buffer {
  return sha256(PROPOSAL_DOMAIN, codec("TopologyProposal").encode({ ...proposal, signature: NO_SIGNATURE }));
}

/** @param operator the key pair whose public half the genesis names */
export function signProposal(
  proposal: Omit<TopologyProposal, "signature">,
  operator: KeyPair,
): TopologyProposal {
  const unsigned = { ...proposal, signature: NO_SIGNATURE };
  return { ...unsigned, signature: signEd25519(proposalId(unsigned), operator) };
}

export function isSignedProposal(proposal: TopologyProposal, operatorKey: Buffer): boolean {
  return verifyEd25519(proposal.signature, proposalId(proposal), operatorKey);
}
