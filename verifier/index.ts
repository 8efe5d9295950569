// What others use of the verifier. It needs no Node and nothing else of the project: only BigInt and typed arrays.

export type { Hex } from "./bytes.js";
export type {
  AccountBalances,
  AccountClaim,
  Certified,
  Claim,
  ProvableTopic,
  ReceiptClaim,
  RecordClaim,
  ShardRootClaim,
  TransactionClaim,
} from "./claim.js";
export type { ReceiptKind } from "./entries.js";
export { PROOF_FILE_BYTES_MAX } from "./proof-file.js";
export {
  type ParsedTrust,
  parseTrust,
  TRUST_CHARACTERS_MAX,
  type Trust,
  type TrustedValidator,
} from "./trust.js";
export type { Refusal, RefusalCode, Verdict } from "./verdict.js";
export { type Expectation, verifyProofFile } from "./verify.js";
