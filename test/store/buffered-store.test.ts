import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoreBatch } from "../../processors/stage.js";
import type { Clock, Timer } from "../../runtime/clock.js";
import { BufferedStore } from "../../runtime/store/buffered-store.js";
import type { Store } from "../../runtime/store/level-store.js";

/** A store in memory that notes each batch; a write may be held up, and may fail. */
class NotingStore implements Store {
  readonly values = new Map<string, Buffer>();
  readonly batches: StoreBatch[] = [];
  closed = false;
  failure: Error | undefined;
  private release: (() => void) | undefined;
  private held = false;

  get(key: string): Buffer | undefined {
    return this.values.get(key);
  }
  async *range(from: string, below: string) {
    for (const [key, value] of [...this.values].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key >= from && key < below) yield [key, value] as const;
    }
  }
  async *parts(from: string, below: string) {
    for await (const entry of this.range(from, below)) yield [entry];
  }
  async write(batch: StoreBatch): Promise<void> {
    if (this.held) {
      await new Promise<void>((resolve) => {
        this.release = resolve;
      });
    }
    if (this.failure) throw this.failure;
    this.batches.push(batch);
    for (const [key, value] of batch) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
  }
  async sizeOf(): Promise<number> {
    return 0;
  }
  readonly memoryBytes = 0;
  async copyInto(target: Store, from: string, below: string): Promise<void> {
    for await (const part of this.parts(from, below)) await target.write(part);
  }
  async forget(from: string, below: string): Promise<void> {
    for (const key of [...this.values.keys()]) if (key >= from && key < below) this.values.delete(key);
  }
  async settle(): Promise<void> {}
  async cloneBeside(): Promise<void> {}
  async close(): Promise<void> {
    this.closed = true;
  }
  hold(): void {
    this.held = true;
  }
  letGo(): void {
    this.held = false;
    this.release?.();
  }
}

/** Time that stands still until it is moved. */
class StandingClock implements Clock {
  private readonly timers = new Map<() => void, number>();
  private nowMs = 0;
  now(): number {
    return this.nowMs;
  }
  after(ms: number, run: () => void): Timer {
    this.timers.set(run, this.nowMs + ms);
    return { cancel: () => this.timers.delete(run) };
  }
  move(ms: number): void {
    this.nowMs += ms;
    for (const [run, atMs] of this.timers) {
      if (atMs > this.nowMs) continue;
      this.timers.delete(run);
      run();
    }
  }
}

const GATHER_MS = 5_000;
const bytes = (text: string) => Buffer.from(text);
const settled = () => new Promise((resolve) => setImmediate(resolve));

function withStore() {
  const disk = new NotingStore();
  const clock = new StandingClock();
  return { disk, clock, store: new BufferedStore(disk, clock, GATHER_MS) };
}

describe("a buffered store", () => {
  it("shows what was written at once, and writes it together after a while", async () => {
    const { disk, clock, store } = withStore();
    await store.write([["a", bytes("1")]]);
    await store.write([
      ["a", bytes("2")],
      ["b", bytes("3")],
    ]);
    expect(store.get("a")).toEqual(bytes("2"));
    expect(disk.batches).toEqual([]);
    clock.move(GATHER_MS);
    await settled();
    expect(disk.batches).toEqual([
      [
        ["a", bytes("2")],
        ["b", bytes("3")],
      ],
    ]);
    expect(store.get("b")).toEqual(bytes("3"));
  });

  it("shows removals, also of what is on its way to the disk", async () => {
    const { disk, clock, store } = withStore();
    disk.values.set("a", bytes("old"));
    await store.write([["a", null]]);
    expect(store.get("a")).toBeUndefined();
    disk.hold();
    clock.move(GATHER_MS);
    await settled();
    expect(store.get("a")).toBeUndefined();
    await store.write([["a", bytes("new")]]);
    expect(store.get("a")).toEqual(bytes("new"));
    disk.letGo();
    await settled();
    expect(store.get("a")).toEqual(bytes("new"));
    await store.close();
    expect(disk.values.get("a")).toEqual(bytes("new"));
    expect(disk.closed).toBe(true);
  });

  it("has everything in a range, and on disk before it closes", async () => {
    const { disk, store } = withStore();
    disk.values.set("a1", bytes("1"));
    await store.write([["a2", bytes("2")]]);
    const found: string[] = [];
    for await (const [key] of store.range("a", "b")) found.push(key);
    expect(found).toEqual(["a1", "a2"]);
    const parts: string[] = [];
    await store.write([["a2b", bytes("2b")]]);
    for await (const part of store.parts("a", "b")) for (const [key] of part) parts.push(key);
    expect(parts).toEqual(["a1", "a2", "a2b"]);
    await store.write([["a3", bytes("3")]]);
    await store.close();
    expect([...disk.values.keys()]).toEqual(["a1", "a2", "a2b", "a3"]);
  });

  it("reads a range only when a write that is under way is done", async () => {
    const { disk, clock, store } = withStore();
    await store.write([["a1", bytes("1")]]);
    disk.hold();
    clock.move(GATHER_MS);
    await settled();
    const found: string[] = [];
    const reading = (async () => {
      for await (const [key] of store.range("a", "b")) found.push(key);
    })();
    await settled();
    disk.letGo();
    await reading;
    expect(found).toEqual(["a1"]);
  });

  it("writes at once where too much has gathered", async () => {
    const { disk, store } = withStore();
    const batch = Array.from({ length: 20_000 }, (_, index) => [`key ${index}`, bytes("v")] as const);
    await store.write(batch);
    expect(disk.batches.length).toBe(1);
  });

  it("says at the next write that the disk failed", async () => {
    const { disk, clock, store } = withStore();
    await store.write([["a", bytes("1")]]);
    disk.failure = new Error("no space");
    clock.move(GATHER_MS);
    await settled();
    await expect(store.write([["b", bytes("2")]])).rejects.toThrow("no space");
  });

  it("has on disk the state after some batch, never between two", async () => {
    const batches = fc.array(
      fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.option(fc.nat(9))), {
        minLength: 1,
        maxLength: 4,
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        async (all, moves) => {
          const { disk, clock, store } = withStore();
          const model = new Map<string, string>();
          const states = [JSON.stringify([])];
          const stateOf = (of: Iterable<[string, string]>) => JSON.stringify([...of].sort());
          for (const [index, batch] of all.entries()) {
            await store.write(
              batch.map(([key, value]) => [key, value === null ? null : bytes(String(value))] as const),
            );
            for (const [key, value] of batch) {
              if (value === null) model.delete(key);
              else model.set(key, String(value));
            }
            states.push(stateOf(model));
            for (const key of ["a", "b", "c"]) expect(store.get(key)?.toString()).toBe(model.get(key));
            if (moves[index]) {
              clock.move(GATHER_MS);
              await settled();
            }
            const onDisk = stateOf(Array.from(disk.values, ([key, value]) => [key, value.toString()]));
            expect(states).toContain(onDisk);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
