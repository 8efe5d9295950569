import avro from "avsc";
import "../../schemas/bounded-reading.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codec, DECIMAL_BYTES_MAX, fromWire, toWire } from "../../schemas/codec.js";
import { type RecordTypes, SCHEMAS } from "../../schemas/generated.js";
import { LONG_MAX, type Schema, structured, valuesOf } from "./values.js";

const NAMES = Object.keys(SCHEMAS) as (keyof RecordTypes)[];

const amountCodec = codec("AccountState");
/** An account state whose balance has these bytes; nonce and escrowed are 0. */
const accountOf = (balance: Buffer) =>
  Buffer.concat([Buffer.of(2 * balance.length), balance, Buffer.of(0, 2, 0)]);
const decodedBalance = (hex: string) => amountCodec.decode(accountOf(Buffer.from(hex, "hex")))?.balance;

describe("codecs", () => {
  it.each(NAMES)("give back what they were given: %s", (name) => {
    const { encode, decode } = codec(name);
    fc.assert(
      fc.property(valuesOf(SCHEMAS[name] as Schema, new Map()), (value) => {
        const encoded = encode(value as never);
        const again = decode(encoded);
        expect(again).toBeDefined();
        expect(encode(again as never)).toEqual(encoded);
        expect(structured(again)).toEqual(structured(value));
      }),
      { seed: 7, numRuns: 25 },
    );
  });

  it.each(NAMES)("take no other bytes for a value: %s", (name) => {
    const hasArray = JSON.stringify(SCHEMAS[name]).includes('"array"');
    const { encode, decode } = codec(name);
    fc.assert(
      fc.property(valuesOf(SCHEMAS[name] as Schema, new Map()), fc.nat(), fc.nat(255), (value, at, xor) => {
        const encoded = encode(value as never);
        expect(decode(Buffer.concat([encoded, Buffer.of(0)])), "trailing byte").toBeUndefined();
        expect(decode(encoded.subarray(0, -1)), "cut short").toBeUndefined();
        // A changed count of an array is another test's: it can be 2^50.
        if (hasArray) return;
        const changed = Buffer.from(encoded);
        changed[at % changed.length]! ^= xor;
        const other = decode(changed);
        if (other !== undefined) expect(encode(other as never)).toEqual(changed);
      }),
      { seed: 8, numRuns: 25 },
    );
  });

  it("write decimals as big-endian two's complement in the fewest bytes", () => {
    const cases: [bigint, string][] = [
      [0n, "00"],
      [127n, "7f"],
      [128n, "0080"],
      [255n, "00ff"],
      [256n, "0100"],
      [-1n, "ff"],
      [-128n, "80"],
      [-129n, "ff7f"],
      [10n ** 38n - 1n, "4b3b4ca85a86c47a098a223fffffffff"],
    ];
    for (const [balance, hex] of cases) {
      const expected = accountOf(Buffer.from(hex, "hex"));
      expect(amountCodec.encode({ balance, nonce: 0, escrowed: 0n }), String(balance)).toEqual(expected);
      expect(amountCodec.decode(expected)?.balance).toBe(balance);
    }
  });

  it("refuse a decimal that is empty, longer than needed, or longer than any amount", () => {
    for (const hex of ["", "0000", "007f", "0001", "ffff", "ff80", `00${"4b".repeat(16)}`]) {
      expect(decodedBalance(hex), hex).toBeUndefined();
    }
    expect(decodedBalance("7f".repeat(DECIMAL_BYTES_MAX))).toBeDefined();
    expect(decodedBalance("7f".repeat(DECIMAL_BYTES_MAX + 1))).toBeUndefined();
  });

  it("refuse a varint that is longer than needed", () => {
    const cut = codec("Cut");
    expect(cut.decode(Buffer.of(2))).toEqual({ height: 1 });
    for (const hex of ["8200", "828000", "02ff", "80"]) {
      expect(cut.decode(Buffer.from(hex, "hex")), hex).toBeUndefined();
    }
  });

  it("refuse longs beyond 2^53", () => {
    const varint = (value: bigint) => {
      const out: number[] = [];
      for (let rest = value * 2n; ; rest >>= 7n) {
        const low = Number(rest & 127n);
        if (rest < 128n) return Buffer.from([...out, low]);
        out.push(low | 128);
      }
    };
    expect(codec("Cut").decode(varint(BigInt(LONG_MAX)))).toEqual({ height: LONG_MAX });
    for (const value of [2n ** 53n, 2n ** 62n]) expect(codec("Cut").decode(varint(value))).toBeUndefined();
    expect(() => codec("Cut").encode({ height: 2 ** 53 })).toThrow();
  });

  it("throw on a value that doesn't fit its schema", () => {
    expect(() => codec("Cut").encode({ height: 0.5 })).toThrow();
    expect(() => codec("Cut").encode({} as never)).toThrow();
  });

  it("bound what a count makes them do: a short record can't exhaust memory or time", () => {
    const secondsOf = (decode: (bytes: Buffer) => unknown, hex: string) => {
      const before = process.cpuUsage();
      expect(decode(Buffer.from(hex, "hex"))).toBeUndefined();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    };
    const { decode, decodeAny } = codec("ShardState");
    // An array of marks that claims 2^20 items, and no bytes for one: a second and 80 MB when it is believed. (With 2^31
    // the process would die of it.) Then the same as a block with its size in bytes.
    for (const take of [decode, decodeAny]) {
      expect(secondsOf(take, "8080800100")).toBeLessThan(0.2);
      expect(secondsOf(take, "ffff7f0000")).toBeLessThan(0.2);
    }
    // Producers may use schemas of their own, with maps and items that take no bytes; here 2^23 of them are claimed.
    for (const schema of [
      { type: "map", values: "null" },
      { type: "array", items: "null" },
    ] as const) {
      const foreign = avro.Type.forSchema(schema);
      const take = (bytes: Buffer) => {
        try {
          return foreign.fromBuffer(bytes);
        } catch {
          return undefined;
        }
      };
      expect(secondsOf(take, "8080800800"), schema.type).toBeLessThan(0.2);
    }
  });
});

describe("wire format", () => {
  it("is a zero byte, the schema id in four bytes, and the Avro bytes", () => {
    const wire = toWire(0x01020304, Buffer.from("ab", "hex"));
    expect(wire.toString("hex")).toBe("0001020304ab");
    expect(fromWire(wire)).toEqual({ schemaId: 0x01020304, avroBytes: Buffer.from("ab", "hex") });
    expect(fromWire(toWire(0xffffffff, Buffer.alloc(0)))?.schemaId).toBe(0xffffffff);
  });

  it("is nothing else", () => {
    for (const bytes of [null, Buffer.alloc(0), Buffer.alloc(4), Buffer.from("0101020304ab", "hex")]) {
      expect(fromWire(bytes)).toBeUndefined();
    }
  });
});
