import { readAll } from "./binary/reader.js";
import { writeLong, writeRaw, written } from "./binary/writer.js";
import { type RecordTypes, SCHEMAS } from "./generated.js";
import { HEAD_WRITERS, RECORD_FUNCTIONS, type RecordFunctions } from "./generated-codecs.js";

export { DECIMAL_BYTES_MAX } from "./binary/reader.js";

/** First byte of the Confluent wire format. */
const MAGIC_BYTE = 0;
/** Magic byte and 4-byte big-endian schema id. */
export const WIRE_HEADER_BYTES = 5;

/** Encoder and decoder of one record type. Canonical: what `decode` accepts, `encode` gives back byte for byte. */
export interface Codec<T> {
  readonly name: keyof RecordTypes;
  readonly schema: object;
  /** Avro binary encoding. Throws TypeError when the value doesn't fit the schema. */
  encode(value: T): Buffer;
  /** Decodes canonical Avro; undefined when the bytes are anything else. For what outcomes depend on. */
  decode(bytes: Buffer): T | undefined;
  /** Decodes Avro in any form; undefined when the bytes are something else. For what is checked by other means. */
  decodeAny(bytes: Buffer): T | undefined;
}

function makeCodec<K extends keyof RecordTypes>(name: K): Codec<RecordTypes[K]> {
  const { read, write } = RECORD_FUNCTIONS[name] as RecordFunctions<RecordTypes[K]>;
  return {
    name,
    schema: SCHEMAS[name],
    encode: (value) => written(() => write(value)),
    decode: (bytes) => decodeWith(bytes, true, read),
    decodeAny: (bytes) => decodeWith(bytes, false, read),
  };
}

function decodeWith<T>(bytes: Buffer, isStrict: boolean, read: () => T): T | undefined {
  try {
    return readAll(bytes, isStrict, read);
  } catch {
    return undefined;
  }
}

const cache = new Map<keyof RecordTypes, Codec<never>>();

/** The codec of a record type. */
export function codec<K extends keyof RecordTypes>(name: K): Codec<RecordTypes[K]> {
  let found = cache.get(name) as Codec<RecordTypes[K]> | undefined;
  if (!found) {
    found = makeCodec(name);
    cache.set(name, found as unknown as Codec<never>);
  }
  return found;
}

/** Puts Avro bytes into the Confluent wire format: 0, schema id, bytes. */
export function toWire(schemaId: number, avroBytes: Buffer): Buffer {
  const wire = Buffer.allocUnsafe(WIRE_HEADER_BYTES + avroBytes.length);
  wire[0] = MAGIC_BYTE;
  wire.writeUInt32BE(schemaId, 1);
  avroBytes.copy(wire, WIRE_HEADER_BYTES);
  return wire;
}

/** Splits Confluent wire format; undefined when the bytes are not of that form. */
export function fromWire(wire: Buffer | null): { schemaId: number; avroBytes: Buffer } | undefined {
  if (!wire || wire.length < WIRE_HEADER_BYTES || wire[0] !== MAGIC_BYTE) return undefined;
  return { schemaId: wire.readUInt32BE(1), avroBytes: wire.subarray(WIRE_HEADER_BYTES) };
}

/** Name of the field that `encoderWithLast` takes as bytes. */
interface LastFields {
  Receipt: "result";
  BlockChanges: "changes";
  StateRecord: "value";
}

/**
 * Encoder of a record whose last field is encoded already: encodes the fields before it and puts the bytes behind them.
 * An array as last field is given as its items' bytes, see `arrayBytes`.
 */
export function encoderWithLast<K extends keyof LastFields>(
  name: K,
): (fields: Omit<RecordTypes[K], LastFields[K]>, lastBytes: Buffer) => Buffer {
  const write = HEAD_WRITERS[name] as unknown as (fields: Omit<RecordTypes[K], LastFields[K]>) => void;
  return (fields, lastBytes) =>
    written(() => {
      write(fields);
      writeRaw(lastBytes);
    });
}

const ARRAY_END = Buffer.of(0);

/** Avro bytes of an array from its items' bytes. */
export function arrayBytes(items: readonly Buffer[]): Buffer {
  if (items.length === 0) return ARRAY_END;
  return written(() => {
    writeLong(items.length);
    for (const item of items) writeRaw(item);
    writeRaw(ARRAY_END);
  });
}
