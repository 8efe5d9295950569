import type { StoreBatch } from "../../processors/stage.js";
import { type Store, StoreCorrupt } from "../../runtime/store/level-store.js";
import type { SimulatedProcess } from "../kernel/process.js";
import type { Random } from "../kernel/random.js";

/** How long a write takes, in milliseconds. */
const WRITE_MS_MAX = 2;
/** How often an opening looks whether the store was let go of, and how often at most; as runtime/store does. */
const LOCK_RETRY_MS = 200;
const LOCK_LOOKS_MAX = 50;

interface Directory {
  values: Map<string, Buffer>;
  /** For each batch since the store was made what its keys had before, newest last. */
  undo: [string, Buffer | undefined][][];
  /** The process that has it open. */
  owner: SimulatedProcess | undefined;
  /** Reading this key finds out that the store is damaged. */
  damagedKey: string | undefined;
  /** A batch is missing: opening finds out. */
  hasHole: boolean;
}

/**
 * A machine's disk with the local stores of its tasks, as LevelStore leaves them to the next opening: batches are whole and
 * in order; what was not synced may be missing at the end; damage is found at opening or at reading, never read.
 */
export class Disk {
  private readonly directories = new Map<string, Directory>();

  constructor(private readonly random: Random) {}

  async open(path: string, wipe: boolean, process: SimulatedProcess): Promise<Store> {
    const directory = this.directory(path);
    for (let looks = 0; directory.owner?.isAlive; looks++) {
      if (looks >= LOCK_LOOKS_MAX) throw new Error(`${path} stays locked`);
      await new Promise<void>((resolve) => process.later(LOCK_RETRY_MS, "lock", resolve));
    }
    await new Promise<void>((resolve) =>
      process.later(this.random.fraction() * WRITE_MS_MAX, "open", resolve),
    );
    directory.owner = process;
    if (wipe || directory.hasHole) forget(directory);
    return new SimulatedStore(directory, process, this.random, (name) => {
      const beside = path.slice(0, path.lastIndexOf("/") + 1) + name;
      const { values, damagedKey } = directory;
      this.directories.set(beside, { ...empty(), values: new Map(values), damagedKey });
    });
  }

  /** Names of the stores that exist. */
  get paths(): string[] {
    return [...this.directories.keys()].sort();
  }

  /** Names of the stores that a living process has open. */
  get openPaths(): string[] {
    return this.paths.filter((path) => this.directories.get(path)?.owner?.isAlive);
  }

  /** What a store has, for checks. */
  valuesOf(path: string): ReadonlyMap<string, Buffer> {
    return this.directory(path).values;
  }

  // Faults happen to stores that nobody has open.

  lose(path: string): void {
    this.directories.delete(path);
  }

  /** The last batches didn't reach the disk. */
  loseTail(path: string, batches: number): void {
    const directory = this.directory(path);
    for (let index = 0; index < batches; index++) {
      for (const [key, value] of (directory.undo.pop() ?? []).reverse()) {
        if (value === undefined) directory.values.delete(key);
        else directory.values.set(key, value);
      }
    }
  }

  /** A bit is wrong in a value, or in the log of batches. */
  damage(path: string): void {
    const directory = this.directory(path);
    if (this.random.chance(0.5)) directory.hasHole = true;
    else if (directory.values.size > 0)
      directory.damagedKey = this.random.pick([...directory.values.keys()].sort());
  }

  /** The store of another task in this one's place. */
  replace(path: string, other: string): void {
    const { values } = this.directory(other);
    this.directories.set(path, { ...empty(), values: new Map(values) });
  }

  private directory(path: string): Directory {
    let directory = this.directories.get(path);
    if (!directory) {
      directory = empty();
      this.directories.set(path, directory);
    }
    return directory;
  }
}

function empty(): Directory {
  return { values: new Map(), undo: [], owner: undefined, damagedKey: undefined, hasHole: false };
}

function forget(directory: Directory): void {
  directory.values = new Map();
  directory.undo = [];
  directory.damagedKey = undefined;
  directory.hasHole = false;
}

class SimulatedStore implements Store {
  constructor(
    private readonly directory: Directory,
    private readonly process: SimulatedProcess,
    private readonly random: Random,
    private readonly clone: (name: string) => void,
  ) {}

  get(key: string): Buffer | undefined {
    if (key === this.directory.damagedKey)
      throw new StoreCorrupt(`the value of ${key} isn't what was written`);
    return this.directory.values.get(key);
  }

  async *range(from: string, below: string) {
    const keys = [...this.directory.values.keys()].filter((key) => key >= from && key < below).sort();
    for (const key of keys) yield [key, this.get(key)!] as const;
  }

  async *parts(from: string, below: string) {
    const part: (readonly [string, Buffer])[] = [];
    for await (const entry of this.range(from, below)) part.push(entry);
    if (part.length > 0) yield part;
  }

  write(batch: StoreBatch): Promise<void> {
    return new Promise((resolve) => {
      this.process.effect(() => this.apply(batch));
      this.process.later(this.random.fraction() * WRITE_MS_MAX, "stored", resolve);
    });
  }

  private apply(batch: StoreBatch): void {
    const { values, undo } = this.directory;
    const before: [string, Buffer | undefined][] = [];
    for (const [key, value] of batch) {
      before.push([key, values.get(key)]);
      if (value === null) values.delete(key);
      else values.set(key, value);
      if (key === this.directory.damagedKey) this.directory.damagedKey = undefined;
    }
    undo.push(before);
  }

  async sizeOf(from: string, below: string): Promise<number> {
    let bytes = 0;
    for await (const [key, value] of this.range(from, below)) bytes += key.length + value.length;
    return bytes;
  }

  readonly memoryBytes = 0;

  async copyInto(target: Store, from: string, below: string): Promise<void> {
    for await (const part of this.parts(from, below)) await target.write(part);
  }

  async forget(from: string, below: string): Promise<void> {
    const keys = [...this.directory.values.keys()].filter((key) => key >= from && key < below);
    await this.write(keys.map((key) => [key, null]));
  }

  async settle(): Promise<void> {}

  cloneBeside(name: string): Promise<void> {
    return new Promise((resolve) => {
      this.process.effect(() => this.clone(name));
      this.process.later(this.random.fraction() * WRITE_MS_MAX, "cloned", resolve);
    });
  }

  async close(): Promise<void> {
    if (this.directory.owner === this.process) this.directory.owner = undefined;
  }
}
