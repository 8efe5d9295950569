import fc from "fast-check";
import { expect, it } from "vitest";
import { CachedStore } from "../../runtime/store/cached-store.js";
import { MemoryStore } from "../support/topics.js";

class CountingStore extends MemoryStore {
  reads = 0;
  override get(key: string): Buffer | undefined {
    this.reads++;
    return super.get(key);
  }
}

const key = fc.integer({ min: 0, max: 40 }).map((n) => `k${n}`);
const value = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

it("reads what the store has, however small its memory", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.tuple(key, fc.option(value)), { maxLength: 8 }), { maxLength: 100 }),
      fc.constantFrom(200, 1_000, 100_000),
      async (batches, bytesMax) => {
        const store = new CountingStore();
        const cached = new CachedStore(store, undefined, bytesMax);
        for (const batch of batches) {
          await cached.write(batch);
          for (let n = 0; n <= 40; n++) expect(cached.get(`k${n}`)).toEqual(store.get(`k${n}`));
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("doesn't ask the store for what it wrote or read before", async () => {
  const store = new CountingStore();
  store.writeNow([["old", Buffer.of(7)]]);
  const cached = new CachedStore(store);
  await cached.write([["new", Buffer.of(8)]]);
  for (let n = 0; n < 3; n++) {
    expect(cached.get("new")).toEqual(Buffer.of(8));
    expect(cached.get("old")).toEqual(Buffer.of(7));
  }
  expect(store.reads).toBe(1);
});

it("has nothing new where the store failed", async () => {
  const store = new CountingStore();
  store.write = () => Promise.reject(new Error("disk full"));
  const cached = new CachedStore(store);
  await expect(cached.write([["a", Buffer.of(1)]])).rejects.toThrow("disk full");
  expect(cached.get("a")).toBeUndefined();
});

it("forgets what the store forgets, and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, value), { maxLength: 60 }),
      fc.constantFrom(200, 100_000),
      key,
      key,
      async (entries, bytesMax, from, below) => {
        const store = new CountingStore();
        const cached = new CachedStore(store, undefined, bytesMax);
        await cached.write(entries);
        await cached.forget(from, below);
        const last = new Map(entries);
        for (let n = 0; n <= 40; n++) {
          const name = `k${n}`;
          expect(cached.get(name)).toEqual(name >= from && name < below ? undefined : last.get(name));
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("lets clones begin with what is in memory of their origin, and go on apart", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, value), { maxLength: 40 }),
      fc.array(fc.tuple(fc.boolean(), key, fc.option(value)), { maxLength: 60 }),
      fc.constantFrom(200, 100_000),
      async (entries, changes, bytesMax) => {
        const source = new CountingStore();
        const origin = new CachedStore(source, undefined, bytesMax);
        await origin.write(entries);
        const stores = [new CountingStore(), new CountingStore()];
        for (const store of stores) store.writeNow(entries);
        const clones = stores.map((store) => new CachedStore(store, origin, bytesMax));
        for (const [isFirst, name, changed] of changes) {
          await clones[isFirst ? 0 : 1]!.write([[name, changed]]);
          for (const [index, clone] of clones.entries())
            for (let n = 0; n <= 40; n++) expect(clone.get(`k${n}`)).toEqual(stores[index]!.get(`k${n}`));
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("asks a clone's store for nothing that is in memory of its origin", async () => {
  const source = new CountingStore();
  const origin = new CachedStore(source);
  await origin.write([["known", Buffer.of(1)]]);
  const store = new CountingStore();
  store.writeNow([["known", Buffer.of(1)]]);
  expect(new CachedStore(store, origin).get("known")).toEqual(Buffer.of(1));
  expect(store.reads).toBe(0);
});
