import type { AvroReader } from "./avro-reader.js";
import { readBlockHeader, readCheckpoint, readSignature } from "./headers.js";
import { skipMarker, skipOptionalChange, skipProposal } from "./topology-values.js";

// Records whose bytes are leaves: entries of the log, receipts, values of the state. Of what isn't said to anyone only the
// form is read.

const ACCOUNT_ID_BYTES = 20;
const HASH_BYTES = 32;

const RECEIPT_KINDS = [
  "TRANSFER",
  "PREPARED",
  "FORWARDED",
  "CANCELLED",
  "CREDITED",
  "CREDIT_REFUSED",
  "COMPLETED",
  "REFUNDED",
  "REFUSED",
  "TOPOLOGY_CHANGED",
  "PROPOSAL_REFUSED",
] as const;
/** What happened; schemas/ReceiptKind.avsc says what each means. */
export type ReceiptKind = (typeof RECEIPT_KINDS)[number];
const MESSAGE_KINDS = 5;
/** Of bundles and of their messages. */
export const PRIORITIES = 3;
const SIGNATURE_SCHEMES = 2;

/** Of a UserTransaction what a receipt repeats. */
export interface UserTransaction {
  readonly kind: "transaction";
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  /** Milliseconds since 1970. */
  readonly submittedAt: number;
  readonly sender: Uint8Array;
  readonly transactionId: Uint8Array;
}

/** A LogEntry that can be a leaf: cuts and the genesis are in no block. */
export type LogEntry =
  | UserTransaction
  | { readonly kind: "bundle" | "checkpoint" | "marker" | "proposal" | "none" };

const ENTRY_BRANCHES = 8;
const USER_TRANSACTION = 0;
const BUNDLE = 1;
const CHECKPOINT = 5;
const MARKER = 6;
const PROPOSAL = 7;

/** A LogEntry. One that can be no leaf may have any bytes. */
export function readLogEntry(reader: AvroReader): LogEntry {
  switch (reader.index(ENTRY_BRANCHES)) {
    case USER_TRANSACTION:
      return readUserTransaction(reader);
    case BUNDLE:
      skipBundle(reader);
      return { kind: "bundle" };
    case CHECKPOINT:
      readCheckpoint(reader);
      reader.array(readSignature);
      return { kind: "checkpoint" };
    case MARKER:
      skipMarker(reader);
      return { kind: "marker" };
    case PROPOSAL:
      skipProposal(reader);
      return { kind: "proposal" };
    default:
      reader.rest();
      return { kind: "none" };
  }
}

function readUserTransaction(reader: AvroReader): UserTransaction {
  const entry = {
    kind: "transaction",
    sourcePartition: reader.int(),
    sourceOffset: reader.long(),
    submittedAt: reader.long(),
    sender: reader.fixed(ACCOUNT_ID_BYTES),
    transactionId: reader.fixed(HASH_BYTES),
  } as const;
  reader.index(SIGNATURE_SCHEMES);
  reader.variable(); // body
  reader.variable(); // publicKey
  reader.variable(); // signature
  reader.fixed(HASH_BYTES); // mac
  return entry;
}

function skipBundle(reader: AvroReader): void {
  readBlockHeader(reader);
  reader.array(readSignature);
  reader.int(); // destination
  reader.index(PRIORITIES);
  reader.long(); // channelSequence
  reader.array(skipMessage);
  skipOptionalChange(reader);
  reader.boolean(); // isLast
  reader.int(); // leafIndex
  reader.int(); // leafCount
  reader.array((item) => item.fixed(HASH_BYTES)); // proof
}

function skipMessage(reader: AvroReader): void {
  reader.index(MESSAGE_KINDS);
  reader.fixed(HASH_BYTES); // transactionId
  reader.int(); // source
  reader.int(); // destination
  reader.fixed(2 * ACCOUNT_ID_BYTES); // sender, recipient
  reader.decimal(); // amount
  reader.long(); // deadline
  reader.index(PRIORITIES);
  reader.string(); // code
}

/** A ReceiptResult. Amounts are in 10^-18 RUS, times in milliseconds since 1970. */
export interface ReceiptResult {
  readonly sequence: number;
  readonly kind: ReceiptKind;
  readonly code: string;
  readonly transactionId: Uint8Array;
  readonly sender: Uint8Array;
  readonly recipient: Uint8Array;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly submittedAt: number;
}

export function readReceiptResult(reader: AvroReader): ReceiptResult {
  return {
    sequence: reader.long(),
    kind: RECEIPT_KINDS[reader.index(RECEIPT_KINDS.length)]!,
    code: reader.string(),
    transactionId: reader.fixed(HASH_BYTES),
    sender: reader.fixed(ACCOUNT_ID_BYTES),
    recipient: reader.fixed(ACCOUNT_ID_BYTES),
    amount: reader.decimal(),
    fee: reader.decimal(),
    sourcePartition: reader.int(),
    sourceOffset: reader.long(),
    submittedAt: reader.long(),
  };
}

/** A Receipt, and the bytes of its result: the leaf. */
export interface Receipt {
  readonly shard: number;
  readonly height: number;
  readonly digest: Uint8Array;
  readonly index: number;
  readonly count: number;
  readonly result: ReceiptResult;
  readonly resultBytes: Uint8Array;
}

export function readReceipt(reader: AvroReader): Receipt {
  const shard = reader.int();
  const height = reader.long();
  const digest = reader.fixed(HASH_BYTES);
  const index = reader.int();
  const count = reader.int();
  const start = reader.at;
  const result = readReceiptResult(reader);
  return { shard, height, digest, index, count, result, resultBytes: reader.since(start) };
}
