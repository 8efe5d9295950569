import type { RecordTypes } from "../../schemas/generated.js";
import { read } from "../read.js";
import type { InputRecord } from "../stage.js";
import type { Difference } from "./difference.js";

/** Records that are put aside at most. */
const ASIDE_MAX = 1_024;

/** What looks at the records of a topic, each once the log has given the block that it is about. */
export interface Check<T> {
  heightOf(value: T): number;
  /** @param value undefined: the record can't be read */
  take(value: T | undefined, record: InputRecord): Difference | undefined;
  /** Called after each block, when all its records that come in order have been taken. */
  blockDone(height: number): Difference | undefined;
  /** Called when the topic has been read to its end. */
  finish(): Difference | undefined;
}

/** Reads a topic along with the blocks of its shard: a merge of two streams in height order. */
export class Follower<K extends keyof RecordTypes> {
  private batch: readonly InputRecord[] = [];
  private at = 0;
  private isAtEnd = false;
  private value: RecordTypes[K] | undefined;
  private isDecoded = false;
  private aside: { value: RecordTypes[K]; record: InputRecord }[] = [];
  private asideFrom = Number.POSITIVE_INFINITY;
  private readonly batches: AsyncIterator<readonly InputRecord[]>;

  /**
   * @param aheadMax a record so many blocks ahead is nobody's next: it is put aside, and holds up nothing behind it
   * @param start height up to which records are passed over: the replay begins after it
   */
  constructor(
    private readonly name: K,
    records: AsyncIterable<readonly InputRecord[]>,
    private readonly check: Check<RecordTypes[K]>,
    private readonly aheadMax: number,
    private readonly start: number,
  ) {
    this.batches = records[Symbol.asyncIterator]();
  }

  /** Takes all records up to a height that come before the first one above it. */
  async blockDone(height: number): Promise<Difference | undefined> {
    const difference = this.takeAside(height) ?? (await this.takeUpTo(height, false));
    return difference ?? this.check.blockDone(height);
  }

  /** Takes what is left of the topic; records above the height are somebody else's to judge. */
  async finish(height: number): Promise<Difference | undefined> {
    const difference = this.takeAside(height) ?? (await this.takeUpTo(height, true));
    return difference ?? this.check.finish();
  }

  private async takeUpTo(height: number, isEnd: boolean): Promise<Difference | undefined> {
    for (;;) {
      while (this.at >= this.batch.length) if (!(await this.fill())) return undefined;
      const record = this.batch[this.at]!;
      if (!this.isDecoded) {
        this.value = read(this.name, record);
        this.isDecoded = true;
      }
      const { value } = this;
      const at = value === undefined ? 0 : this.check.heightOf(value);
      if (at > height && !isEnd) {
        if (at <= height + this.aheadMax || this.aside.length >= ASIDE_MAX) return undefined;
        this.aside.push({ value: value!, record });
        this.asideFrom = Math.min(this.asideFrom, at);
      }
      this.at++;
      this.isDecoded = false;
      if (at > height || (value !== undefined && at <= this.start)) continue;
      const difference = this.check.take(value, record);
      if (difference) return difference;
    }
  }

  private takeAside(height: number): Difference | undefined {
    if (this.asideFrom > height) return undefined;
    const due = this.aside.filter(({ value }) => this.check.heightOf(value) <= height);
    this.aside = this.aside.filter(({ value }) => this.check.heightOf(value) > height);
    this.asideFrom = Math.min(...this.aside.map(({ value }) => this.check.heightOf(value)));
    for (const { value, record } of due) {
      const difference = this.check.take(value, record);
      if (difference) return difference;
    }
    return undefined;
  }

  private async fill(): Promise<boolean> {
    if (this.isAtEnd) return false;
    const next = await this.batches.next();
    this.isAtEnd = next.done === true;
    this.batch = next.done === true ? [] : next.value;
    this.at = 0;
    return !this.isAtEnd;
  }
}
