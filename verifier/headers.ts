import type { AvroReader } from "./avro-reader.js";

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Number of the main chain. Its prefix is empty as an only shard's is, but no account lives there. */
export const MAIN_CHAIN = 0;

/** A BlockHeader, and its bytes: what its digest is of. Times are in milliseconds since 1970. */
export interface BlockHeader {
  readonly genesis: Uint8Array;
  readonly shard: number;
  readonly height: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly time: number;
  readonly epoch: number;
  readonly entriesRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly changesRoot: Uint8Array;
  readonly bytes: Uint8Array;
}

export function readBlockHeader(reader: AvroReader): BlockHeader {
  const start = reader.at;
  const genesis = reader.fixed(HASH_BYTES);
  const shard = reader.int();
  const height = reader.long();
  reader.fixed(HASH_BYTES); // parent
  const firstSequence = reader.long();
  const lastSequence = reader.long();
  const time = reader.long();
  const epoch = reader.long();
  const entriesRoot = reader.fixed(HASH_BYTES);
  const receiptsRoot = reader.fixed(HASH_BYTES);
  const changesRoot = reader.fixed(HASH_BYTES);
  reader.fixed(HASH_BYTES); // messagesRoot
  reader.boolean(); // isLast
  return {
    ...{ genesis, shard, height, firstSequence, lastSequence, time, epoch },
    ...{ entriesRoot, receiptsRoot, changesRoot, bytes: reader.since(start) },
  };
}

/** A Checkpoint, and its bytes: what its digest is of. Times are in milliseconds since 1970. */
export interface Checkpoint {
  readonly genesis: Uint8Array;
  readonly shard: number;
  readonly height: number;
  /** Digest of the block. */
  readonly block: Uint8Array;
  readonly time: number;
  readonly epoch: number;
  /** Prefix of the shard, bits as text. */
  readonly prefix: string;
  readonly stateRoot: Uint8Array;
  readonly bytes: Uint8Array;
}

export function readCheckpoint(reader: AvroReader): Checkpoint {
  const start = reader.at;
  const checkpoint = {
    genesis: reader.fixed(HASH_BYTES),
    shard: reader.int(),
    height: reader.long(),
    block: reader.fixed(HASH_BYTES),
    time: reader.long(),
    epoch: reader.long(),
    prefix: reader.string(),
    stateRoot: reader.fixed(HASH_BYTES),
  };
  return { ...checkpoint, bytes: reader.since(start) };
}

/** A ValidatorSignature. */
export interface Signature {
  readonly validator: number;
  readonly signature: Uint8Array;
}

export function readSignature(reader: AvroReader): Signature {
  return { validator: reader.int(), signature: reader.fixed(SIGNATURE_BYTES) };
}
