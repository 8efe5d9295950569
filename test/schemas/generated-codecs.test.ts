import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avscType } from "../../schemas/avsc-type.js";
import { codec } from "../../schemas/codec.js";
import { type RecordTypes, SCHEMAS } from "../../schemas/generated.js";
import { type Schema, structured, valuesOf } from "./values.js";

const NAMES = Object.keys(SCHEMAS) as (keyof RecordTypes)[];

/** What decoding was before there were generated codecs: avsc, and for canonical bytes the encoding compared. */
function reference(name: keyof RecordTypes) {
  const type = avscType(name);
  const decodeAny = (bytes: Buffer): unknown => {
    try {
      return type.fromBuffer(bytes);
    } catch {
      return undefined;
    }
  };
  const decode = (bytes: Buffer): unknown => {
    const value = decodeAny(bytes);
    try {
      return value !== undefined && type.toBuffer(value).equals(bytes) ? value : undefined;
    } catch {
      return undefined;
    }
  };
  return { encode: (value: unknown) => type.toBuffer(value), decode, decodeAny };
}

/** Changes to bytes: some altered, taken out or put in, so that lengths, counts and varints are hit. */
const edits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("set", "xor", "remove", "insert", "cut", "lengthen"),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff)),
  }),
  { minLength: 1, maxLength: 3 },
);

function edited(bytes: Buffer, changes: readonly { at: number; kind: string; byte: number }[]): Buffer {
  let list = [...bytes];
  for (const { at, kind, byte } of changes) {
    const index = list.length === 0 ? 0 : at % list.length;
    switch (kind) {
      case "set":
        list[index] = byte;
        break;
      case "xor":
        list[index] = (list[index] ?? 0) ^ byte;
        break;
      case "remove":
        list.splice(index, 1);
        break;
      case "insert":
        list.splice(index, 0, byte);
        break;
      case "cut":
        list = list.slice(0, index);
        break;
      default:
        // The same number with a byte that says nothing: what only decodeAny may take.
        if ((list[index] ?? 0) < 0x80) list.splice(index, 1, (list[index] ?? 0) | 0x80, 0);
    }
  }
  return Buffer.from(list);
}

describe("generated codecs", () => {
  it.each(NAMES)("encode as avsc does: %s", (name) => {
    const { encode } = codec(name);
    const avsc = reference(name);
    fc.assert(
      fc.property(valuesOf(SCHEMAS[name] as Schema, new Map()), (value) => {
        expect(encode(value as never).equals(avsc.encode(value))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each(NAMES)("judge altered bytes as avsc does: %s", (name) => {
    const { encode, decode, decodeAny } = codec(name);
    const avsc = reference(name);
    fc.assert(
      fc.property(valuesOf(SCHEMAS[name] as Schema, new Map()), edits, (value, changes) => {
        const bytes = edited(encode(value as never), changes);
        expect(structured(decode(bytes)), bytes.toString("hex")).toEqual(structured(avsc.decode(bytes)));
        expect(structured(decodeAny(bytes)), bytes.toString("hex")).toEqual(
          structured(avsc.decodeAny(bytes)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it.each(NAMES)("refuse values that don't fit, and write the next one right: %s", (name) => {
    const { encode } = codec(name);
    const avsc = reference(name);
    fc.assert(
      fc.property(
        valuesOf(SCHEMAS[name] as Schema, new Map()),
        fc.nat(),
        fc.constantFrom(undefined, null, "text", 0.5, -1, 2 ** 53, 7n, Buffer.alloc(3), [], {}, true),
        (value, at, wrong) => {
          const fields = Object.keys(value as object);
          const changed = { ...(value as object), [fields[at % fields.length]!]: wrong };
          let theirs: Buffer | undefined;
          try {
            theirs = avsc.encode(changed);
          } catch {
            theirs = undefined;
          }
          let ours: Buffer | undefined;
          try {
            ours = encode(changed as never);
          } catch (error) {
            // More may be refused than by avsc, which makes a number of `true`.
            expect(error).toBeInstanceOf(TypeError);
          }
          if (ours) expect(theirs && ours.equals(theirs)).toBe(true);
          expect(encode(value as never).equals(avsc.encode(value))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("pass over the size of an array's block, whatever it says, where any Avro is taken", () => {
    const { decode, decodeAny } = codec("ShardState");
    const marks = {
      ...{ marks: [{ partition: 1, prefix: "", offset: 2 }], sent: [], received: [] },
      ...{ change: null, markers: [] },
    };
    for (const size of ["04", "00", "8400", `${"ff".repeat(9)}01`, `${"fe".repeat(9)}7f`]) {
      const bytes = Buffer.from(`01${size}02000400${"00".repeat(4)}`, "hex");
      expect(decodeAny(bytes), size).toEqual(marks);
      expect(structured(reference("ShardState").decodeAny(bytes)), size).toEqual(structured(marks));
      expect(decode(bytes), size).toBeUndefined();
    }
    expect(decodeAny(Buffer.from(`01${"ff".repeat(10)}0102000400${"00".repeat(4)}`, "hex"))).toBeUndefined();
  });

  it("refuse a union's value with two branches or none, as avsc does", () => {
    const state = { balance: 1n, nonce: 0, escrowed: 0n };
    const account = { "rustorium.AccountState": state };
    const key = Buffer.of(1);
    for (const wrong of [
      { key, value: { ...account, "rustorium.ShardState": { marks: [], channels: [] } } },
      { key, value: { ...account, more: 1 } },
      { key, value: {} },
    ]) {
      expect(() => codec("StateChange").encode(wrong as never)).toThrow(TypeError);
      expect(() => reference("StateChange").encode(wrong)).toThrow();
    }
  });

  it("write decimals around each power of 2^8 as avsc does, and read them back", () => {
    const { encode, decode } = codec("AccountState");
    const avsc = reference("AccountState");
    for (let bits = 0n; bits < 136n; bits++) {
      for (const near of [-2n, -1n, 0n, 1n]) {
        for (const balance of [(1n << bits) + near, -(1n << bits) + near]) {
          if (BigInt.asIntN(136, balance) !== balance) continue;
          const value = { balance, nonce: 0, escrowed: 0n };
          const bytes = encode(value);
          expect(bytes.equals(avsc.encode(value)), String(balance)).toBe(true);
          expect(decode(bytes)?.balance).toBe(balance);
        }
      }
    }
    for (const balance of [1n << 135n, -(1n << 135n) - 1n])
      expect(() => encode({ balance, nonce: 0, escrowed: 0n })).toThrow(TypeError);
  });

  it("hand out short pieces of memory only: of a long record too, and behind one that was written", () => {
    const piece = 16 * 1_024;
    const long = Buffer.alloc(300_000, 9);
    const { encode, decode } = codec("SignedTransaction");
    const bytes = encode({ scheme: "ED25519", body: long, publicKey: Buffer.of(1, 2), signature: long });
    const { body, publicKey, signature } = decode(bytes)!;
    expect(body.equals(long) && signature.equals(long)).toBe(true);
    expect([...publicKey]).toEqual([1, 2]);
    for (const { buffer, length } of [body, publicKey, signature])
      expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(piece, length));
    expect(body.buffer).not.toBe(bytes.buffer);
    expect(codec("Cut").encode({ height: 1 }).buffer.byteLength).toBeLessThanOrEqual(piece);
  });

  it("keep what was handed out, though much is read and refused after it", () => {
    const { encode, decode } = codec("SignedTransaction");
    const transactions = Array.from({ length: 500 }, (_, index) => ({
      scheme: "ED25519" as const,
      body: Buffer.alloc(index * 7, index),
      publicKey: Buffer.alloc(32, index + 1),
      signature: Buffer.alloc(64, index + 2),
    }));
    const encoded = transactions.map((transaction) => encode(transaction));
    const decoded = encoded.map((bytes) => {
      const value = decode(bytes);
      expect(decode(bytes.subarray(0, -1))).toBeUndefined();
      return value;
    });
    expect(structured(decoded)).toEqual(structured(transactions));
  });

  it("give values that don't change when the bytes they came from do", () => {
    const header = codec("Vote").encode({
      validator: 1,
      header: codec("BlockHeader").decode(zeroHeader())!,
      signature: Buffer.alloc(64, 7),
    });
    const vote = codec("Vote").decode(header)!;
    header.fill(0);
    expect(vote.signature).toEqual(Buffer.alloc(64, 7));
  });
});

function zeroHeader(): Buffer {
  const zero = Buffer.alloc(32);
  return codec("BlockHeader").encode({
    genesis: zero,
    shard: 0,
    height: 1,
    parent: zero,
    firstSequence: 1,
    lastSequence: 1,
    time: 0,
    epoch: 0,
    entriesRoot: zero,
    receiptsRoot: zero,
    changesRoot: zero,
    messagesRoot: zero,
    isLast: false,
  });
}
