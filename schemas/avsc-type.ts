import avro from "avsc";
import "./bounded-reading.js";
import { DECIMAL_BYTES_MAX } from "./binary/reader.js";
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

/**
 * A record type of ours as avsc has it: what a producer's schema is resolved to, and what the generated codecs are held to in
 * tests.
 */
export function avscType(name: keyof RecordTypes): avro.Type {
  return avro.Type.forSchema(SCHEMAS[name] as avro.Schema, { logicalTypes: { decimal: DecimalType } });
}
