import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { ClassicLevel } from "classic-level";
import type { StoreBatch } from "../../processors/stage.js";
import { BatchNumbers } from "./batch-numbers.js";
import { cloneFiles } from "./clone-files.js";

/** How long another process may take to let go of a store, in milliseconds. */
const LOCK_WAIT_MS = 10_000;
const LOCK_RETRY_MS = 20;
/** LevelDB's own default. */
const WRITE_BUFFER_BYTES = 4 * 2 ** 20;
/** A range is read in parts of at most so many values and about so many bytes. */
const PART_VALUES_MAX = 5_000;
const PART_BYTES = 1_024 * 1_024;
/** CRC-32 of key and value in front of each value: LevelDB itself doesn't look at checksums when it reads. */
const CHECKSUM_BYTES = 4;

/** Some values of a range, by ascending key. */
export type StorePart = readonly (readonly [string, Buffer])[];

/** Key-value store of one task on local disk. A cache: it can be deleted and is rebuilt from topics. */
export interface Store {
  /** Throws StoreCorrupt. */
  get(key: string): Buffer | undefined;
  /** Throws StoreCorrupt. */
  range(from: string, below: string): AsyncIterable<readonly [string, Buffer]>;
  /** The same in parts, in order: measured, half the work where there are many values. Throws StoreCorrupt. */
  parts(from: string, below: string): AsyncIterable<StorePart>;
  /** Bytes that a range takes on disk, as far as files have it: what was written last is still elsewhere. */
  sizeOf(from: string, below: string): Promise<number>;
  /** Memory that values are kept in, in bytes. */
  readonly memoryBytes: number;
  /** All or nothing. */
  write(batch: StoreBatch): Promise<void>;
  /** Writes a range of this store into another one. Throws StoreCorrupt. */
  copyInto(target: Store, from: string, below: string): Promise<void>;
  /** Removes a range without reading it here. After a crash some of it may still be there. */
  forget(from: string, below: string): Promise<void>;
  /** What was written so far goes to where a clone has it from. */
  settle(): Promise<void>;
  /**
   * Makes a store of another name beside this one that has the same, in a moment however much that is; what was there under that
   * name is gone. Nothing may be written meanwhile. Where it can't be read afterwards it is empty.
   */
  cloneBeside(name: string): Promise<void>;
  close(): Promise<void>;
}

/** The store isn't what was written; forgetting it and executing again helps. */
export class StoreCorrupt extends Error {
  readonly code = "STORE_CORRUPT";
}

/** Nothing is below it, and nothing is there. */
const FIRST_KEY = Buffer.from([0]);

type Database = ClassicLevel<Buffer, Buffer>;
type ChainedBatch = ReturnType<Database["batch"]>;

/** LevelDB in a directory. Keys are latin1 strings, so that state keys keep their bytes. */
export class LevelStore implements Store {
  private constructor(
    private readonly directory: string,
    private readonly database: Database,
    private readonly numbers: BatchNumbers,
  ) {}

  /**
   * Opens or makes the store. Waits for another process to let go of it; one that can't be read, or lacks a batch that
   * later ones build on, is forgotten. Throws when it stays locked.
   * @param wipe forget what is in it
   * @param writeBufferBytes what is written stays in memory up to so much; twice that while it goes to a file
   */
  static async open(
    directory: string,
    wipe: boolean,
    writeBufferBytes = WRITE_BUFFER_BYTES,
  ): Promise<LevelStore> {
    if (wipe) await whenUnlocked(() => ClassicLevel.destroy(directory));
    const found = await openDatabase(directory, writeBufferBytes);
    if (found) {
      const numbers = await BatchNumbers.read(found);
      if (numbers) return new LevelStore(directory, found, numbers);
      await found.close();
    }
    await whenUnlocked(() => ClassicLevel.destroy(directory));
    const empty = await openDatabase(directory, writeBufferBytes);
    if (!empty) throw new StoreCorrupt(`${directory} can't be read although it was just made`);
    return new LevelStore(directory, empty, BatchNumbers.none());
  }

  get(key: string): Buffer | undefined {
    const bytes = Buffer.from(key, "latin1");
    let stored: Buffer | undefined;
    try {
      stored = this.database.getSync(bytes);
    } catch (error) {
      throw isCorruption(error) ? new StoreCorrupt(String(error)) : error;
    }
    return stored && checked(bytes, stored);
  }

  async *range(from: string, below: string) {
    for await (const part of this.parts(from, below)) yield* part;
  }

  async *parts(from: string, below: string) {
    for await (const part of this.stored(from, below))
      yield part.map(([key, stored]) => [key.toString("latin1"), checked(key, stored)] as const);
  }

  async copyInto(target: Store, from: string, below: string): Promise<void> {
    if (!(target instanceof LevelStore)) {
      for await (const part of this.parts(from, below)) await target.write(part);
      return;
    }
    // As it is stored: measured, half the work.
    for await (const part of this.stored(from, below)) {
      const batch = target.database.batch();
      for (const [key, stored] of part) {
        checked(key, stored);
        batch.put(key, stored);
      }
      await target.finish(batch);
    }
  }

  sizeOf(from: string, below: string): Promise<number> {
    return this.database.approximateSize(Buffer.from(from, "latin1"), Buffer.from(below, "latin1"));
  }

  /** LevelDB's own buffers are of one size, whatever is in the store. */
  readonly memoryBytes = 0;

  private async *stored(from: string, below: string): AsyncGenerator<[Buffer, Buffer][]> {
    const bounds = { gte: Buffer.from(from, "latin1"), lt: Buffer.from(below, "latin1") };
    const iterator = this.database.iterator({ ...bounds, highWaterMarkBytes: PART_BYTES });
    try {
      for (;;) {
        const part = await iterator.nextv(PART_VALUES_MAX);
        if (part.length === 0) return;
        yield part;
      }
    } catch (error) {
      throw isCorruption(error) ? new StoreCorrupt(String(error)) : error;
    } finally {
      await iterator.close();
    }
  }

  async write(batch: StoreBatch): Promise<void> {
    // Step by step instead of as a list: measured, a quarter less work for each value.
    const chained = this.database.batch();
    for (const [name, value] of batch) {
      const key = Buffer.from(name, "latin1");
      if (value === null) chained.del(key);
      else chained.put(key, withChecksum(key, value));
    }
    await this.finish(chained);
  }

  private async finish(batch: ChainedBatch): Promise<void> {
    for (const operation of this.numbers.next()) {
      if (operation.type === "del") batch.del(operation.key);
      else batch.put(operation.key, operation.value);
    }
    await batch.write();
  }

  forget(from: string, below: string): Promise<void> {
    return this.database.clear({ gte: Buffer.from(from, "latin1"), lt: Buffer.from(below, "latin1") });
  }

  /** Recent batches become a table. LevelDB does so before it puts together a range, however little is in that. */
  settle(): Promise<void> {
    return this.database.compactRange(FIRST_KEY, FIRST_KEY);
  }

  async cloneBeside(name: string): Promise<void> {
    const directory = join(dirname(this.directory), name);
    // Once, here, and not in each clone again when it is opened.
    await this.settle();
    await whenUnlocked(() => ClassicLevel.destroy(directory));
    await cloneFiles(this.directory, directory);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** undefined: it can't be read. Throws when it stays locked. */
async function openDatabase(directory: string, writeBufferSize: number): Promise<Database | undefined> {
  const database: Database = new ClassicLevel<Buffer, Buffer>(directory, {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
    writeBufferSize,
  });
  try {
    await whenUnlocked(() => database.open());
    return database;
  } catch (error) {
    if (isCorruption(error)) return undefined;
    throw error;
  }
}

/** Tries again while another process has the lock. */
async function whenUnlocked<T>(attempt: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!codesOf(error).includes("LEVEL_LOCKED") || Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    }
  }
}

function isCorruption(error: unknown): boolean {
  return codesOf(error).includes("LEVEL_CORRUPTION");
}

function codesOf(error: unknown): (string | undefined)[] {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return [code, cause?.code];
}

function withChecksum(key: Buffer, value: Buffer): Buffer {
  const stored = Buffer.allocUnsafe(CHECKSUM_BYTES + value.length);
  stored.writeUInt32BE(crc32(value, crc32(key)), 0);
  stored.set(value, CHECKSUM_BYTES);
  return stored;
}

function checked(key: Buffer, stored: Buffer): Buffer {
  const value = stored.subarray(CHECKSUM_BYTES);
  if (stored.length < CHECKSUM_BYTES || stored.readUInt32BE(0) !== crc32(value, crc32(key))) {
    throw new StoreCorrupt(`the value of ${key.toString("latin1")} isn't what was written`);
  }
  return value;
}
