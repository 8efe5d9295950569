/** Why a record of the log has no effect. */
export type VoidReason =
  | "UNDECODABLE"
  | "GENESIS_RECORD"
  | "OTHER_CUT"
  | "BELOW_MARK"
  | "OTHER_SHARD"
  | "ILL_FORMED"
  | "NOT_AUTHENTIC"
  | "OTHER_NETWORK"
  | "OUT_OF_CHANNEL_ORDER"
  | "BAD_CERTIFICATE"
  | "BAD_PROOF";
