import type { KafkaErrorType } from "./errors.js";

/** A record, or a marker that ends a transaction; both have an offset. */
export interface Entry {
  readonly offset: number;
  /** LogAppendTime, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isMarker: boolean;
  /** Its transaction was aborted: read_committed leaves it out. */
  isAborted: boolean;
  /** Compaction took it; its offset stays empty. */
  isCompacted: boolean;
}

export interface NewRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Who writes: sequence numbers count the records of a producer epoch in this partition. */
export interface ProducerStamp {
  readonly producerId: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly isTransactional: boolean;
}

interface ProducerState {
  epoch: number;
  nextSequence: number;
  /** The last batches, oldest first: a repeat of one is answered, not written. */
  readonly batches: { readonly sequence: number; readonly count: number; readonly baseOffset: number }[];
}

/** Batches of a producer that a broker remembers, as Kafka does. */
const BATCHES_REMEMBERED = 5;

/** What a read_committed fetch gives. */
export interface FetchedEntries {
  readonly entries: readonly Entry[];
  /** Offset to go on from. */
  readonly next: number;
  /** Last stable offset. */
  readonly end: number;
}

/** A partition's log with Kafka's idempotence, transactions and last stable offset. */
export class Partition {
  private readonly log: Entry[] = [];
  private readonly producers = new Map<number, ProducerState>();
  /** First offset of each open transaction, by producer id. */
  private readonly open = new Map<number, Entry[]>();
  private observed = 0;
  /** Offset of the first record that is still there. */
  start = 0;
  /** Fetches that wait for something to read. */
  readonly waiting = new Set<() => void>();

  /** As offsets are kept by: topic[number]. */
  readonly name: string;

  constructor(
    readonly topic: string,
    readonly number: number,
    /** Hears of each record, in order, when read_committed may see it. */
    private readonly onReadable: (entry: Entry, partition: Partition) => void,
  ) {
    this.name = `${topic}[${number}]`;
  }

  /** Offset of the next record. */
  get end(): number {
    return this.log.length;
  }

  /** Nothing from here on is decided: the first record of the oldest open transaction, or the end. */
  get lastStable(): number {
    if (this.open.size === 0) return this.log.length;
    let stable = this.log.length;
    for (const entries of this.open.values()) stable = Math.min(stable, entries[0]!.offset);
    return stable;
  }

  /** Appends a batch; returns its first offset, also for a repeat, or why not. */
  append(
    records: readonly NewRecord[],
    stamp: ProducerStamp | undefined,
    timeMs: number,
  ): number | KafkaErrorType {
    if (stamp) {
      const known = this.admit(stamp, records.length);
      if (known !== undefined) return known;
    }
    const baseOffset = this.log.length;
    for (const { key, value } of records) this.push(key, value, false, timeMs);
    if (stamp) {
      const { batches } = this.producers.get(stamp.producerId)!;
      batches.push({ sequence: stamp.sequence, count: records.length, baseOffset });
      if (batches.length > BATCHES_REMEMBERED) batches.shift();
      if (stamp.isTransactional) {
        const entries = this.open.get(stamp.producerId) ?? [];
        for (let offset = baseOffset; offset < this.log.length; offset++) entries.push(this.log[offset]!);
        this.open.set(stamp.producerId, entries);
      }
    }
    this.advance();
    return baseOffset;
  }

  /** undefined: it may be written; an offset: it was; otherwise why it may not. */
  private admit(stamp: ProducerStamp, count: number): number | KafkaErrorType | undefined {
    let state = this.producers.get(stamp.producerId);
    if (state && stamp.epoch < state.epoch) return "INVALID_PRODUCER_EPOCH";
    if (!state || stamp.epoch > state.epoch) {
      if (stamp.sequence !== 0 && state) return "OUT_OF_ORDER_SEQUENCE_NUMBER";
      state = { epoch: stamp.epoch, nextSequence: stamp.sequence, batches: [] };
      this.producers.set(stamp.producerId, state);
    }
    const repeated = state.batches.find(
      (batch) => batch.sequence === stamp.sequence && batch.count === count,
    );
    if (repeated) return repeated.baseOffset;
    if (stamp.sequence !== state.nextSequence) return "OUT_OF_ORDER_SEQUENCE_NUMBER";
    state.nextSequence += count;
    return undefined;
  }

  /** Ends a producer's transaction here; nothing where it wrote nothing. */
  mark(producerId: number, epoch: number, isCommit: boolean, timeMs: number): void {
    const state = this.producers.get(producerId);
    if (state && epoch > state.epoch) {
      this.producers.set(producerId, { epoch, nextSequence: 0, batches: [] });
    }
    const entries = this.open.get(producerId);
    this.open.delete(producerId);
    if (!isCommit) for (const entry of entries ?? []) entry.isAborted = true;
    this.push(null, null, true, timeMs);
    this.advance();
  }

  private push(key: Buffer | null, value: Buffer | null, isMarker: boolean, timeMs: number): void {
    this.log.push({
      offset: this.log.length,
      timeMs,
      key,
      value,
      isMarker,
      isAborted: false,
      isCompacted: false,
    });
  }

  private advance(): void {
    const stable = this.lastStable;
    if (stable === this.observed) return;
    for (; this.observed < stable; this.observed++) {
      const entry = this.log[this.observed]!;
      if (!entry.isMarker && !entry.isAborted) this.onReadable(entry, this);
    }
    for (const wake of [...this.waiting]) wake();
  }

  /** As read_committed; undefined where the offset is out of range. */
  read(from: number, recordsMax: number): FetchedEntries | undefined {
    if (from < this.start || from > this.log.length) return undefined;
    const end = this.lastStable;
    const entries: Entry[] = [];
    let next = from;
    while (next < end && entries.length < recordsMax) {
      const entry = this.log[next++]!;
      if (!entry.isMarker && !entry.isAborted && !entry.isCompacted) entries.push(entry);
    }
    return { entries, next, end };
  }

  /** As read_uncommitted: what a reader sees that doesn't care for transactions. */
  readUncommitted(from: number, recordsMax: number): FetchedEntries | undefined {
    if (from < this.start || from > this.log.length) return undefined;
    const entries: Entry[] = [];
    let next = from;
    while (next < this.log.length && entries.length < recordsMax) {
      const entry = this.log[next++]!;
      if (!entry.isMarker && !entry.isCompacted) entries.push(entry);
    }
    return { entries, next, end: this.log.length };
  }

  /** Keeps the last value of each key only, below the last stable offset; the last record always stays. */
  compact(): void {
    const last = new Map<string, Entry>();
    const stable = this.lastStable;
    for (let offset = this.start; offset < stable; offset++) {
      const entry = this.log[offset]!;
      if (entry.isMarker || entry.isAborted || entry.isCompacted || entry.key === null) continue;
      const key = entry.key.toString("latin1");
      const older = last.get(key);
      if (older) older.isCompacted = true;
      last.set(key, entry);
    }
  }
}
