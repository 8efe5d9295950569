import type { Outgoing } from "./bundles.js";
import type { SealedHeader } from "./headers.js";
import type { Header, ReceiptResult } from "./records.js";
import type { StateValue } from "./state-records.js";
import type { TopologyChange } from "./topology-records.js";

export interface Change {
  /** State key as latin1. */
  readonly key: string;
  readonly before: StateValue | undefined;
  readonly value: StateValue | null;
  /** Avro bytes of the StateChange. */
  readonly bytes: Buffer;
  /** How many of them, at the end, are the value. */
  readonly valueBytes: number;
}

/** A block as the rules make it out of the log. */
export interface Block extends SealedHeader {
  readonly receipts: readonly ReceiptResult[];
  readonly receiptBytes: readonly Buffer[];
  /** By ascending key. */
  readonly changes: readonly Change[];
  readonly outgoing: readonly Outgoing[];
  /** Blocks of other shards that it comes after: it took in their messages, or its shard took their place. */
  readonly after: readonly Header[];
  /** Changes of the shard tree that it decided. */
  readonly decided: readonly TopologyChange[];
}
