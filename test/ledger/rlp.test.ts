import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeRlp,
  encodeRlp,
  RLP_DEPTH_MAX,
  RLP_ITEMS_MAX,
  type RlpItem,
  rlpInteger,
} from "../../ledger/transaction/rlp.js";
import { fromHex } from "./shared-data.js";

const { item: items } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small", maxDepth: RLP_DEPTH_MAX - 1 },
    fc.uint8Array({ maxLength: 70 }),
    fc.uint8Array({ maxLength: 2 }),
    fc.uint8Array({ minLength: 250, maxLength: 300 }),
    fc.array(tie("item"), { maxLength: 5 }),
  ),
}));

/** Plain arrays instead of views, so that equality looks at the bytes only. */
function plain(item: RlpItem): unknown {
  return Array.isArray(item) ? item.map(plain) : Buffer.from(item).toString("hex");
}

describe("RLP", () => {
  // The examples of the Ethereum yellow paper's appendix and of ethereum.org.
  test.each([
    ["83646f67", Buffer.from("dog")],
    ["c88363617483646f67", [Buffer.from("cat"), Buffer.from("dog")]],
    ["80", Buffer.alloc(0)],
    ["c0", []],
    ["00", Buffer.of(0)],
    ["0f", Buffer.of(15)],
    ["820400", Buffer.of(4, 0)],
    ["8180", Buffer.of(0x80)],
    ["c7c0c1c0c3c0c1c0", [[], [[]], [[], [[]]]]],
    [`b838${"61".repeat(56)}`, Buffer.from("a".repeat(56))],
  ])("known answer %s", (hex, item: RlpItem) => {
    expect(encodeRlp(item).toString("hex")).toBe(hex);
    const decoded = decodeRlp(fromHex(hex));
    expect(decoded.ok && plain(decoded.item)).toEqual(plain(item));
  });

  test("decoding gives back what was encoded", () => {
    fc.assert(
      fc.property(items, (item) => {
        const decoded = decodeRlp(encodeRlp(item));
        expect(decoded.ok && plain(decoded.item)).toEqual(plain(item));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["nothing", "", "TRUNCATED"],
    ["a string cut short", "83646f", "TRUNCATED"],
    ["a list cut short", "c283", "TRUNCATED"],
    ["an item beyond its list", "c28363617483646f67", "TRUNCATED"],
    ["a length cut short", "b9", "TRUNCATED"],
    ["a long string cut short", `b838${"61".repeat(55)}`, "TRUNCATED"],
    ["a length of 8 bytes", `bfffffffffffffffff${"61".repeat(60)}`, "TRUNCATED"],
    ["a list length of 8 bytes", `ffffffffffffffffff${"61".repeat(60)}`, "TRUNCATED"],
    ["bytes after the item", "83646f6700", "TRAILING"],
    ["a header for a byte below 0x80", "810f", "NON_CANONICAL"],
    ["the same inside a list", "c2810f", "NON_CANONICAL"],
    ["a long header for 55 bytes", `b837${"61".repeat(55)}`, "NON_CANONICAL"],
    ["a long header for nothing", "b800", "NON_CANONICAL"],
    ["a long header for an empty list", "f800", "NON_CANONICAL"],
    ["a length with a leading zero", `b90038${"61".repeat(56)}`, "NON_CANONICAL"],
    ["a list length with a leading zero", `f90038${"61".repeat(56)}`, "NON_CANONICAL"],
  ])("refuses %s", (_name, hex, fault) => {
    expect(decodeRlp(fromHex(hex))).toEqual({ ok: false, fault });
  });

  test("whatever the bytes, it does not throw, and what it takes encodes back to them", () => {
    const noise = fc.uint8Array({ maxLength: 80 });
    // Bytes of a header with noise behind reach deeper than noise alone.
    const headed = fc
      .tuple(fc.integer({ min: 0x80, max: 0xff }), noise)
      .map(([head, rest]) => [head, ...rest]);
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(noise, headed), (list) => {
        const bytes = Buffer.from(list);
        const decoded = decodeRlp(bytes);
        if (!decoded.ok) return;
        taken++;
        expect(encodeRlp(decoded.item)).toEqual(bytes);
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(0);
  });

  test("changed encodings are refused or decode to something else", () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.integer({ min: 1, max: 255 }), (item, place, change) => {
        const bytes = encodeRlp(item);
        bytes[place % bytes.length]! ^= change;
        const decoded = decodeRlp(bytes);
        if (decoded.ok) expect(encodeRlp(decoded.item)).toEqual(bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  test("depth and number of items are bounded", () => {
    const nested = (depth: number): RlpItem => (depth === 0 ? [] : [nested(depth - 1)]);
    expect(decodeRlp(encodeRlp(nested(RLP_DEPTH_MAX - 1))).ok).toBe(true);
    expect(decodeRlp(encodeRlp(nested(RLP_DEPTH_MAX)))).toEqual({ ok: false, fault: "BOUND" });
    // A hundred thousand list headers, each around the next, must not exhaust the stack.
    expect(decodeRlp(Buffer.alloc(100_000, 0xc1)).ok).toBe(false);
    const wide = (count: number) => encodeRlp(Array.from({ length: count }, () => Buffer.of(1)));
    expect(decodeRlp(wide(RLP_ITEMS_MAX - 1)).ok).toBe(true);
    expect(decodeRlp(wide(RLP_ITEMS_MAX))).toEqual({ ok: false, fault: "BOUND" });
  });

  test("integers have no leading zeros", () => {
    expect(rlpInteger(0)).toEqual(Buffer.alloc(0));
    expect(rlpInteger(0n)).toEqual(Buffer.alloc(0));
    expect(rlpInteger(1024)).toEqual(Buffer.of(4, 0));
    expect(rlpInteger(2n ** 64n).toString("hex")).toBe("010000000000000000");
  });
});
