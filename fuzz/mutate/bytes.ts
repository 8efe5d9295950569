import { type Chance, pick } from "../chance.js";

/** Longest input that mutation makes, in bytes: above every bound on a transaction, so that the bounds are met. */
export const INPUT_BYTES_MAX = 384 * 1024;
/** Changes of one input; most bugs need one, some need two that fit together. */
const CHANGES_MAX = 4;
/** Bytes of an ordinary insertion. */
const INSERTED_BYTES_MAX = 16;
/** Repetitions of a piece: nesting, and counts that are believed. */
const REPETITIONS = [2, 3, 9, 40, 300, 5_000, 70_000] as const;

/** Avro longs as varints: 0, ±1, ends of int, long and of what a double holds, counts, and none that ends. */
const VARINTS: readonly Buffer[] = [
  ..."00 01 02 03 7f 8001 8200 8000 feff03 8080800100 8080808010 ffffffff0f feffffff0f".split(" "),
  ..."feffffffffffff1f ffffffffffffff1f feffffffffffff0f ffffffffffffff0f 808080808080801000".split(" "),
  ..."fffffffffffffffff01 feffffffffffffffff01 ffffffffffffffffff01 ffffffffffffffffffffffff".split(" "),
].map((hex) => Buffer.from(hex, "hex"));

/** Headers of RLP items: ends of the short and long forms, with lengths that nothing follows. */
const RLP_HEADERS: readonly Buffer[] = (
  "7f 80 8100 8180 b7 b800 b838 b90038 b9ffff bbffffffff bfffffffffffffffff " +
  "c0 c1 c180 f7 f800 f838 f90038 f9ffff fbffffffff ffffffffffffffffff 01c0 02c0 03c0 04c0"
)
  .split(" ")
  .map((hex) => Buffer.from(hex, "hex"));

/** Text that programs trip over, in UTF-8 and broken UTF-8. */
const TEXTS: readonly Buffer[] = [
  ...[
    "\0",
    "\u202e",
    "\ufeff",
    "é",
    "e\u0301",
    "𝟙",
    "٣",
    "ı",
    "K",
    "%00",
    "%2f",
    "..",
    "//",
    "__proto__",
    "NaN",
  ],
  ...[
    "-0",
    "1e400",
    "0x10",
    "1_0",
    "9007199254740993",
    "-9223372036854775808",
    "null",
    "{}",
    "[]",
    '"',
    "\\u0000",
  ],
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.of(0xff),
    Buffer.of(0xc0, 0x80),
    Buffer.of(0xed, 0xa0, 0x80),
    Buffer.of(0xf4, 0x90, 0x80, 0x80),
  ]);

/** A changed copy of an input; `others` are spliced in. */
export function mutateBytes(chance: Chance, input: Buffer, others: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let left = 1 + chance(CHANGES_MAX); left > 0; left--) bytes = change(chance, bytes, others);
  return bytes.length > INPUT_BYTES_MAX ? bytes.subarray(0, INPUT_BYTES_MAX) : bytes;
}

function change(chance: Chance, bytes: Buffer, others: readonly Buffer[]): Buffer {
  const at = chance(bytes.length + 1);
  switch (chance(12)) {
    case 0:
      return put(bytes, at, Buffer.of((bytes[at] ?? 0) ^ (1 << chance(8))));
    case 1:
      return put(bytes, at, Buffer.of(pick(chance, [0, 1, 0x7f, 0x80, 0xff, chance(256)])));
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return insert(bytes, at, noise(chance, chance(INSERTED_BYTES_MAX)));
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + chance(bytes.length - at + 1))]);
    case 5: {
      const other = pick(chance, others);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(chance(other.length + 1))]);
    }
    case 6:
      return put(bytes, at, pick(chance, VARINTS));
    case 7:
      return insert(bytes, at, pick(chance, VARINTS));
    case 8:
      return chance(2) === 0
        ? put(bytes, at, pick(chance, RLP_HEADERS))
        : insert(bytes, at, pick(chance, RLP_HEADERS));
    case 9:
      return insert(bytes, at, pick(chance, TEXTS));
    case 10:
      return lengthField(chance, bytes, at);
    default:
      return repeat(chance, bytes, at);
  }
}

/** A big-endian number of 1 to 8 bytes with an end of its range. */
function lengthField(chance: Chance, bytes: Buffer, at: number): Buffer {
  const field = Buffer.alloc(pick(chance, [1, 2, 4, 8]), pick(chance, [0, 0xff]));
  if (chance(2) === 0) field[0] = 0x7f;
  return put(bytes, at, field);
}

function repeat(chance: Chance, bytes: Buffer, at: number): Buffer {
  const piece = bytes.subarray(at, at + 1 + chance(INSERTED_BYTES_MAX));
  const count = pick(chance, REPETITIONS.slice(0, chance(20) === 0 ? REPETITIONS.length : 5));
  const wanted = Math.min(count * piece.length, INPUT_BYTES_MAX);
  return piece.length === 0 ? bytes : insert(bytes, at, Buffer.alloc(wanted, piece));
}

/** Bytes that the chance decides. */
export function noise(chance: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance(256)));
}

function put(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + piece.length)]);
}

function insert(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}
