import { decodeUtf8 } from "./utf8.js";
import { type Found, refuse } from "./verdict.js";

/** Largest long that is taken: the ledger's own bound. */
const LONG_MAX = BigInt(Number.MAX_SAFE_INTEGER - 1);
const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
/** Bytes of the longest varint: 64 bits, seven a byte. */
const VARINT_BYTES_MAX = 10;
/** Bytes of the longest decimal. */
const DECIMAL_BYTES_MAX = 17;

type Fault = "TRUNCATED" | "NON_CANONICAL";

/**
 * Reads Avro (specification, "Binary Encoding"), of each value only the one encoding that the ledger writes: shortest
 * varints and decimals, arrays as one block, proper UTF-8. Nothing throws: after the first fault there are only zeros and
 * empty values to read, and `readWhole` says what it was. What is handed out are views of the bytes.
 */
export class AvroReader {
  /** Offset of what is read next. */
  at = 0;
  private fault: Fault | undefined;

  constructor(private readonly bytes: Uint8Array) {}

  get isFaulty(): boolean {
    return this.fault !== undefined;
  }

  /** The fault, or bytes that nobody read; undefined where all was right. */
  end(): Fault | "OVERSIZED" | undefined {
    return this.fault ?? (this.at < this.bytes.length ? "OVERSIZED" : undefined);
  }

  /** For what is read and can't be. */
  fail(fault: Fault): void {
    this.fault ??= fault;
  }

  /** A zigzag varint. */
  long(): number {
    let bits = 0n;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = this.byte();
      bits |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte >= 0x80) continue;
      // A last byte of 0 says nothing: the varint could be shorter.
      if (byte === 0 && count > 0) break;
      const value = bits & 1n ? -(bits >> 1n) - 1n : bits >> 1n;
      if (value > LONG_MAX || value < -LONG_MAX) break;
      return Number(value);
    }
    this.fail("NON_CANONICAL");
    return 0;
  }

  int(): number {
    const value = this.long();
    if (value >= INT_MIN && value <= INT_MAX) return value;
    this.fail("NON_CANONICAL");
    return 0;
  }

  boolean(): boolean {
    const byte = this.byte();
    if (byte > 1) this.fail("NON_CANONICAL");
    return byte === 1;
  }

  /** So many bytes; zeros after a fault, so that lengths are always right. */
  fixed(size: number): Uint8Array {
    if (size > this.bytes.length - this.at) this.fail("TRUNCATED");
    if (this.fault) return new Uint8Array(size);
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** Bytes of any number. */
  variable(): Uint8Array {
    const size = this.long();
    if (size < 0) this.fail("NON_CANONICAL");
    // Asked before any memory is taken: six bytes may claim 2^30.
    if (size > this.bytes.length - this.at) this.fail("TRUNCATED");
    return this.fault ? new Uint8Array(0) : this.fixed(size);
  }

  string(): string {
    const text = decodeUtf8(this.variable());
    if (text === undefined) this.fail("NON_CANONICAL");
    return text ?? "";
  }

  /** Index of an enum's symbol or a union's branch. */
  index(count: number): number {
    const index = this.int();
    if (index >= 0 && index < count) return index;
    this.fail("NON_CANONICAL");
    return 0;
  }

  /** A `decimal` with scale 0: big-endian two's complement in the fewest bytes. */
  decimal(): bigint {
    const bytes = this.variable();
    const [first = 0, second = 0] = bytes;
    const isNegative = first >= 0x80;
    const isLonger = bytes.length > 1 && first === (isNegative ? 0xff : 0) && second >= 0x80 === isNegative;
    if (bytes.length === 0 || bytes.length > DECIMAL_BYTES_MAX || isLonger) {
      this.fail("NON_CANONICAL");
      return 0n;
    }
    const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return isNegative ? value - (1n << BigInt(8 * bytes.length)) : value;
  }

  /** An array: one block and the end, or the end alone. None of our items takes no bytes, so a count has a bound. */
  array<T>(readItem: (reader: AvroReader) => T): T[] {
    const count = this.long();
    if (count < 0) this.fail("NON_CANONICAL");
    if (count > this.bytes.length - this.at) this.fail("TRUNCATED");
    const items: T[] = [];
    for (let index = 0; index < count && !this.fault; index++) items.push(readItem(this));
    if (count > 0 && this.long() !== 0) this.fail("NON_CANONICAL");
    return items;
  }

  /** All that is left, whatever it is. */
  rest(): void {
    this.fixed(this.bytes.length - this.at);
  }

  /** The bytes from an offset up to here. */
  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.at);
  }

  private byte(): number {
    return this.fixed(1)[0]!;
  }
}

/** One value that takes all of the bytes; `what` names it in the message. */
export function readWhole<T>(bytes: Uint8Array, what: string, read: (reader: AvroReader) => T): Found<T> {
  const reader = new AvroReader(bytes);
  const value = read(reader);
  const fault = reader.end();
  return fault === undefined ? { ok: true, value } : refuse(fault, `${what}: ${MESSAGES[fault]}`);
}

const MESSAGES = {
  TRUNCATED: "the bytes end too soon",
  NON_CANONICAL: "the bytes are not the one way to write it",
  OVERSIZED: "there are bytes behind its end",
} as const;

/** Avro's `bytes` of these: their number as a zigzag varint, then themselves. */
export function lengthPrefix(bytes: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  let rest = 2 * bytes.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) prefix.push((rest % 0x80) | 0x80);
  prefix.push(rest);
  return Uint8Array.from(prefix);
}
