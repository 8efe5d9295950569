/**
 * Recursive Length Prefix (Ethereum yellow paper, appendix B), strict: of the encodings of an item only the shortest
 * is accepted, so that bytes and items correspond one to one. Reading copies nothing and never throws.
 */

/** TRUNCATED: an item reaches past the end. NON_CANONICAL: it decodes, but a shorter encoding exists. */
export type RlpFault = "TRUNCATED" | "NON_CANONICAL";

/** Payloads up to this length have a one-byte header. */
const SHORT_BYTES_MAX = 55;
const STRING_HEADER = 0x80;
const LIST_HEADER = 0xc0;
/** A length has at most this many bytes: 2^40, more than any record. Keeps it exact in a number. */
const LENGTH_BYTES_MAX = 5;

/** Walks over the items of a range of bytes, one level deep. `itemStart`, `start` and `end` are offsets in `bytes`. */
export class RlpReader {
  /** The current item: is it a list, where its header begins, and where its payload begins and ends. */
  isList = false;
  itemStart = 0;
  start = 0;
  end: number;
  /** Why `next` returned false before the end. */
  fault: RlpFault | undefined = undefined;

  /** Reads `bytes` from `from` to before `until`, which must lie within. */
  constructor(
    readonly bytes: Buffer,
    from: number,
    readonly until: number,
  ) {
    this.end = from;
  }

  /** Goes to the next item; false at the end, and at a fault, which then is set. */
  next(): boolean {
    const position = this.end;
    if (position >= this.until || this.fault !== undefined) return false;
    const first = this.bytes[position]!;
    this.itemStart = position;
    this.isList = first >= LIST_HEADER;
    if (first < STRING_HEADER) {
      this.start = position;
      this.end = position + 1;
      return true;
    }
    const short = first - (this.isList ? LIST_HEADER : STRING_HEADER);
    return short <= SHORT_BYTES_MAX
      ? this.#short(position, short)
      : this.#long(position, short - SHORT_BYTES_MAX);
  }

  #short(position: number, length: number): boolean {
    if (position + 1 + length > this.until) return this.#fail("TRUNCATED");
    this.start = position + 1;
    this.end = this.start + length;
    // A single byte below 0x80 is its own encoding.
    if (!this.isList && length === 1 && this.bytes[this.start]! < STRING_HEADER)
      return this.#fail("NON_CANONICAL");
    return true;
  }

  #long(position: number, lengthBytes: number): boolean {
    this.start = position + 1 + lengthBytes;
    if (this.start > this.until) return this.#fail("TRUNCATED");
    if (this.bytes[position + 1] === 0) return this.#fail("NON_CANONICAL");
    if (lengthBytes > LENGTH_BYTES_MAX) return this.#fail("TRUNCATED");
    const length = this.bytes.readUIntBE(position + 1, lengthBytes);
    if (length <= SHORT_BYTES_MAX) return this.#fail("NON_CANONICAL");
    if (this.start + length > this.until) return this.#fail("TRUNCATED");
    this.end = this.start + length;
    return true;
  }

  #fail(fault: RlpFault): false {
    this.fault = fault;
    return false;
  }
}

/** An item: bytes, or a list of items. Decoded bytes are views of what was decoded. */
export type RlpItem = Uint8Array | RlpItem[];

/** Deepest nesting that `decodeRlp` follows; an Ethereum transaction has 4 levels. */
export const RLP_DEPTH_MAX = 8;
/** Most items that `decodeRlp` makes of one input, lists included. */
export const RLP_ITEMS_MAX = 65_536;

/** Decodes bytes that hold exactly one item. BOUND: one of the two bounds above; TRAILING: bytes follow the item. */
export function decodeRlp(
  bytes: Buffer,
): { ok: true; item: RlpItem } | { ok: false; fault: RlpFault | "TRAILING" | "BOUND" } {
  const reader = new RlpReader(bytes, 0, bytes.length);
  const items: RlpItem[] = [];
  const fault = readItems(reader, items, { left: RLP_ITEMS_MAX }, RLP_DEPTH_MAX);
  if (fault !== undefined) return { ok: false, fault };
  if (items.length > 1) return { ok: false, fault: "TRAILING" };
  return items[0] === undefined ? { ok: false, fault: "TRUNCATED" } : { ok: true, item: items[0] };
}

function readItems(
  reader: RlpReader,
  items: RlpItem[],
  budget: { left: number },
  depth: number,
): RlpFault | "BOUND" | undefined {
  if (depth < 0) return "BOUND";
  while (reader.next()) {
    if (budget.left-- <= 0) return "BOUND";
    if (!reader.isList) {
      items.push(reader.bytes.subarray(reader.start, reader.end));
      continue;
    }
    const list: RlpItem[] = [];
    const fault = readItems(new RlpReader(reader.bytes, reader.start, reader.end), list, budget, depth - 1);
    if (fault !== undefined) return fault;
    items.push(list);
  }
  return reader.fault;
}

/** Encodes an item. */
export function encodeRlp(item: RlpItem): Buffer {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && item[0]! < STRING_HEADER) return Buffer.from(item);
    return Buffer.concat([header(STRING_HEADER, item.length), item]);
  }
  const parts = item.map(encodeRlp);
  let length = 0;
  for (const part of parts) length += part.length;
  return Buffer.concat([header(LIST_HEADER, length), ...parts]);
}

/** The header of a list whose items take `length` bytes. */
export function rlpListHeader(length: number): Buffer {
  return header(LIST_HEADER, length);
}

function header(kind: number, length: number): Buffer {
  if (length <= SHORT_BYTES_MAX) return Buffer.of(kind + length);
  const lengthBytes = rlpInteger(length);
  return Buffer.concat([Buffer.of(kind + SHORT_BYTES_MAX + lengthBytes.length), lengthBytes]);
}

/** A non-negative integer as the bytes of an item: big-endian without leading zeros; 0 is no bytes. */
export function rlpInteger(value: bigint | number): Buffer {
  const hex = value.toString(16);
  return value === 0 || value === 0n
    ? Buffer.alloc(0)
    : Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}
