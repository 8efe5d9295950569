/** A record batch as kafkajs hands it on; each record refers to its batch. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly partitionLeaderEpoch: number;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly maxTimestamp: string;
  /** 1: the broker's append time. */
  readonly timestampType: number;
}

/** A record as kafkajs hands it on. Key and value are views of the reply. */
export interface DecodedRecord {
  readonly magicByte: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: object;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext & { readonly magicByte: number };
}

export interface DecodedBatch extends BatchContext {
  readonly records: DecodedRecord[];
}

/** Places in a batch (Kafka protocol guide, "Record Batch"), in bytes from its start. */
const LENGTH_AT = 8;
/** From here on its length counts. */
export const COUNTED_FROM = 12;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const FIRST_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;
const RECORDS_AT = 61;

const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Bits of a varint that 32-bit arithmetic takes. */
const SMALL_SHIFT_MAX = 21;

/** Length of the batch that begins there, from `COUNTED_FROM` on. */
export function batchLength(bytes: Buffer, start: number): number {
  return bytes.readInt32BE(start + LENGTH_AT);
}

/**
 * Decodes an uncompressed batch whose records have no headers, in one pass; undefined where it is another one. kafkajs makes
 * two decoders, two BigInts and some strings for each record.
 */
export function decodeRecordBatch(bytes: Buffer, start: number): DecodedBatch | undefined {
  const attributes = bytes.readInt16BE(start + ATTRIBUTES_AT);
  if ((attributes & COMPRESSION) !== 0) return undefined;
  const firstOffset = Number(bytes.readBigInt64BE(start));
  const firstTimestamp = Number(bytes.readBigInt64BE(start + FIRST_TIMESTAMP_AT));
  const maxTimestamp = String(bytes.readBigInt64BE(start + MAX_TIMESTAMP_AT));
  const isAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const magicByte = bytes.readInt8(start + MAGIC_AT);
  const context: BatchContext = {
    firstOffset: String(firstOffset),
    firstTimestamp: String(firstTimestamp),
    partitionLeaderEpoch: bytes.readInt32BE(start + LEADER_EPOCH_AT),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
    isControlBatch: (attributes & CONTROL) !== 0,
    lastOffsetDelta: bytes.readInt32BE(start + LAST_OFFSET_DELTA_AT),
    producerId: String(bytes.readBigInt64BE(start + PRODUCER_ID_AT)),
    producerEpoch: bytes.readInt16BE(start + PRODUCER_EPOCH_AT),
    firstSequence: bytes.readInt32BE(start + FIRST_SEQUENCE_AT),
    maxTimestamp,
    timestampType: isAppendTime ? 1 : 0,
  };
  const batchContext = { ...context, magicByte };
  const count = bytes.readInt32BE(start + RECORD_COUNT_AT);
  const end = start + COUNTED_FROM + batchLength(bytes, start);
  const records: DecodedRecord[] = [];
  const cursor: Cursor = { bytes, at: start + RECORDS_AT };
  for (let index = 0; index < count; index++) {
    const recordEnd = readVarint(cursor) + cursor.at;
    if (recordEnd > end) return undefined;
    const recordAttributes = bytes.readInt8(cursor.at++);
    const timestampDelta = readVarint(cursor);
    const offsetDelta = readVarint(cursor);
    const key = readBytes(cursor);
    const value = readBytes(cursor);
    if (readVarint(cursor) !== 0) return undefined;
    cursor.at = recordEnd;
    records.push({
      magicByte,
      attributes: recordAttributes,
      timestamp: isAppendTime ? maxTimestamp : String(firstTimestamp + timestampDelta),
      offset: String(firstOffset + offsetDelta),
      key,
      value,
      headers: {},
      isControlRecord: context.isControlBatch,
      batchContext,
    });
  }
  return { ...context, records };
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** A zigzag varint of at most 64 bits; beyond 2^53 it isn't exact. */
function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  let value = 0;
  let byte: number;
  let shift = 0;
  do {
    byte = bytes[cursor.at++]!;
    value = shift <= SMALL_SHIFT_MAX ? value | ((byte & 0x7f) << shift) : value + (byte & 0x7f) * 2 ** shift;
    shift += 7;
  } while (byte & 0x80);
  const half = Math.floor(value / 2);
  return value % 2 === 0 ? half : -half - 1;
}

function readBytes(cursor: Cursor): Buffer | null {
  const length = readVarint(cursor);
  if (length < 0) return null;
  const start = cursor.at;
  cursor.at += length;
  return cursor.bytes.subarray(start, cursor.at);
}
