/**
 * Avro binary by the specification, strict: what it reads has one encoding only, so that reading is the check for
 * canonical bytes. Compiled from the schemas' JSON; shares nothing with schemas/codec.ts.
 *
 * A union of null and one type is that type or null. Any other union of records is `{ is: name, value }`, or null.
 */

/** Bytes that are no canonical Avro of the type. One object: nobody looks at where it was thrown. */
export const NOT_CANONICAL = new RangeError("not canonical Avro");

/** A long as the ledger's Avro library takes it ends here, both ways. */
const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;
/** Bytes of the longest long in that range. */
const LONG_BYTES_MAX = 8;
/** Longest decimal, in bytes. */
const DECIMAL_BYTES_MAX = 17;

export class Reader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw NOT_CANONICAL;
    return byte;
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (length < 0 || end > this.bytes.length) throw NOT_CANONICAL;
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  long(): number {
    let byte = this.byte();
    const isNegative = (byte & 1) === 1;
    // The sign is kept apart: with it, the largest numbers would not fit a double.
    let size = (byte & 0x7f) >> 1;
    let unit = 64;
    for (let count = 1; byte >= 0x80; count++) {
      byte = this.byte();
      if (byte === 0 || count === LONG_BYTES_MAX) throw NOT_CANONICAL;
      size += (byte & 0x7f) * unit;
      unit *= 128;
    }
    const value = isNegative ? -size - 1 : size;
    if (value > LONG_MAX || value < -LONG_MAX) throw NOT_CANONICAL;
    return value;
  }
}

export class Writer {
  private bytes = Buffer.allocUnsafe(16 * 1024);
  private at = 0;

  private reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.at + length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  raw(value: Buffer): void {
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  latin1(text: string): void {
    this.reserve(text.length);
    this.at += this.bytes.write(text, this.at, "latin1");
  }

  long(value: number): void {
    const size = value < 0 ? -value - 1 : value;
    let low = (size % 64) * 2 + (value < 0 ? 1 : 0);
    let rest = Math.floor(size / 64);
    while (rest > 0) {
      this.byte(low | 0x80);
      low = rest % 128;
      rest = Math.floor(rest / 128);
    }
    this.byte(low);
  }

  /** What was written, copied; the writer is empty again. */
  finish(): Buffer {
    const written = Buffer.from(this.bytes.subarray(0, this.at));
    this.at = 0;
    return written;
  }
}

/** A compiled type. Values are of the shape that records.ts says. */
export interface AvroType {
  read(reader: Reader): unknown;
  write(writer: Writer, value: unknown): void;
}

const long: AvroType = {
  read: (reader) => reader.long(),
  write: (writer, value) => writer.long(value as number),
};

const int: AvroType = {
  read(reader) {
    const value = reader.long();
    if (value !== (value | 0)) throw NOT_CANONICAL;
    return value;
  },
  write: long.write,
};

const boolean: AvroType = {
  read(reader) {
    const byte = reader.byte();
    if (byte > 1) throw NOT_CANONICAL;
    return byte === 1;
  },
  write: (writer, value) => writer.byte(value === true ? 1 : 0),
};

/** Written from a Buffer, or from a state key as latin1. */
const bytes: AvroType = {
  read: (reader) => reader.take(reader.long()),
  write(writer, value) {
    const content = value as Buffer | string;
    writer.long(content.length);
    if (typeof content === "string") writer.latin1(content);
    else writer.raw(content);
  },
};

const string: AvroType = {
  read(reader) {
    const taken = reader.take(reader.long());
    const text = taken.toString("utf8");
    if (text.length !== taken.length && !Buffer.from(text).equals(taken)) throw NOT_CANONICAL;
    return text;
  },
  write: (writer, value) => bytes.write(writer, Buffer.from(value as string)),
};

const scratch = Buffer.alloc(DECIMAL_BYTES_MAX);

/** Two's complement, big-endian, in the fewest bytes. */
const decimal: AvroType = {
  read(reader) {
    const taken = reader.take(reader.long());
    const { length } = taken;
    const [first, second] = taken;
    if (first === undefined || length > DECIMAL_BYTES_MAX) throw NOT_CANONICAL;
    if (second !== undefined && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80)) {
      throw NOT_CANONICAL;
    }
    if (length <= 6) return BigInt(taken.readIntBE(0, length));
    if (length > 12) return BigInt.asIntN(8 * length, BigInt(`0x${taken.toString("hex")}`));
    return (BigInt(taken.readIntBE(0, length - 6)) << 48n) + BigInt(taken.readUIntBE(length - 6, 6));
  },
  write(writer, value) {
    const number = value as bigint;
    scratch.writeBigUInt64BE(BigInt.asUintN(64, number), 9);
    scratch.writeBigUInt64BE(BigInt.asUintN(64, number >> 64n), 1);
    scratch[0] = Number(BigInt.asUintN(8, number >> 128n));
    const sign = number < 0n ? 0xff : 0;
    let from = 0;
    while (from < DECIMAL_BYTES_MAX - 1 && scratch[from] === sign && scratch[from + 1]! >> 7 === (sign & 1))
      from++;
    writer.long(DECIMAL_BYTES_MAX - from);
    writer.raw(scratch.subarray(from));
  },
};

export const PRIMITIVES: Readonly<Record<string, AvroType>> = { long, int, boolean, bytes, string, decimal };

export function fixedType(size: number): AvroType {
  return {
    read: (reader) => reader.take(size),
    write: (writer, value) => writer.raw(value as Buffer),
  };
}

export function enumType(symbols: readonly string[]): AvroType {
  return {
    read(reader) {
      const symbol = symbols[reader.long()];
      if (symbol === undefined) throw NOT_CANONICAL;
      return symbol;
    },
    write: (writer, value) => writer.long(symbols.indexOf(value as string)),
  };
}

export function arrayType(items: AvroType): AvroType {
  return {
    read(reader) {
      const list: unknown[] = [];
      const count = reader.long();
      if (count === 0) return list;
      // No item of ours is empty; and one block is the only canonical form.
      if (count < 0 || count > reader.bytes.length - reader.at) throw NOT_CANONICAL;
      for (let index = 0; index < count; index++) list.push(items.read(reader));
      if (reader.byte() !== 0) throw NOT_CANONICAL;
      return list;
    },
    write(writer, value) {
      const list = value as readonly unknown[];
      if (list.length > 0) writer.long(list.length);
      for (const item of list) items.write(writer, item);
      writer.byte(0);
    },
  };
}

/** A record; a Buffer in its place is taken for its bytes. */
export function recordType(fields: readonly { readonly name: string; readonly type: AvroType }[]): AvroType {
  return {
    read(reader) {
      const record: Record<string, unknown> = {};
      for (const { name, type } of fields) record[name] = type.read(reader);
      return record;
    },
    write(writer, value) {
      if (Buffer.isBuffer(value)) {
        writer.raw(value);
        return;
      }
      const record = value as Record<string, unknown>;
      for (const { name, type } of fields) type.write(writer, record[name]);
    },
  };
}

export function unionType(branches: readonly { readonly name: string; readonly type: AvroType }[]): AvroType {
  const isOptional = branches.length === 2 && branches[0]!.name === "null";
  return {
    read(reader) {
      const branch = branches[reader.long()];
      if (!branch) throw NOT_CANONICAL;
      if (branch.name === "null") return null;
      const value = branch.type.read(reader);
      return isOptional ? value : { is: branch.name, value };
    },
    write(writer, value) {
      const tagged = isOptional
        ? { is: branches[1]!.name, value }
        : (value as { is: string; value: unknown });
      const name = value === null ? "null" : tagged.is;
      const index = branches.findIndex((branch) => branch.name === name);
      writer.long(index);
      if (value !== null) branches[index]!.type.write(writer, tagged.value);
    },
  };
}
