import avro from "avsc";

/**
 * What avsc 5.7 believes of the bytes that it reads, and must not: set on its prototypes, because it freezes its types and
 * producers bring schemas of their own. Loaded by `codec.ts` before any type is made.
 */

/** What avsc reads from and writes to: bytes and a position, which past the end means that they were too few. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  readInt(): number;
  writeLong(value: number): void;
  writeInt(value: number): void;
  readString(): string;
}
type Reader = avro.Type & { _read(tap: Tap): unknown };
interface Patched<T> {
  _read: (this: T, tap: Tap) => unknown;
}

/** Bytes of the longest varint: 64 bits, seven a byte. */
const VARINT_BYTES_MAX = 10;
/** Factor of the bits in a varint's last possible byte; the first byte has the sign and six bits. */
const SCALE_MAX = 64 * 128 ** (VARINT_BYTES_MAX - 2);

/** avsc doesn't export its Tap, but hands one to every type. */
function prototypeOfTap(): Tap {
  let found: Tap | undefined;
  class Capture extends avro.types.LogicalType {}
  const prototype = Capture.prototype as unknown as Patched<Capture>;
  prototype._read = (tap) => {
    found = Object.getPrototypeOf(tap) as Tap;
    return tap.readLong();
  };
  avro.Type.forSchema(
    { type: "int", logicalType: "capture" },
    { logicalTypes: { capture: Capture } },
  ).fromBuffer(Buffer.of(0));
  return found!;
}

// A varint has no more than ten bytes. avsc multiplies on to infinity and then gets NaN, by which it enlarges its pool of
// buffers: from that record on, every `bytes` and `fixed` of the whole process would be read as empty.
// Also avsc works out the sign in floating point with the rest, and loses it below -2^52; here the sign is taken first.
const tapPrototype = prototypeOfTap();
tapPrototype.readLong = tapPrototype.readInt = function () {
  const { buf } = this;
  let byte = buf[this.pos++]!;
  const isNegative = (byte & 1) === 1;
  let value = (byte & 0x7f) >> 1;
  for (let scale = 64; (byte & 0x80) !== 0; scale *= 128) {
    if (scale > SCALE_MAX) throw new RangeError(`a varint of more than ${VARINT_BYTES_MAX} bytes`);
    byte = buf[this.pos++]!;
    value += (byte & 0x7f) * scale;
  }
  return isNegative ? -value - 1 : value;
};
tapPrototype.writeLong = tapPrototype.writeInt = function (value) {
  const { buf } = this;
  let rest = value < 0 ? -value - 1 : value;
  let byte = (rest % 64) * 2 + (value < 0 ? 1 : 0);
  rest = Math.floor(rest / 64);
  while (rest > 0) {
    buf[this.pos++] = byte | 0x80;
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  buf[this.pos++] = byte;
};

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

// avsc reads any varint as an int, and then refuses to encode what it read.
(avro.types.IntType.prototype as unknown as Patched<avro.types.IntType>)._read = (tap) => {
  const value = tap.readInt();
  if (value < INT_MIN || value > INT_MAX) throw new RangeError("an int of more than 32 bits");
  return value;
};

// Arrays and maps refuse a count above the bytes that are left: no item of ours is empty, and avsc would make as many as a
// six-byte record claims.
(avro.types.ArrayType.prototype as unknown as Patched<avro.types.ArrayType>)._read = function (tap) {
  const list: unknown[] = [];
  const items = this.itemsType as Reader;
  readBlocks(tap, () => list.push(items._read(tap)));
  return list;
};
(avro.types.MapType.prototype as unknown as Patched<avro.types.MapType>)._read = function (tap) {
  const map: Record<string, unknown> = {};
  const values = this.valuesType as Reader;
  readBlocks(tap, () => {
    const key = tap.readString();
    map[key] = values._read(tap);
  });
  return map;
};

/** Reads the blocks of an array or map (Avro specification, "Arrays"). */
function readBlocks(tap: Tap, readItem: () => void): void {
  for (;;) {
    let count = tap.readLong();
    if (count < 0) {
      count = -count;
      tap.readLong(); // the block's size in bytes
    }
    if (count === 0) return;
    if (count > tap.buf.length - tap.pos) {
      tap.pos = tap.buf.length + 1;
      return;
    }
    for (let index = 0; index < count && tap.pos <= tap.buf.length; index++) readItem();
  }
}
