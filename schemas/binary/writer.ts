import { DECIMAL_BYTES_MAX, LONG_MAX } from "./reader.js";
import { NodeBuffer, SLAB_BYTES } from "./slab.js";

/**
 * Writes canonical Avro (specification, "Binary Encoding") for the generated codecs. Records are written one behind the other
 * into a slab, and what comes out is a view of it: nothing is copied.
 */

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let start = 0;
let at = 0;

/** The bytes that `write` writes. Throws TypeError where a value doesn't fit its schema. */
export function written(write: () => void): Buffer {
  start = at;
  try {
    write();
  } catch (error) {
    at = start;
    throw error;
  }
  const bytes = new NodeBuffer(slab.buffer, start, at - start);
  if (slab.length > SLAB_BYTES) {
    // The memory of a long record is its own: short ones behind it would each keep all of it.
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    at = 0;
  }
  return bytes;
}

/** Makes room for so many bytes more. */
function ensure(size: number): void {
  if (at + size <= slab.length) return;
  const sofar = at - start;
  const larger = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (sofar + size)));
  larger.set(slab.subarray(start, at));
  slab = larger;
  start = 0;
  at = sofar;
}

/** A union's value names one branch and nothing else. */
export function checkBranch(value: object | null): void {
  if (value !== null && Object.keys(value).length !== 1) misfit(value, "object with one branch");
}

export function misfit(value: unknown, what: string): never {
  throw new TypeError(`${String(value).slice(0, 100)} is no ${what}`);
}

/** Bytes of the longest varint of a long that is taken. */
const LONG_BYTES_MAX = 8;
const SMALL_MAX = 2 ** 30;

export function writeLong(value: number): void {
  if (!Number.isInteger(value) || value > LONG_MAX || value < -LONG_MAX) misfit(value, "long");
  ensure(LONG_BYTES_MAX);
  let small: number;
  if (value < SMALL_MAX && value >= -SMALL_MAX) small = ((value << 1) ^ (value >> 31)) >>> 0;
  else {
    // The sign and six bits first: twice the value may be no safe integer.
    const rest = value < 0 ? -value - 1 : value;
    slab[at++] = 0x80 | ((rest % 64) * 2) | (value < 0 ? 1 : 0);
    let high = Math.floor(rest / 64);
    while (high >= SMALL_MAX) {
      slab[at++] = 0x80 | (high % 128);
      high = Math.floor(high / 128);
    }
    small = high;
  }
  while (small >= 0x80) {
    slab[at++] = (small & 0x7f) | 0x80;
    small >>>= 7;
  }
  slab[at++] = small;
}

export function writeInt(value: number): void {
  if (value !== (value | 0)) misfit(value, "int");
  writeLong(value);
}

export function writeBoolean(value: boolean): void {
  if (typeof value !== "boolean") misfit(value, "boolean");
  ensure(1);
  slab[at++] = value ? 1 : 0;
}

/** Bytes that are Avro already. */
export function writeRaw(value: Uint8Array): void {
  ensure(value.length);
  slab.set(value, at);
  at += value.length;
}

export function writeFixed(value: Uint8Array, size: number): void {
  if (!(value instanceof Uint8Array) || value.length !== size) misfit(value, `fixed of ${size} bytes`);
  writeRaw(value);
}

export function writeBytes(value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) misfit(value, "bytes");
  writeLong(value.length);
  writeRaw(value);
}

/** Strings of this length and less have their length in one byte, where they are ASCII. */
const SHORT_STRING_MAX = 63;

export function writeString(value: string): void {
  if (typeof value !== "string") misfit(value, "string");
  if (value.length <= SHORT_STRING_MAX && writeAscii(value)) return;
  const size = Buffer.byteLength(value);
  writeLong(size);
  ensure(size);
  slab.write(value, at);
  at += size;
}

/** Whether it could be written letter by letter, which is faster for short ones. */
function writeAscii(value: string): boolean {
  const { length } = value;
  ensure(1 + length);
  let to = at;
  slab[to++] = length * 2;
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if (code >= 0x80) return false;
    slab[to++] = code;
  }
  at = to;
  return true;
}

// The same memory as two 64-bit halves and byte by byte, both little-endian.
const halves = new BigUint64Array(2);
const signedLow = new BigInt64Array(halves.buffer, 0, 1);
const halfBytes = new Uint8Array(halves.buffer);
const HALF_BYTES = 8;
const HALVES_BYTES = 16;
const HALVES_MIN = -(1n << 127n);
const HALVES_MAX = (1n << 127n) - 1n;

/** A `decimal` with scale 0: big-endian two's complement in the fewest bytes. */
export function writeDecimal(value: bigint): void {
  if (typeof value !== "bigint") misfit(value, "decimal");
  let size = HALF_BYTES;
  halves[0] = value;
  if (signedLow[0] !== value) {
    if (value < HALVES_MIN || value > HALVES_MAX) {
      writeLargeDecimal(value);
      return;
    }
    halves[1] = value >> 64n;
    size = HALVES_BYTES;
  }
  const sign = halfBytes[size - 1]! >= 0x80 ? 0xff : 0;
  while (size > 1 && halfBytes[size - 1] === sign && halfBytes[size - 2]! >= 0x80 === (sign !== 0)) size--;
  ensure(1 + HALVES_BYTES);
  slab[at++] = size * 2;
  for (let index = size - 1; index >= 0; index--) slab[at++] = halfBytes[index]!;
}

/** One of 17 bytes: no amount, but decoding takes it too. */
function writeLargeDecimal(value: bigint): void {
  const bits = BigInt(8 * DECIMAL_BYTES_MAX);
  if (BigInt.asIntN(Number(bits), value) !== value) misfit(value, "decimal");
  ensure(1 + DECIMAL_BYTES_MAX);
  slab[at++] = DECIMAL_BYTES_MAX * 2;
  for (let shift = bits - 8n; shift >= 0n; shift -= 8n) slab[at++] = Number((value >> shift) & 0xffn);
}

/** An array as one block and its end. */
export function writeArray<T>(items: readonly T[], writeItem: (item: T) => void): void {
  if (!Array.isArray(items)) misfit(items, "array");
  if (items.length > 0) {
    writeLong(items.length);
    for (const item of items as readonly T[]) writeItem(item);
  }
  ensure(1);
  slab[at++] = 0;
}
