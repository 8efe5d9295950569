import type { RecordTypes } from "../schemas/generated.js";

/** Who may write a topic. ACLs follow this list; `tool` is the genesis tool, `anyone` every producer. */
export type Writer =
  | "anyone"
  | "tool"
  | "validate"
  | "shard-assign"
  | "execute"
  | "vote"
  | "finalize"
  | "checkpoint"
  | "notify"
  | "relay"
  | "meter"
  | "scaler";

/** Names of all topics, without the network's prefix. */
export type TopicName =
  | "transactions"
  | "transactions.validated"
  | "transactions.rejected"
  | "shard.log"
  | "shard.blocks"
  | "shard.receipts"
  | "shard.changes"
  | "shard.messages"
  | "shard.votes"
  | "shard.finalized"
  | "shard.state"
  | "shard.checkpoint.votes"
  | "shard.checkpoints"
  | "notifications"
  | "genesis"
  | "topology"
  | "topology.proposals"
  | "validators"
  | "metrics.stages"
  | "metrics.shards"
  | "metrics.alerts"
  | "predictions"
  | "scaling.decisions";

/** How a topic's partitions are counted. */
export type Partitioning =
  /** As many as the genesis says, for ever: marks are kept by partition. */
  | "source"
  /** One a shard; the same number in every topic of this kind. */
  | "shard"
  | "single";

/** How long records are kept. */
export type Retention = { kind: "forever" } | { kind: "time"; retentionMs: number } | { kind: "compacted" };

export interface Topic {
  readonly name: TopicName;
  readonly key: string;
  readonly value: keyof RecordTypes;
  readonly partitioning: Partitioning;
  readonly retention: Retention;
  readonly writers: readonly Writer[];
  readonly readers: readonly string[];
  readonly about: string;
}
