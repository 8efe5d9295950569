import {
  flag,
  hex,
  integer,
  type JsonSchema,
  list,
  number,
  object,
  oneOf,
  orNull,
  ref,
  text,
  time,
} from "./json-schema.js";
import { LOAD_SCHEMA } from "./load.js";

const PERCENTILES = object({
  samples: integer("Transactions that the percentiles are of"),
  p50Ms: number("Median, in milliseconds"),
  p99Ms: number("99th percentile, in milliseconds"),
});

const PARAMETERS = object({
  blockIntervalMs: integer(
    "Blocks are cut at multiples of this time, in milliseconds; at twice as many while nothing waits for processors",
  ),
  maximumEntriesPerBlock: integer("A block ends at this number of entries"),
  transactionBytesMax: integer("Largest transaction, in bytes"),
  allowUnprotected: flag("Whether Ethereum transactions without chain id are taken"),
  clockSkewMsMax: integer("Validators withhold votes beyond this, in milliseconds"),
  unfinalisedBlocksMax: integer("Most blocks that execute is ahead of certificates"),
  crossShardDeadlineMs: integer("Time a transfer has to reach the main chain, in milliseconds"),
  checkpointIntervalMs: integer(
    "State roots are certified once in each interval of this length, in milliseconds",
  ),
});

const ACTIVITY = object({
  finalPerSecond: number("Transactions that became final a second, mean of the last 10 seconds"),
  finalHistory: list({ type: "integer" }, "The same for each of the last 120 seconds, oldest first"),
  preConfirmed: orNull(PERCENTILES),
  final: orNull(PERCENTILES),
  totals: object({
    preConfirmed: integer("Pre-confirmed"),
    final: integer("Final and applied"),
    refused: integer("Final and refused"),
    rejected: integer("Rejected before a block"),
    completed: integer("Transfers to another shard that arrived"),
    refunded: integer("Transfers to another shard that were refunded"),
  }),
  refusedByCode: list(
    object({ code: text("Reason code"), count: integer("How often") }),
    "Rejected, refused and refunded transactions by code, most frequent first",
  ),
  recent: list(
    object({
      event: oneOf(["REJECTED", "PRE_CONFIRMED", "FINAL", "COMPLETED", "REFUNDED"], "What happened"),
      applied: flag("Whether the transaction took effect"),
      code: text("Reason code; empty where applied"),
      transactionId: orNull(hex(32, "Id of the transaction where known")),
      account: orNull(text("Account that is told")),
      shard: integer("Shard; -1 before it had one"),
      height: integer("Height; -1 before it had one"),
      timeMs: time("Broker time"),
    }),
    "Latest notifications, newest first",
  ),
});

/** Bodies of GET /status, by $id. */
export const STATUS_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Checkpoint: object({
    height: integer("Height of the last block whose state root is certified"),
    timeMs: time("Chain time of that block"),
    stateRoot: hex(32, "The root"),
    intervalMs: orNull(
      number(
        "Time between it and the checkpoint before, in milliseconds; it grows where hashing can't keep up",
      ),
    ),
  }),
  Shard: object({
    shard: integer("Number of the shard; 0 is the main chain"),
    path: orNull(text("Place in the shard tree")),
    prefix: orNull(text("Bits that the placement of its accounts begins with")),
    partition: orNull(integer("Partition of the topics shard.*")),
    height: integer("Height of the last certified block; 0: none yet"),
    digest: orNull(hex(32, "Digest of that block")),
    timeMs: orNull(time("Chain time of that block")),
    stateHeight: orNull(integer("Height up to which shard.state is complete")),
    checkpoint: orNull(ref("Checkpoint")),
  }),
  GlobalRoot: object({
    height: integer("Height of the main chain's block that set it"),
    root: hex(32, "Root of the one tree over all shards, from the newest certified state of each"),
  }),
  Validator: object({
    validator: integer("Number of the validator"),
    name: text("Name for people"),
    publicKey: hex(32, "Ed25519 key that its votes are verified with"),
    stake: integer("Stake, in whole RUS"),
    status: text("active or retired"),
    signedShare: number("Share of the last 256 certificates that its signature is in, 0 to 1"),
  }),
  StageHealth: object({
    stage: text("Name of the stage"),
    state: oneOf(["starting", "running", "stopped", "faulted"], "How it is doing"),
    lagRecords: orNull(integer("Records of its input that it has not taken in; null where unknown")),
    detail: orNull(text("A sentence for people")),
  }),
  Status: object({
    network: text("Name of the network; prefix of its topics"),
    chainId: integer("Chain id that transactions are signed for"),
    genesis: hex(32, "Hash of the genesis"),
    consensus: text("Consensus module"),
    parameters: PARAMETERS,
    timeMs: time("Time of this answer"),
    shards: list(ref("Shard"), "By ascending number"),
    globalRoot: orNull(ref("GlobalRoot")),
    validators: list(ref("Validator"), "By ascending number"),
    stages: orNull(list(ref("StageHealth"), "Stages; null where their health could not be learnt")),
    viewLag: orNull(
      list(
        object({ topic: text("Topic"), lagRecords: integer("Records that the gateway has not taken in") }),
        "How far this answer is behind; null where it could not be learnt",
      ),
    ),
    views: object({
      transactionsHeld: integer("Transactions held"),
      transactionsDropped: integer("Transactions dropped to stay within the bound"),
      accountsHeld: integer("Accounts held"),
      accountsOverflowed: flag("Whether accounts exist that found no place"),
      conflictingCertificates: integer("Certificates that contradict another; above 0 safety is broken"),
    }),
    activity: ACTIVITY,
    load: LOAD_SCHEMA,
  }),
};
