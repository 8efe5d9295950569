import { NodeBuffer, SLAB, SLAB_PIECE_MAX } from "./slab.js";

/**
 * Reads Avro (specification, "Binary Encoding") for the generated codecs. One record is read at a time, so the position is
 * kept in this module: an object for it would be made for every record, and looked into for every byte.
 */

/** Thrown, always the same one, where the bytes are no such value: what is refused costs no stack trace. */
const MALFORMED = new RangeError("the bytes are no Avro of that type");

/** 38 decimal digits fit in 16 bytes; one more would be an attack on the parser, not an amount. */
export const DECIMAL_BYTES_MAX = 17;

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
/** Largest long that is taken: avsc's bound, which producers' schemas are read with too. */
export const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;
/** Bytes of the longest varint: 64 bits, seven a byte. */
const VARINT_BYTES_MAX = 10;
/** Factor of the bits in a varint's last possible byte; the first byte has the sign and six bits. */
const SCALE_MAX = 64 * 128 ** (VARINT_BYTES_MAX - 2);

/** Copy of the record, or of the longer one what is read from: see `readAll`. */
let bytes: Buffer = SLAB.bytes;
let at = 0;
let end = 0;
/** Whether `bytes` is the slab, so that views of it may be handed out. */
let isCopy = true;
/** Whether only the one canonical encoding of each value is taken. */
let isStrict = true;

/**
 * Reads one value that takes all of `source`. Throws where it isn't one. What is handed out is never a view of the source:
 * 20 bytes of it would keep a whole fetch in memory. A short record is copied at once, of a longer one each field: else 20
 * bytes would keep all of that.
 */
export function readAll<T>(source: Buffer, strict: boolean, read: () => T): T {
  const { length } = source;
  isStrict = strict;
  isCopy = length <= SLAB_PIECE_MAX;
  if (isCopy) {
    at = SLAB.place(length);
    bytes = SLAB.bytes;
    bytes.set(source, at);
  } else {
    at = 0;
    bytes = source;
  }
  end = at + length;
  try {
    const value = read();
    if (at !== end) throw MALFORMED;
    // Only now: what is refused takes no room.
    if (isCopy) SLAB.takeTo(end);
    return value;
  } finally {
    bytes = SLAB.bytes;
  }
}

function nextByte(): number {
  if (at >= end) throw MALFORMED;
  return bytes[at++]!;
}

/** A zigzag varint. Throws where it has more than ten bytes or is beyond `LONG_MAX`. */
export function readLong(): number {
  const first = nextByte();
  if (first < 0x80) return (first >>> 1) ^ -(first & 1);
  // The sign is taken first: in floating point with the rest it would be lost from 2^52 on.
  const isNegative = (first & 1) === 1;
  let value = (first & 0x7f) >> 1;
  let byte: number;
  let scale = 64;
  do {
    if (scale > SCALE_MAX) throw MALFORMED;
    byte = nextByte();
    value += (byte & 0x7f) * scale;
    scale *= 128;
  } while (byte >= 0x80);
  // A last byte of 0 says nothing: the varint could be shorter.
  if (isStrict && byte === 0) throw MALFORMED;
  if (isNegative) value = -value - 1;
  if (value > LONG_MAX || value < -LONG_MAX) throw MALFORMED;
  return value;
}

function skipVarint(): void {
  for (let count = 0; count < VARINT_BYTES_MAX; count++) if (nextByte() < 0x80) return;
  throw MALFORMED;
}

export function readInt(): number {
  const value = readLong();
  if (value < INT_MIN || value > INT_MAX) throw MALFORMED;
  return value;
}

export function readBoolean(): boolean {
  const byte = nextByte();
  if (isStrict && byte > 1) throw MALFORMED;
  return byte !== 0;
}

/** A fixed of that size. */
export function readFixed(size: number): Buffer {
  const start = at;
  if (size > end - start) throw MALFORMED;
  at = start + size;
  if (isCopy) return new NodeBuffer(bytes.buffer, start, size);
  const copy = SLAB.allocate(size);
  copy.set(new NodeBuffer(bytes.buffer, bytes.byteOffset + start, size));
  return copy;
}

/** Bytes of any number. */
export function readBytes(): Buffer {
  const size = readLong();
  if (size < 0) throw MALFORMED;
  return readFixed(size);
}

/** UTF-8; what is none is replaced, or refused where it must be canonical. */
export function readString(): string {
  const size = readLong();
  if (size < 0 || size > end - at) throw MALFORMED;
  if (size === 0) return "";
  const start = at;
  at += size;
  const text = bytes.toString("utf8", start, at);
  if (isStrict && !isUtf8(text, start, size)) throw MALFORMED;
  return text;
}

function isUtf8(text: string, start: number, size: number): boolean {
  // Each ASCII letter is one unit of the text: then nothing can have been replaced.
  let isAscii = text.length === size;
  for (let index = 0; isAscii && index < size; index++) isAscii = bytes[start + index]! < 0x80;
  return isAscii || Buffer.from(text).equals(bytes.subarray(start, start + size));
}

/** Index of an enum's symbol or a union's branch. */
export function readIndex(count: number): number {
  const index = readInt();
  if (index < 0 || index >= count) throw MALFORMED;
  return index;
}

// Two 64-bit halves and the same memory byte by byte, both little-endian: bytes become a bigint without a text between.
const halves = new BigUint64Array(2);
const signedLow = new BigInt64Array(halves.buffer, 0, 1);
const signedHigh = new BigInt64Array(halves.buffer, 8, 1);
const halfBytes = new Uint8Array(halves.buffer);
const HALF_BYTES = 8;
const HALVES_BYTES = 16;

/** A `decimal` with scale 0: big-endian two's complement. */
export function readDecimal(): bigint {
  const size = readLong();
  if (size <= 0 || size > DECIMAL_BYTES_MAX || size > end - at) throw MALFORMED;
  const start = at;
  at += size;
  const first = bytes[start]!;
  const isNegative = first >= 0x80;
  if (isStrict && size > 1 && first === (isNegative ? 0xff : 0) && bytes[start + 1]! >= 0x80 === isNegative)
    throw MALFORMED;
  if (size <= 6) return BigInt(bytes.readIntBE(start, size));
  const isLong = size > HALVES_BYTES;
  const low = isLong ? start + size - HALVES_BYTES : start;
  halfBytes.fill(isNegative ? 0xff : 0);
  for (let from = at - 1, to = 0; from >= low; from--, to++) halfBytes[to] = bytes[from]!;
  if (size <= HALF_BYTES) return signedLow[0]!;
  if (!isLong) return (signedHigh[0]! << 64n) | halves[0]!;
  return (BigInt(first >= 0x80 ? first - 256 : first) << 128n) | (halves[1]! << 64n) | halves[0]!;
}

/**
 * The items of an array. A block's count can't be above the bytes that are left: no item of ours is empty, and a six-byte
 * record may claim 2^30 of them.
 */
export function readArray<T>(readItem: () => T): T[] {
  const list: T[] = [];
  for (;;) {
    let count = readLong();
    if (count === 0) return list;
    if (isStrict && (count < 0 || list.length > 0)) throw MALFORMED;
    if (count < 0) {
      count = -count;
      skipVarint(); // the block's size in bytes: any, as it isn't needed
    }
    if (count > end - at) throw MALFORMED;
    for (let index = 0; index < count; index++) list.push(readItem());
  }
}
