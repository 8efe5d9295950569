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

const DAY_MS = 86_400_000;
/** Topics that may be dropped after a while: everything in them can be made again or is a courtesy. */
const TIME: Retention = { kind: "time", retentionMs: 7 * DAY_MS };
const FOREVER: Retention = { kind: "forever" };
const COMPACTED: Retention = { kind: "compacted" };

/** Every topic once, in the order in which a transaction meets them. */
export const CATALOGUE: readonly Topic[] = [
  {
    name: "transactions",
    key: "sender (20 bytes; empty is allowed and gives up the order between a sender's transactions)",
    value: "SignedTransaction",
    partitioning: "source",
    retention: TIME,
    writers: ["anyone"],
    readers: ["validate"],
    about: "Signed transactions as producers publish them.",
  },
  {
    name: "transactions.validated",
    key: "sender",
    value: "ValidatedTransaction",
    partitioning: "source",
    retention: TIME,
    writers: ["validate"],
    readers: ["shard-assign"],
    about: "Authentic, well-formed transactions, in the partition they were published to.",
  },
  {
    name: "transactions.rejected",
    key: "transaction id, or partition:offset where there is none",
    value: "RejectedTransaction",
    partitioning: "source",
    retention: TIME,
    writers: ["validate"],
    readers: ["notify", "gateway"],
    about: "Dead letters: reason code, and where the original is.",
  },
  {
    name: "shard.log",
    key: "none",
    value: "LogEntry",
    partitioning: "shard",
    retention: FOREVER,
    writers: ["shard-assign", "execute", "relay", "tool"],
    readers: ["execute", "vote"],
    about: "The chain: each partition totally orders one shard. Written without Kafka transactions only.",
  },
  {
    name: "shard.blocks",
    key: "height (8 bytes, big-endian)",
    value: "BlockHeader",
    partitioning: "shard",
    retention: FOREVER,
    writers: ["execute"],
    readers: ["execute"],
    about: "Headers as execute sees them.",
  },
  {
    name: "shard.receipts",
    key: "transaction id",
    value: "Receipt",
    partitioning: "shard",
    retention: TIME,
    writers: ["execute"],
    readers: ["notify", "gateway"],
    about: "Results: pre-confirmed, and final once their digest is certified.",
  },
  {
    name: "shard.changes",
    key: "height (8 bytes, big-endian)",
    value: "BlockChanges",
    partitioning: "shard",
    retention: TIME,
    writers: ["execute"],
    readers: ["finalize", "checkpoint"],
    about: "All state changes of a block in one record.",
  },
  {
    name: "shard.messages",
    key: "height (8 bytes, big-endian)",
    value: "OutgoingBundle",
    partitioning: "shard",
    retention: TIME,
    writers: ["execute"],
    readers: ["relay"],
    about: "Outbox: messages of a block to another shard, delivered by relay once the block is certified.",
  },
  {
    name: "shard.votes",
    key: "validator (4 bytes, big-endian)",
    value: "Vote",
    partitioning: "shard",
    retention: FOREVER,
    writers: ["vote"],
    readers: ["finalize", "vote"],
    about: "Validators' signatures on the digests they arrived at; also each validator's own memory.",
  },
  {
    name: "shard.finalized",
    key: "height (8 bytes, big-endian)",
    value: "FinalityCertificate",
    partitioning: "shard",
    retention: FOREVER,
    writers: ["finalize"],
    readers: ["execute", "vote", "checkpoint", "notify", "relay", "gateway"],
    about: "Certificates: one a height, in order.",
  },
  {
    name: "shard.state",
    key: "state key",
    value: "StateRecord",
    partitioning: "shard",
    retention: COMPACTED,
    writers: ["finalize"],
    readers: ["gateway"],
    about: "Certified state values: today's balances as a table.",
  },
  {
    name: "shard.checkpoint.votes",
    key: "validator (4 bytes, big-endian)",
    value: "CheckpointVote",
    partitioning: "shard",
    retention: TIME,
    writers: ["checkpoint"],
    readers: ["finalize"],
    about: "Validators' signatures on the state roots that they arrived at.",
  },
  {
    name: "shard.checkpoints",
    key: "height (8 bytes, big-endian)",
    value: "CheckpointCertificate",
    partitioning: "shard",
    retention: FOREVER,
    writers: ["finalize"],
    readers: ["checkpoint", "relay", "gateway"],
    about: "Certified state roots: what the state of a whole shard is proved with.",
  },
  {
    name: "notifications",
    key: "account",
    value: "Notification",
    partitioning: "source",
    retention: TIME,
    writers: ["notify"],
    readers: ["gateway"],
    about: "What happened to a transaction, at which stage, when.",
  },
  {
    name: "genesis",
    key: "genesis, or part and number",
    value: "GenesisRecord",
    partitioning: "single",
    retention: COMPACTED,
    writers: ["tool"],
    readers: ["execute", "vote", "gateway"],
    about: "Compacted copy of the genesis; every stage checks it against the hash it was configured with.",
  },
  {
    name: "topology",
    key: "shard",
    value: "ShardTopology",
    partitioning: "single",
    retention: COMPACTED,
    writers: ["tool", "finalize"],
    readers: ["shard-assign", "execute", "vote", "finalize", "checkpoint", "relay", "gateway"],
    about:
      "The shard tree: which shard lives or lived in which partition and owns which prefix. Changed by final blocks of the main chain only.",
  },
  {
    name: "topology.proposals",
    key: "none",
    value: "TopologyProposal",
    partitioning: "single",
    retention: FOREVER,
    writers: ["tool", "scaler"],
    readers: ["relay"],
    about:
      "Signed proposals to split or merge shards, or to pause that; relay carries them to the main chain, which decides.",
  },
  {
    name: "validators",
    key: "validator",
    value: "ValidatorRecord",
    partitioning: "single",
    retention: COMPACTED,
    writers: ["tool", "finalize"],
    readers: ["gateway"],
    about: "Validators, stakes, keys.",
  },
  {
    name: "metrics.stages",
    key: "group/process",
    value: "StageMetrics",
    partitioning: "single",
    retention: TIME,
    writers: ["validate", "shard-assign", "execute", "vote", "finalize", "checkpoint", "relay", "notify"],
    readers: ["meter", "gateway"],
    about: "What each process measures of each of its stages, once a second.",
  },
  {
    name: "metrics.shards",
    key: "shard (4 bytes, big-endian)",
    value: "ShardMetrics",
    partitioning: "single",
    retention: TIME,
    writers: ["meter"],
    readers: ["scaler", "gateway"],
    about:
      "What is known of each shard, once a second: load, share of capacity, latency, size, hottest accounts.",
  },
  {
    name: "metrics.alerts",
    key: "code",
    value: "MetricsAlert",
    partitioning: "single",
    retention: TIME,
    writers: ["scaler"],
    readers: ["gateway"],
    about: "What is unusual in the measurements, with the figures that say so.",
  },
  {
    name: "predictions",
    key: "shard (4 bytes, big-endian)",
    value: "LoadForecast",
    partitioning: "single",
    retention: TIME,
    writers: ["scaler"],
    readers: ["gateway"],
    about: "What is expected of each shard's load, once a second, and what made the forecast.",
  },
  {
    name: "scaling.decisions",
    key: "shard (4 bytes, big-endian)",
    value: "ScalingRecord",
    partitioning: "single",
    retention: TIME,
    writers: ["scaler"],
    readers: ["gateway"],
    about: "Decisions to split or merge with their inputs and reasons, and later what came of each.",
  },
];

const byName = new Map(CATALOGUE.map((topic) => [topic.name, topic]));

/** The catalogue's entry of a topic. */
export function topic(name: TopicName): Topic {
  const found = byName.get(name);
  if (!found) throw new Error(`no topic ${name} in the catalogue`);
  return found;
}

/** Full name of a topic on the cluster. */
export function topicOnCluster(network: string, name: TopicName): string {
  return `${network}.${name}`;
}

/** Subject that a topic's values are registered under (TopicNameStrategy). */
export function subjectOf(network: string, name: TopicName): string {
  return `${topicOnCluster(network, name)}-value`;
}

/** Partitions that a topic has on a network. */
export function partitionsOf(name: TopicName, counts: { source: number; shard: number }): number {
  switch (topic(name).partitioning) {
    case "source":
      return counts.source;
    case "shard":
      return counts.shard;
    case "single":
      return 1;
  }
}
