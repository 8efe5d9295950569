import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteTable } from "../../runtime/store/byte-table.js";

const KEYS = 300;
const key = fc.integer({ min: 0, max: KEYS }).map((n) => `state/${"k".repeat(n % 7)}${n}\xff`);
const value = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const operation = fc.tuple(key, fc.option(value));

it("is a map, while it has room", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 2_000 }), (operations) => {
      const table = new ByteTable(2 ** 22);
      const model = new Map<string, Buffer>();
      for (const [name, bytes] of operations) {
        if (bytes) {
          expect(table.set(name, bytes)).toBe(true);
          model.set(name, bytes);
        } else {
          table.delete(name);
          model.delete(name);
        }
        expect(table.get(name)).toEqual(model.get(name));
      }
      for (const [name, bytes] of model) expect(table.get(name)).toEqual(bytes);
    }),
    { numRuns: 30 },
  );
});

it("keeps many keys apart, and grows", () => {
  const table = new ByteTable(2 ** 24);
  for (let n = 0; n < 50_000; n++) table.set(`state/${n}`, Buffer.from(`value ${n}`));
  for (let n = 0; n < 50_000; n++) expect(table.get(`state/${n}`)?.toString()).toBe(`value ${n}`);
  expect(table.get("state/50000")).toBeUndefined();
});

it("says when it is full, and has an old value no more", () => {
  const table = new ByteTable(200);
  expect(table.set("a", Buffer.alloc(50, 1))).toBe(true);
  expect(table.set("b", Buffer.alloc(50, 2))).toBe(true);
  expect(table.set("a", Buffer.alloc(150, 3))).toBe(false);
  expect(table.get("a")).toBeUndefined();
  expect(table.get("b")).toEqual(Buffer.alloc(50, 2));
});

it("leaves out what is too long for it", () => {
  const table = new ByteTable(2 ** 22);
  table.set("a", Buffer.from("short"));
  expect(table.set("a", Buffer.alloc(40_000))).toBe(true);
  expect(table.get("a")).toBeUndefined();
  expect(table.set("x".repeat(300), Buffer.of(1))).toBe(true);
  expect(table.get("x".repeat(300))).toBeUndefined();
});

it("gives copies", () => {
  const table = new ByteTable(2 ** 22);
  table.set("a", Buffer.of(1));
  const before = table.get("a")!;
  table.set("a", Buffer.of(2));
  expect(before).toEqual(Buffer.of(1));
});
