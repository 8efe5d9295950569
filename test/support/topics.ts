import type { InputRecord, OutputRecord, StoreBatch } from "../../processors/stage.js";
import type { Store } from "../../runtime/store/level-store.js";
import { toWire } from "../../schemas/codec.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import { CATALOGUE, type TopicName } from "../../topics/catalogue.js";

/** Partitioned topics in memory: offsets without gaps, append time from a clock. */
export class Topics {
  private readonly partitions = new Map<TopicName, InputRecord[][]>(CATALOGUE.map(({ name }) => [name, []]));

  constructor(private readonly clock: () => number) {}

  /** Appends a value in wire format. */
  append(name: TopicName, partition: number, key: Buffer | null, value: Buffer | null): InputRecord {
    const list = this.list(name, partition);
    const record = { topic: name, partition, offset: list.length, timeMs: this.clock(), key, value };
    list.push(record);
    return record;
  }

  /** Appends what a stage wrote, as the driver does. */
  write(record: OutputRecord): InputRecord {
    const { topic: name, key, value } = record;
    // By key as any producer; tests don't depend on which partition that is.
    const partition = record.partition ?? (key === null ? 0 : key[key.length - 1]! % 4);
    return this.append(name, partition, key, value && toWire(SCHEMA_IDS.get(name)!, value));
  }

  records(name: TopicName, partition: number): readonly InputRecord[] {
    return this.list(name, partition);
  }

  /** All records of a topic, partition by partition. */
  all(name: TopicName): InputRecord[] {
    return this.partitions.get(name)!.flat();
  }

  private list(name: TopicName, partition: number): InputRecord[] {
    const partitions = this.partitions.get(name)!;
    partitions[partition] ??= [];
    return partitions[partition];
  }
}

/** A local store in memory. Keeps every batch, so that a test can lose the last ones as a power cut does. */
export class MemoryStore implements Store {
  private values = new Map<string, Buffer>();
  private batches: StoreBatch[] = [];

  get(key: string): Buffer | undefined {
    return this.values.get(key);
  }

  entries(from: string, below: string): [string, Buffer][] {
    return [...this.values]
      .filter(([key]) => key >= from && key < below)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async *range(from: string, below: string) {
    yield* this.entries(from, below);
  }

  async *parts(from: string, below: string) {
    yield [...this.entries(from, below)];
  }

  writeNow(batch: StoreBatch): void {
    this.batches.push(batch);
    for (const [key, value] of batch) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
  }

  async write(batch: StoreBatch): Promise<void> {
    this.writeNow(batch);
  }

  clearNow(): void {
    this.values.clear();
    this.batches = [];
  }

  async clear(): Promise<void> {
    this.clearNow();
  }

  async sizeOf(from: string, below: string): Promise<number> {
    return this.entries(from, below).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  }

  readonly memoryBytes = 0;

  async copyInto(target: Store, from: string, below: string): Promise<void> {
    await target.write(this.entries(from, below));
  }

  async forget(from: string, below: string): Promise<void> {
    this.writeNow(this.entries(from, below).map(([key]) => [key, null]));
  }

  async settle(): Promise<void> {}

  async cloneBeside(): Promise<void> {
    throw new Error("it has no neighbours");
  }

  async close(): Promise<void> {}

  /** Forgets the last batches. */
  loseBatches(count: number): void {
    const kept = this.batches.slice(0, Math.max(0, this.batches.length - count));
    this.clearNow();
    for (const batch of kept) this.writeNow(batch);
  }
}
