import { MEASUREMENTS } from "./measurements.js";
import { COMPACTED, FOREVER, TIME } from "./retention.js";
import type { Topic, TopicName } from "./topic.js";

export type { Partitioning, Retention, Topic, TopicName, Writer } from "./topic.js";

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
  ...MEASUREMENTS,
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
