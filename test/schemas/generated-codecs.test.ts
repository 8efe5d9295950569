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
  });
}
