import avro from "avsc";
import "./bounded-reading.js";
import { type RecordTypes, SCHEMAS } from "./generated.js";

/** Avro `decimal` with scale 0 as a bigint: big-endian two's complement in the fewest bytes. */
class DecimalType extends avro.types.LogicalType {
  protected override _fromValue(bytes: Buffer): bigint {
    return bytesToBigInt(bytes);
  }
  protected override _toValue(value: bigint): Buffer {
    return bigIntToBytes(value);
  }
  protected override _resolve(type: avro.Type): ((value: unknown) => bigint) | undefined {
    return avro.Type.isType(type, "logical:decimal", "bytes")
      ? (value) => (typeof value === "bigint" ? value : bytesToBigInt(value as Buffer))
      : undefined;
  }
}

const ZERO_BYTES = Buffer.from([0]);

function bytesToBigInt(bytes: Buffer): bigint {
  if (bytes.length === 0) throw new RangeError("a decimal needs at least one byte");
  if (bytes.length > DECIMAL_BYTES_MAX)
    throw new RangeError(`a decimal has at most ${DECIMAL_BYTES_MAX} bytes`);
  if (bytes.length <= 6) return BigInt(bytes.readIntBE(0, bytes.length));
  const unsigned = BigInt(`0x${bytes.toString("hex")}`);
  return (bytes[0]! & 0x80) === 0 ? unsigned : unsigned - (1n << BigInt(8 * bytes.length));
}

function bigIntToBytes(value: bigint): Buffer {
  if (value === 0n) return ZERO_BYTES;
  if (value < 0n) {
    let length = 1;
    while (value < -(1n << BigInt(8 * length - 1))) length++;
    return Buffer.from(((1n << BigInt(8 * length)) + value).toString(16).padStart(2 * length, "0"), "hex");
  }
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (hex.charCodeAt(0) >= 56) hex = `00${hex}`; // first digit 8..f: keep the sign bit clear
  return Buffer.from(hex, "hex");
}

/** 38 decimal digits fit in 16 bytes; one more would be an attack on the parser, not an amount. */
export const DECIMAL_BYTES_MAX = 17;

/** First byte of the Confluent wire format. */
const MAGIC_BYTE = 0;
/** Magic byte and 4-byte big-endian schema id. */
export const WIRE_HEADER_BYTES = 5;

/** Encoder and decoder of one record type. Canonical: what `decode` accepts, `encode` gives back byte for byte. */
export interface Codec<T> {
  readonly name: keyof RecordTypes;
  readonly schema: object;
  readonly type: avro.Type;
  /** Avro binary encoding. Throws TypeError when the value doesn't fit the schema. */
  encode(value: T): Buffer;
  /** Decodes canonical Avro; undefined when the bytes are anything else. For what outcomes depend on. */
  decode(bytes: Buffer): T | undefined;
  /** Decodes Avro in any form; undefined when the bytes are something else. For what is checked by other means. */
  decodeAny(bytes: Buffer): T | undefined;
}

let scratch = Buffer.allocUnsafe(64 * 1024);

/** Whether a value encodes to exactly these bytes; into one buffer for all, because every log entry is asked. */
function encodesTo(type: avro.Type, value: unknown, bytes: Buffer): boolean {
  if (scratch.length < bytes.length) scratch = Buffer.allocUnsafe(2 * bytes.length);
  // Avro returns a negative number where the buffer is too small, which is an encoding longer than the bytes.
  const end = type.encode(value, scratch, 0) as unknown as number;
  return end === bytes.length && scratch.compare(bytes, 0, end, 0, end) === 0;
}

function makeCodec<K extends keyof RecordTypes>(name: K): Codec<RecordTypes[K]> {
  const schema = SCHEMAS[name];
  const type = avro.Type.forSchema(schema as avro.Schema, { logicalTypes: { decimal: DecimalType } });
  return {
    name,
    schema,
    type,
    encode: (value) => type.toBuffer(value),
    decodeAny(bytes) {
      try {
        return type.fromBuffer(bytes) as RecordTypes[K];
      } catch {
        return undefined;
      }
    },
    decode(bytes) {
      try {
        const value = type.fromBuffer(bytes) as RecordTypes[K];
        return encodesTo(type, value, bytes) ? value : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

const cache = new Map<keyof RecordTypes, Codec<never>>();

/** The codec of a record type, compiled on first use. */
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

/**
 * Encoder of a record whose last field is encoded already: encodes the fields before it and puts the bytes behind them.
 * An array as last field is given as its items' bytes, see `arrayBytes`.
 */
export function encoderWithLast<K extends keyof RecordTypes>(
  name: K,
): (fields: Omit<RecordTypes[K], LastField<K>>, lastBytes: Buffer) => Buffer {
  const { fields, ...rest } = SCHEMAS[name] as { fields: object[] };
  const head = { ...rest, name: `${name}Head`, fields: fields.slice(0, -1) };
  const type = avro.Type.forSchema(head as unknown as avro.Schema, {
    logicalTypes: { decimal: DecimalType },
  });
  return (value, lastBytes) => Buffer.concat([type.toBuffer(value), lastBytes]);
}

/** Name of the field that `encoderWithLast` takes as bytes. */
interface LastFields {
  Receipt: "result";
  BlockChanges: "changes";
  StateRecord: "value";
}
type LastField<K extends keyof RecordTypes> = K extends keyof LastFields ? LastFields[K] : never;

const longType = avro.Type.forSchema("long");
const ARRAY_END = Buffer.of(0);

/** Avro bytes of an array from its items' bytes. */
export function arrayBytes(items: readonly Buffer[]): Buffer {
  return items.length === 0
    ? ARRAY_END
    : Buffer.concat([longType.toBuffer(items.length), ...items, ARRAY_END]);
}
