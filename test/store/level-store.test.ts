import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LevelStore, StoreCorrupt } from "../../runtime/store/level-store.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rustorium-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (wipe = false) => LevelStore.open(join(directory, "store"), wipe);

/** The file of LevelDB with this name, changed in place. */
function damage(pattern: RegExp, change: (bytes: Buffer) => Buffer): void {
  const [name] = readdirSync(join(directory, "store")).filter((file) => pattern.test(file));
  const path = join(directory, "store", name!);
  writeFileSync(path, change(readFileSync(path)));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

/** Bytes that LevelDB's compression leaves as they are. */
function noiseOf(index: number): Buffer {
  return createHash("sha512").update(String(index)).digest();
}

async function withBatches(count: number): Promise<void> {
  const store = await open();
  for (let index = 0; index < count; index++) {
    await store.write([
      [`key ${index}`, noiseOf(index)],
      ["last", Buffer.from(String(index))],
    ]);
  }
  await store.close();
}

describe("a local store", () => {
  it("has what was written, in order, and forgets what was removed", async () => {
    await withBatches(3);
    const store = await open();
    await store.write([["key 1", null]]);
    expect(store.get("last")?.toString()).toBe("2");
    expect(store.get("key 1")).toBeUndefined();
    const keys: string[] = [];
    for await (const [key] of store.range("key", "kez")) keys.push(key);
    expect(keys).toEqual(["key 0", "key 2"]);
    await store.close();
  });

  it("gives a range in parts: all of it, in order, however many they are", async () => {
    const store = await open(true);
    const key = (index: number) => `k${String(index).padStart(5, "0")}`;
    const values = Array.from(
      { length: 12_000 },
      (_, index) => [key(index), Buffer.from(key(index))] as const,
    );
    await store.write(values);
    const found: (readonly [string, Buffer])[] = [];
    let parts = 0;
    for await (const part of store.parts(key(1), key(11_999))) {
      parts++;
      found.push(...part);
    }
    expect(parts).toBeGreaterThan(1);
    expect(found).toEqual(values.slice(1, 11_999));
    for await (const part of store.parts("l", "m")) expect(part).toBeUndefined();
    // Left early, it lets go of the store.
    for await (const part of store.parts("k", "l")) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    await store.close();
  });

  it("forgets everything where it is told to", async () => {
    await withBatches(3);
    const store = await open(true);
    expect(store.get("last")).toBeUndefined();
    await store.close();
  });

  it("loses the last batches and no others when the end of its log is missing", async () => {
    await withBatches(10);
    damage(/\.log$/, (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)));
    const store = await open();
    const last = Number(store.get("last"));
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(9);
    for (let index = 0; index <= last; index++) expect(store.get(`key ${index}`)).toBeDefined();
    expect(store.get(`key ${last + 1}`)).toBeUndefined();
    await store.close();
  });

  it("is forgotten when a batch in the middle of its log was damaged: LevelDB would go on without it", async () => {
    // More than one block of LevelDB's log (32 KiB): it skips the damaged one and reads the next.
    await withBatches(1_000);
    damage(/\.log$/, (bytes) => flipped(bytes, 40_000));
    const store = await open();
    expect(store.get("last")).toBeUndefined();
    await store.write([["last", Buffer.from("new")]]);
    await store.close();
    const again = await open();
    expect(again.get("last")?.toString()).toBe("new");
    await again.close();
  });

  it("says so when a value isn't what was written", async () => {
    await withBatches(200);
    // Opening once more moves the log into a table.
    await (await open()).close();
    damage(/\.ldb$/, (bytes) => {
      const at = bytes.indexOf(noiseOf(17).subarray(20, 40));
      expect(at).toBeGreaterThan(0);
      return flipped(bytes, at);
    });
    const store = await open();
    let found: unknown;
    try {
      for (let index = 0; index < 200; index++) store.get(`key ${index}`);
    } catch (error) {
      found = error;
    }
    await store.close();
    expect(found).toBeInstanceOf(StoreCorrupt);
  });
});

describe("a clone of a store", () => {
  it("has what the other has, tables and recent batches, and goes its own way", async () => {
    await withBatches(3);
    const source = await open();
    for (let index = 3; index < 400; index++) await source.write([[`key ${index}`, noiseOf(index)]]);
    await source.cloneBeside("clone");
    const clone = await LevelStore.open(join(directory, "clone"), false);
    for (let index = 0; index < 400; index++) expect(clone.get(`key ${index}`)).toEqual(noiseOf(index));
    await clone.write([["key 1", Buffer.from("other")]]);
    await source.write([["key 2", null]]);
    expect([source.get("key 1"), clone.get("key 2")]).toEqual([noiseOf(1), noiseOf(2)]);
    await source.close();
    await clone.close();
    const again = await LevelStore.open(join(directory, "clone"), false);
    expect(again.get("key 1")?.toString()).toBe("other");
    await again.close();
  });

  it("needn't take over recent batches where its source has settled", async () => {
    await withBatches(3);
    const source = await open();
    for (let index = 3; index < 400; index++) await source.write([[`key ${index}`, noiseOf(index)]]);
    const logBytes = () =>
      readdirSync(join(directory, "store"))
        .filter((name) => name.endsWith(".log"))
        .reduce((sum, name) => sum + statSync(join(directory, "store", name)).size, 0);
    expect(logBytes()).toBeGreaterThan(10_000);
    await source.settle();
    expect(logBytes()).toBe(0);
    for (let index = 0; index < 400; index++) expect(source.get(`key ${index}`)).toEqual(noiseOf(index));
    await source.close();
  });

  it("takes the place of what was there", async () => {
    await withBatches(2);
    const before = await LevelStore.open(join(directory, "clone"), false);
    await before.write([["of before", noiseOf(1)]]);
    await before.close();
    const source = await open();
    await source.cloneBeside("clone");
    await source.close();
    const clone = await LevelStore.open(join(directory, "clone"), false);
    expect([clone.get("of before"), clone.get("key 1")]).toEqual([undefined, noiseOf(1)]);
    await clone.close();
  });

  it("can be made while its source puts tables together", async () => {
    const source = await LevelStore.open(join(directory, "store"), false, 64 * 1_024);
    // Many small tables: LevelDB is busy with them when the clone is made.
    for (let index = 0; index < 20_000; index++)
      await source.write([[`key ${index % 7_000}`, noiseOf(index)]]);
    await source.cloneBeside("clone");
    const clone = await LevelStore.open(join(directory, "clone"), false);
    for (let index = 13_000; index < 20_000; index++)
      expect(clone.get(`key ${index % 7_000}`)).toEqual(noiseOf(index));
    await clone.close();
    await source.close();
  });
});

describe("a range that is copied", () => {
  it("is written into the other store, and nothing else is", async () => {
    await withBatches(9);
    const source = await open();
    const target = await LevelStore.open(join(directory, "target"), true);
    await target.write([["key 0", Buffer.from("its own")]]);
    await source.copyInto(target, "key 3", "key 6");
    await source.close();
    await target.close();
    const again = await LevelStore.open(join(directory, "target"), false);
    const has = Array.from({ length: 9 }, (_, index) => again.get(`key ${index}`));
    expect(has.map((value) => value !== undefined)).toEqual(
      [0, 3, 4, 5].reduce((all, at) => all.with(at, true), Array<boolean>(9).fill(false)),
    );
    expect([again.get("key 4"), again.get("key 0")?.toString()]).toEqual([noiseOf(4), "its own"]);
    await again.close();
  });

  it("isn't copied where it is damaged", async () => {
    const noise = noiseOf(1);
    const source = await open();
    await source.write([["key 1", noise]]);
    await source.close();
    const closed = await open();
    await closed.close();
    damage(/\.ldb$/, (bytes) => flipped(bytes, bytes.indexOf(noise.subarray(8, 24))));
    const damaged = await open();
    const target = await LevelStore.open(join(directory, "target"), true);
    await expect(damaged.copyInto(target, "key", "kez")).rejects.toBeInstanceOf(StoreCorrupt);
    expect(target.get("key 1")).toBeUndefined();
    await damaged.close();
    await target.close();
  });
});

describe("a range that is forgotten", () => {
  it("is gone, and nothing else is, also after the next opening", async () => {
    await withBatches(9);
    const store = await open();
    await store.forget("key 2", "key 5");
    const has = (from: LevelStore) =>
      Array.from({ length: 9 }, (_, index) => index).filter((index) => from.get(`key ${index}`));
    expect(has(store)).toEqual([0, 1, 5, 6, 7, 8]);
    await store.close();
    const again = await open();
    expect(has(again)).toEqual([0, 1, 5, 6, 7, 8]);
    expect(again.get("last")?.toString()).toBe("8");
    await again.close();
  });
});
