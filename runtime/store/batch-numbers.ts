import type { ClassicLevel } from "classic-level";

export type Batch = (
  | { readonly type: "put"; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: "del"; readonly key: Buffer }
)[];

/** Above every key of a task, which begin with letters. */
const PREFIX = 0xff;
const KEY_BYTES = 9;
/**
 * Batches whose numbers are kept. LevelDB's log of recent batches ends at 4 MiB and a batch takes more than 200 bytes, so
 * all that can be in it are among them.
 */
const KEPT_MAX = 20_000;

/**
 * Numbers a store's batches without gaps. LevelDB skips a damaged batch in its log and keeps the later ones: what it then
 * has was never the state of anything. A gap in the numbers shows that.
 */
export class BatchNumbers {
  private constructor(private last: number) {}

  static none(): BatchNumbers {
    return new BatchNumbers(0);
  }

  /** undefined: a batch is missing. */
  static async read(database: ClassicLevel<Buffer, Buffer>): Promise<BatchNumbers | undefined> {
    let previous: number | undefined;
    let first = 0;
    try {
      for await (const key of database.keys({ gte: Buffer.of(PREFIX) })) {
        const number = Number(key.readBigUInt64BE(1));
        if (previous !== undefined && number !== previous + 1) return undefined;

        if (previous === undefined) first = number;
        previous = number;
      }
    } catch {
      return undefined;
    }
    const last = previous ?? 0;
    return last === 0 || first === Math.max(1, last - KEPT_MAX + 1) ? new BatchNumbers(last) : undefined;
  }

  /** What goes into the next batch. */
  next(): Batch {
    this.last++;
    const kept: Batch = [{ type: "put", key: keyOf(this.last), value: Buffer.alloc(0) }];
    if (this.last > KEPT_MAX) kept.push({ type: "del", key: keyOf(this.last - KEPT_MAX) });
    return kept;
  }
}

function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt8(PREFIX, 0);
  key.writeBigUInt64BE(BigInt(number), 1);
  return key;
}
