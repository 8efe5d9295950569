/** Checksum of a record batch (CRC-32C, Castagnoli). */
export type Crc32C = (bytes: Buffer) => number;

/** A message as kafkajs hands it to its encoder. */
export interface EncodableMessage {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: object;
  readonly timestamp?: string;
}

/** The arguments of kafkajs' encoder of produce requests. */
export interface ProduceArguments {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  /** A `Long` of kafkajs, or what says so as text. */
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly messages: readonly EncodableMessage[];
      readonly firstSequence?: number;
    }[];
  }[];
}

/** What kafkajs expects of an encoder: the bytes, under two names. */
export interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
}

/** Bytes of a record batch in front of its records: from the base offset to the number of records. */
const BATCH_HEAD_BYTES = 61;
/** Bytes of a record batch that its length field doesn't count: base offset and the length itself. */
const BATCH_UNCOUNTED_BYTES = 12;
/** From where the checksum of a batch counts: the attributes. */
const CHECKED_FROM = 21;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const NO_PRODUCER = "-1";

/**
 * Body of a produce request of versions 3 to 7 (Kafka protocol guide, "Produce" and "Record Batch"), uncompressed and
 * without headers, written once into one buffer of the right size. kafkajs makes several buffers for each record and copies
 * every byte six times, into buffers that grow by doubling: measured, that was a third of what the stages' process did.
 */
export function encodeProduceBody(request: ProduceArguments, nowMs: number, crc32C: Crc32C): Buffer {
  const transactionalId = request.transactionalId == null ? null : Buffer.from(request.transactionalId);
  const topics = request.topicData.map(({ topic, partitions }) => ({
    name: Buffer.from(topic),
    batches: partitions.map(({ partition, messages, firstSequence = 0 }) => {
      const records = messages.map(bytesOf);
      return { partition, records, firstSequence, size: batchSize(records) };
    }),
  }));
  let size = 2 + (transactionalId?.length ?? 0) + 2 + 4 + 4;
  for (const { name, batches } of topics) {
    size += 2 + name.length + 4;
    for (const batch of batches) size += 4 + 4 + batch.size;
  }

  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  at = bytes.writeInt16BE(transactionalId?.length ?? -1, at);
  if (transactionalId) at += transactionalId.copy(bytes, at);
  at = bytes.writeInt16BE(request.acks, at);
  at = bytes.writeInt32BE(request.timeout, at);
  at = bytes.writeInt32BE(topics.length, at);
  const producerId = BigInt(request.producerId?.toString() ?? NO_PRODUCER);
  for (const { name, batches } of topics) {
    at = bytes.writeInt16BE(name.length, at);
    at += name.copy(bytes, at);
    at = bytes.writeInt32BE(batches.length, at);
    for (const { partition, records, firstSequence, size: batchBytes } of batches) {
      at = bytes.writeInt32BE(partition, at);
      at = bytes.writeInt32BE(batchBytes, at);
      const start = at;
      at = bytes.writeBigInt64BE(0n, at);
      at = bytes.writeInt32BE(batchBytes - BATCH_UNCOUNTED_BYTES, at);
      at = bytes.writeInt32BE(0, at);
      at = bytes.writeInt8(MAGIC, at);
      at += 4; // the checksum, when all is written
      at = bytes.writeInt16BE(transactionalId ? TRANSACTIONAL : 0, at);
      at = bytes.writeInt32BE(records.length - 1, at);
      at = bytes.writeBigInt64BE(BigInt(nowMs), at);
      at = bytes.writeBigInt64BE(BigInt(nowMs), at);
      at = bytes.writeBigInt64BE(producerId, at);
      at = bytes.writeInt16BE(request.producerEpoch ?? 0, at);
      at = bytes.writeInt32BE(firstSequence, at);
      at = bytes.writeInt32BE(records.length, at);
      records.forEach((record, index) => {
        at = writeRecord(bytes, at, record, index);
      });
      bytes.writeUInt32BE(crc32C(bytes.subarray(start + CHECKED_FROM, at)), start + CHECKED_FROM - 4);
    }
  }
  return bytes;
}

interface RecordBytes {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

function bytesOf({ key, value }: EncodableMessage): RecordBytes {
  return { key: toBuffer(key), value: toBuffer(value) };
}

function toBuffer(content: Buffer | string | null | undefined): Buffer | null {
  return content == null ? null : Buffer.isBuffer(content) ? content : Buffer.from(content);
}

function batchSize(records: readonly RecordBytes[]): number {
  let size = BATCH_HEAD_BYTES;
  records.forEach((record, index) => {
    const body = recordSize(record, index);
    size += varintSize(body) + body;
  });
  return size;
}

/** Attributes, time and number of headers are one byte each: all are 0. */
function recordSize({ key, value }: RecordBytes, index: number): number {
  return 3 + varintSize(index) + sizeWithLength(key) + sizeWithLength(value);
}

function sizeWithLength(content: Buffer | null): number {
  return content === null ? 1 : varintSize(content.length) + content.length;
}

function writeRecord(bytes: Buffer, start: number, record: RecordBytes, index: number): number {
  let at = writeVarint(bytes, start, recordSize(record, index));
  bytes[at++] = 0;
  bytes[at++] = 0;
  at = writeVarint(bytes, at, index);
  at = writeWithLength(bytes, at, record.key);
  at = writeWithLength(bytes, at, record.value);
  bytes[at++] = 0;
  return at;
}

function writeWithLength(bytes: Buffer, start: number, content: Buffer | null): number {
  if (content === null) {
    bytes[start] = 1; // -1 in zigzag
    return start + 1;
  }
  const at = writeVarint(bytes, start, content.length);
  bytes.set(content, at);
  return at + content.length;
}

/** Size of a number, not negative and below 2^30, as a zigzag varint. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 6; rest > 0; rest >>>= 7) size++;
  return size;
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value << 1;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
