import { rm } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import type { StoreBatch } from "../../processors/stage.js";

/** How long another process may take to let go of a store, in milliseconds. */
const LOCK_WAIT_MS = 10_000;
const LOCK_RETRY_MS = 200;

/** Key-value store of one task on local disk. A cache: it can be deleted and is rebuilt from topics. */
export interface Store {
  get(key: string): Buffer | undefined;
  range(from: string, below: string): AsyncIterable<readonly [string, Buffer]>;
  /** All or nothing. */
  write(batch: StoreBatch): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

type Database = ClassicLevel<Buffer, Buffer>;

/** LevelDB in a directory. Keys are latin1 strings, so that state keys keep their bytes. */
export class LevelStore implements Store {
  private constructor(private readonly database: Database) {}

  /**
   * Opens or makes the store. Waits for another process to let go of it; one that can't be read is deleted.
   * Throws when it stays locked.
   */
  static async open(directory: string): Promise<LevelStore> {
    const giveUpAt = Date.now() + LOCK_WAIT_MS;
    for (;;) {
      const database: Database = new ClassicLevel<Buffer, Buffer>(directory, {
        keyEncoding: "buffer",
        valueEncoding: "buffer",
      });
      try {
        await database.open();
        return new LevelStore(database);
      } catch (error) {
        const code = (error as { cause?: { code?: string } }).cause?.code;
        if (code === "LEVEL_CORRUPTION") await rm(directory, { recursive: true, force: true });
        else if (code !== "LEVEL_LOCKED" || Date.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
      }
    }
  }

  get(key: string): Buffer | undefined {
    return this.database.getSync(Buffer.from(key, "latin1"));
  }

  async *range(from: string, below: string) {
    const bounds = { gte: Buffer.from(from, "latin1"), lt: Buffer.from(below, "latin1") };
    for await (const [key, value] of this.database.iterator(bounds)) {
      yield [key.toString("latin1"), value] as const;
    }
  }

  async write(batch: StoreBatch): Promise<void> {
    await this.database.batch(
      batch.map(([key, value]) =>
        value === null
          ? { type: "del" as const, key: Buffer.from(key, "latin1") }
          : { type: "put" as const, key: Buffer.from(key, "latin1"), value },
      ),
    );
  }

  clear(): Promise<void> {
    return this.database.clear();
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
