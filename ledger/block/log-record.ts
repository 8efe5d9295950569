import type { Authorship } from "../transaction/authorship.js";

/** Why a record of the log has no effect. */
export type VoidReason =
  | "UNDECODABLE"
  | "GENESIS_RECORD"
  | "OTHER_CUT"
  | "BELOW_MARK"
  | "BELOW_CHECKPOINT"
  | "OTHER_SHARD"
  | "ILL_FORMED"
  | "NOT_AUTHENTIC"
  | "OTHER_NETWORK"
  | "OUT_OF_CHANNEL_ORDER"
  | "BAD_CERTIFICATE"
  | "BAD_PROOF"
  | "BAD_ROOT"
  | "BAD_SIGNATURE"
  | "OTHER_EPOCH"
  | "ENDED";

/** A record of shard.log. */
export interface LogRecord {
  /** Avro bytes, without wire header. */
  readonly bytes: Buffer;
  /** Broker's append time, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly offset: number;
  /** What checking the signature of its transaction found, where that was done before. */
  readonly authorship?: Authorship | undefined;
}
