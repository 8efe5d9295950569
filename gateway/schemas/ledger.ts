import { API_ERRORS } from "../errors.js";
import {
  flag,
  hex,
  integer,
  type JsonSchema,
  list,
  object,
  oneOf,
  orNull,
  ref,
  text,
  time,
} from "./json-schema.js";

const PLACE = { shard: integer("Number of the shard"), height: integer("Height of the block") };
const SUBMISSION = {
  topic: text("Full name of the topic of transactions"),
  partition: integer("Partition there"),
  offset: integer("Offset there"),
};
const STAGES = ["submitted", "rejected", "pre-confirmed", "final", "completed", "refunded"];

/** Bodies of ledger routes, by $id. */
export const LEDGER_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: object({
    error: object({
      code: oneOf(Object.keys(API_ERRORS), "Stable reason code"),
      message: text("A sentence for people; not stable"),
    }),
  }),
  Submission: object(SUBMISSION, "Where a transaction was published; one published twice has two of them."),
  Accepted: object({
    transactionId: hex(32, "Id of the transaction"),
    submission: ref("Submission"),
    links: object({
      transaction: text("Status by transaction id"),
      submission: text("Status of this submission, whatever becomes of copies of the transaction"),
    }),
  }),
  BlockHeader: object({
    genesis: hex(32, "Hash of the genesis; names the network"),
    shard: integer("Number of the shard"),
    height: integer("Height of the block"),
    parent: hex(32, "Digest of the block before"),
    firstSequence: integer("Sequence number of its first entry"),
    lastSequence: integer("Sequence number of its last entry"),
    timeMs: time("Chain time of its last entry"),
    epoch: integer("Topology epoch in which the shard began"),
    entriesRoot: hex(32, "Merkle root (RFC 9162, SHA-256) of its entries"),
    receiptsRoot: hex(32, "Merkle root of its receipt results"),
    changesRoot: hex(32, "Merkle root of its state changes"),
    messagesRoot: hex(32, "Merkle root of its outgoing bundles"),
  }),
  Certificate: object(
    {
      header: ref("BlockHeader"),
      digest: hex(32, "What the validators signed: SHA-256 over a domain tag and the header's Avro bytes"),
      signatures: list(
        object({ validator: integer("Number of the validator"), signature: hex(64, "Ed25519 signature") }),
        "By ascending validator",
      ),
      signedStake: integer("Stake of the signers, in whole RUS"),
      totalStake: integer("Stake of all validators, in whole RUS"),
    },
    "Proof that more than two thirds of the stake arrived at this block.",
  ),
  Transaction: object({
    transactionId: orNull(hex(32, "Id of the transaction; null where the bytes have none")),
    stage: oneOf(
      STAGES,
      "Highest stage reached. final: its block is certified. completed, refunded: a transfer to another shard is settled.",
    ),
    applied: orNull(
      flag("Whether it took effect; null before a stage said so. True of a refund: the fee is spent."),
    ),
    code: orNull(text("Why it was rejected, refused or refunded; a code of ledger/reject-reasons.ts")),
    detail: orNull(text("A sentence to the code of a rejection; not stable")),
    crossShard: flag("Whether completed or refunded follows final"),
    submission: orNull(ref("Submission")),
    otherSubmissions: list(ref("Submission"), "Other submissions of the same bytes, as far as held"),
    shard: orNull(integer("Shard of its block; null before it had one")),
    height: orNull(integer("Height of its block; null before it had one")),
    settlement: orNull(object(PLACE, "Block at the sender that completed or refunded it")),
    stages: list(
      object({ stage: oneOf(STAGES, "Stage"), timeMs: time("Broker time at which it was reached") }),
      "Stages reached, in ledger order",
    ),
    certificate: orNull(ref("Certificate")),
  }),
  Account: object({
    account: text("Account id: 0x and 40 hex digits"),
    address: orNull(text("Address with the shard it is in today; null while the topology is not known")),
    exists: flag("Whether the account is in the certified state"),
    balance: { type: "string", pattern: "^[0-9]+$", description: "Certified balance, in 10^-18 RUS" },
    nonce: integer("Next nonce"),
    shard: orNull(integer("Shard that the account is in")),
    height: orNull(
      integer("Certified block that set these values; where the account doesn't exist, `stateHeight`"),
    ),
    digest: orNull(hex(32, "Digest of that block")),
    stateHeight: orNull(integer("Height up to which the gateway has the shard's certified state")),
  }),
};
