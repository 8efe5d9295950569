import { type AvroReader, readWhole } from "./avro-reader.js";
import {
  type BlockHeader,
  type Checkpoint,
  readBlockHeader,
  readCheckpoint,
  readSignature,
  type Signature,
} from "./headers.js";
import { type Found, refuse } from "./verdict.js";

/** No proof file has more bytes: a record has at most as many, and what proves it is smaller. */
export const PROOF_FILE_BYTES_MAX = 8 * 1_024 * 1_024;
/** The one version there is. */
export const PROOF_FILE_VERSION = 1;

const ACCOUNT_ID_BYTES = 20;
const HASH_BYTES = 32;

/** A checkpoint with its signatures. */
export interface CertifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly signatures: readonly Signature[];
}

export interface AccountProof extends CertifiedCheckpoint {
  readonly kind: "account";
  readonly account: Uint8Array;
  readonly stateProof: Uint8Array;
}

/** One step of an audit path. */
export interface PathStep {
  readonly isLeft: boolean;
  readonly sibling: Uint8Array;
}

export interface TransactionProof {
  readonly kind: "transaction";
  readonly transactionId: Uint8Array;
  readonly header: BlockHeader;
  readonly signatures: readonly Signature[];
  readonly entry: Uint8Array;
  readonly entryPath: readonly PathStep[];
  readonly receipt: Uint8Array;
  readonly receiptPath: readonly PathStep[];
}

export interface RecordProof {
  readonly kind: "record";
  readonly topic: string;
  readonly key: Uint8Array;
  /** Undefined for a removal. */
  readonly value: Uint8Array | undefined;
  readonly header: BlockHeader;
  readonly signatures: readonly Signature[];
  readonly index: number;
  readonly leaves: readonly Uint8Array[];
}

export interface ShardRootProof {
  readonly kind: "shard";
  readonly shard: CertifiedCheckpoint;
  /** From the shard's root up. */
  readonly siblings: readonly Uint8Array[];
  readonly stateProof: Uint8Array;
  /** Of the main chain. */
  readonly main: CertifiedCheckpoint;
}

export type Proof = AccountProof | TransactionProof | RecordProof | ShardRootProof;

const BRANCHES = 4;
const ACCOUNT = 0;
const TRANSACTION = 1;
const RECORD = 2;

/** Reads a ProofFile. What it says is checked elsewhere. */
export function decodeProofFile(bytes: Uint8Array): Found<Proof> {
  if (bytes.length > PROOF_FILE_BYTES_MAX)
    return refuse("OVERSIZED", `the file has more than ${PROOF_FILE_BYTES_MAX} bytes`);
  let version = PROOF_FILE_VERSION;
  const read = readWhole(bytes, "the file", (reader) => {
    const found = reader.int();
    if (!reader.isFaulty) version = found;
    return readProof(reader);
  });
  // First of all: another version may have any other form.
  return version === PROOF_FILE_VERSION ? read : refuse("VERSION", `the file is of version ${version}`);
}

function readProof(reader: AvroReader): Proof {
  switch (reader.index(BRANCHES)) {
    case ACCOUNT:
      return readAccountProof(reader);
    case TRANSACTION:
      return readTransactionProof(reader);
    case RECORD:
      return readRecordProof(reader);
    default:
      return readShardRootProof(reader);
  }
}

function readAccountProof(reader: AvroReader): AccountProof {
  return {
    kind: "account",
    account: reader.fixed(ACCOUNT_ID_BYTES),
    stateProof: reader.variable(),
    ...readCertifiedCheckpoint(reader),
  };
}

function readTransactionProof(reader: AvroReader): TransactionProof {
  return {
    kind: "transaction",
    transactionId: reader.fixed(HASH_BYTES),
    header: readBlockHeader(reader),
    signatures: reader.array(readSignature),
    entry: reader.variable(),
    entryPath: reader.array(readStep),
    receipt: reader.variable(),
    receiptPath: reader.array(readStep),
  };
}

function readStep(reader: AvroReader): PathStep {
  return { isLeft: reader.boolean(), sibling: reader.fixed(HASH_BYTES) };
}

function readRecordProof(reader: AvroReader): RecordProof {
  return {
    kind: "record",
    topic: reader.string(),
    key: reader.variable(),
    value: reader.index(2) === 0 ? undefined : reader.variable(),
    header: readBlockHeader(reader),
    signatures: reader.array(readSignature),
    index: reader.int(),
    leaves: reader.array((item) => item.fixed(HASH_BYTES)),
  };
}

function readShardRootProof(reader: AvroReader): ShardRootProof {
  return {
    kind: "shard",
    shard: readCertifiedCheckpoint(reader),
    siblings: reader.array((item) => item.fixed(HASH_BYTES)),
    stateProof: reader.variable(),
    main: readCertifiedCheckpoint(reader),
  };
}

function readCertifiedCheckpoint(reader: AvroReader): CertifiedCheckpoint {
  return { checkpoint: readCheckpoint(reader), signatures: reader.array(readSignature) };
}
