// What programs import as rustorium/client.

export type { NoProof, Proof, ProofFault, ProofOutcome } from "../processors/proofs/outcome.js";
export type { ProvedAccount } from "../runtime/proofs/state-prover.js";
export type { SignedTransaction } from "../schemas/generated.js";
export type { Claim, Expectation, Verdict } from "../verifier/index.js";
export type { CertifiedAccount } from "./certified-accounts.js";
export { ClientError, type ClientOptions, LedgerClient, openClient } from "./client.js";
export type { SubmitRefusal, Submitted } from "./submitter.js";
