import fc from "fast-check";
import { expect, it } from "vitest";
import type { StoreBatch } from "../../processors/stage.js";
import { CachedStore } from "../../runtime/store/cached-store.js";
import type { Store } from "../../runtime/store/level-store.js";

class MapStore implements Store {
  readonly values = new Map<string, Buffer>();
  reads = 0;
  get(key: string): Buffer | undefined {
    this.reads++;
    return this.values.get(key);
  }
  async *range(): AsyncIterable<readonly [string, Buffer]> {
    yield* this.values;
  }
  async write(batch: StoreBatch): Promise<void> {
    for (const [key, value] of batch) {
      if (value) this.values.set(key, value);
      else this.values.delete(key);
    }
  }
  async close(): Promise<void> {}
}

const key = fc.integer({ min: 0, max: 40 }).map((n) => `k${n}`);
const value = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

it("reads what the store has, however small its memory", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.tuple(key, fc.option(value)), { maxLength: 8 }), { maxLength: 100 }),
      fc.constantFrom(200, 1_000, 100_000),
      async (batches, bytesMax) => {
        const store = new MapStore();
        const cached = new CachedStore(store, bytesMax);
        for (const batch of batches) {
          await cached.write(batch);
          for (let n = 0; n <= 40; n++) expect(cached.get(`k${n}`)).toEqual(store.values.get(`k${n}`));
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("doesn't ask the store for what it wrote or read before", async () => {
  const store = new MapStore();
  store.values.set("old", Buffer.of(7));
  const cached = new CachedStore(store);
  await cached.write([["new", Buffer.of(8)]]);
  for (let n = 0; n < 3; n++) {
    expect(cached.get("new")).toEqual(Buffer.of(8));
    expect(cached.get("old")).toEqual(Buffer.of(7));
  }
  expect(store.reads).toBe(1);
});

it("has nothing new where the store failed", async () => {
  const store = new MapStore();
  store.write = () => Promise.reject(new Error("disk full"));
  const cached = new CachedStore(store);
  await expect(cached.write([["a", Buffer.of(1)]])).rejects.toThrow("disk full");
  expect(cached.get("a")).toBeUndefined();
});
