import type { StoreBatch } from "../../processors/stage.js";
import { ByteTable } from "./byte-table.js";
import type { Store, StorePart } from "./level-store.js";

/**
 * Memory for what a store has, in bytes, in each of two generations; some 300,000 accounts. A read from LevelDB takes ten
 * times as long as one from here, and each transaction takes two or three in each task.
 */
const GENERATION_BYTES_MAX = 40 * 1_024 * 1_024;

/** Keeps bytes that a store has in memory: all of a state that fits, else what was used lately. */
export class CachedStore implements Store {
  private young: ByteTable;
  private old: ByteTable;

  /**
   * @param origin what the store is a clone of, which isn't written any more. What is in memory of it is known of the clone, too;
   * several clones may share it, because each of them only ever takes away from it what it has changed itself.
   */
  constructor(
    private readonly store: Store,
    origin?: CachedStore,
    private readonly generationBytesMax = GENERATION_BYTES_MAX,
  ) {
    this.young = new ByteTable(generationBytesMax);
    this.old = origin?.young ?? new ByteTable(generationBytesMax);
  }

  get(key: string): Buffer | undefined {
    const cached = this.young.get(key);
    if (cached) return cached;
    const value = this.old.get(key) ?? this.store.get(key);
    if (value) this.remember(key, value);
    return value;
  }

  range(from: string, below: string): AsyncIterable<readonly [string, Buffer]> {
    return this.store.range(from, below);
  }

  parts(from: string, below: string): AsyncIterable<StorePart> {
    return this.store.parts(from, below);
  }

  async write(batch: StoreBatch): Promise<void> {
    await this.store.write(batch);
    for (const [key, value] of batch) {
      this.old.delete(key);
      if (value) this.remember(key, value);
      else this.young.delete(key);
    }
  }

  sizeOf(from: string, below: string): Promise<number> {
    return this.store.sizeOf(from, below);
  }

  get memoryBytes(): number {
    return this.young.bytes + this.old.bytes;
  }

  copyInto(target: Store, from: string, below: string): Promise<void> {
    return this.store.copyInto(target, from, below);
  }

  async forget(from: string, below: string): Promise<void> {
    await this.store.forget(from, below);
    this.young.deleteRange(from, below);
    this.old.deleteRange(from, below);
  }

  settle(): Promise<void> {
    return this.store.settle();
  }

  cloneBeside(name: string): Promise<void> {
    return this.store.cloneBeside(name);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private remember(key: string, value: Buffer): void {
    if (this.young.set(key, value)) return;
    // What is still in use comes back from there.
    this.old = this.young;
    this.young = new ByteTable(this.generationBytesMax);
    this.young.set(key, value);
  }
}
