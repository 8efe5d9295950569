import { type Attempt, newAttempt, outranks } from "./attempt.js";

/** Attempts kept of one transaction: anyone can publish a copy, so their number needs a bound of its own. */
export const ATTEMPTS_HELD_MAX = 4;

/** What became of a transfer to another shard. */
export interface Settlement {
  readonly stage: "completed" | "refunded";
  /** Reason code of a refund; "" otherwise. */
  readonly code: string;
  readonly shard: number;
  readonly height: number;
  /** Broker time in milliseconds since 1970. */
  readonly timeMs: number;
}

/** Everything known about one transaction. */
export interface TransactionEntry {
  /** 64 lower-case hex digits; undefined for bytes that no id is known of. */
  id: string | undefined;
  crossShard: boolean;
  /** At most ATTEMPTS_HELD_MAX, in no order. Empty when only a settlement was seen. */
  readonly attempts: Attempt[];
  settlement: Settlement | undefined;
}

/** Finds entries by id and by submission, and drops the ones that were longest without news beyond `heldMax`. */
export class TransactionIndex {
  /** By age: a Set keeps insertion order, and `touch` inserts anew. */
  private readonly byAge = new Set<TransactionEntry>();
  private readonly byId = new Map<string, TransactionEntry>();
  private readonly bySubmission = new Map<string, TransactionEntry>();
  private droppedCount = 0;

  constructor(private readonly heldMax: number) {
    if (!Number.isSafeInteger(heldMax) || heldMax < 1)
      throw new RangeError("heldMax is a whole number above 0");
  }

  get held(): number {
    return this.byAge.size;
  }

  get dropped(): number {
    return this.droppedCount;
  }

  ofId(id: string): TransactionEntry | undefined {
    return this.byId.get(id);
  }

  ofSubmission(partition: number, offset: number): { entry: TransactionEntry; attempt: Attempt } | undefined {
    const entry = this.bySubmission.get(submissionKey(partition, offset));
    const attempt = entry?.attempts.find((one) => one.partition === partition && one.offset === offset);
    return entry && attempt && { entry, attempt };
  }

  /** The entry of an id, made when it is new. Counts as news. */
  entryOfId(id: string): TransactionEntry {
    let entry = this.byId.get(id);
    if (!entry) {
      entry = newEntry(id);
      this.byId.set(id, entry);
    }
    this.touch(entry);
    return entry;
  }

  /** The attempt at a submission, made when it is new. Counts as news. */
  attemptAt(
    partition: number,
    offset: number,
    submittedTimeMs: number,
    id: string | undefined,
  ): { entry: TransactionEntry; attempt: Attempt } {
    const known = this.ofSubmission(partition, offset);
    if (known) {
      if (id !== undefined && known.entry.id === undefined) {
        return { entry: this.giveId(known.entry, id), attempt: known.attempt };
      }
      this.touch(known.entry);
      return known;
    }
    const entry = id === undefined ? newEntry(undefined) : this.entryOfId(id);
    const attempt = newAttempt(partition, offset, submittedTimeMs);
    this.addAttempt(entry, attempt);
    this.touch(entry);
    return { entry, attempt };
  }

  /** A submission's id became known after its fate: unites it with what is already held under that id. */
  private giveId(entry: TransactionEntry, id: string): TransactionEntry {
    const other = this.byId.get(id);
    if (!other) {
      entry.id = id;
      this.byId.set(id, entry);
      this.touch(entry);
      return entry;
    }
    this.byAge.delete(entry);
    for (const attempt of entry.attempts) this.addAttempt(other, attempt);
    this.touch(other);
    return other;
  }

  private addAttempt(entry: TransactionEntry, attempt: Attempt): void {
    if (entry.attempts.length >= ATTEMPTS_HELD_MAX) {
      // The least telling one goes, never the one that took effect.
      const least = entry.attempts.reduce((low, one) => (outranks(low, one) ? one : low));
      entry.attempts.splice(entry.attempts.indexOf(least), 1);
      this.bySubmission.delete(submissionKey(least.partition, least.offset));
    }
    entry.attempts.push(attempt);
    this.bySubmission.set(submissionKey(attempt.partition, attempt.offset), entry);
  }

  private touch(entry: TransactionEntry): void {
    this.byAge.delete(entry);
    this.byAge.add(entry);
    if (this.byAge.size <= this.heldMax) return;
    for (const oldest of this.byAge) {
      this.byAge.delete(oldest);
      if (oldest.id !== undefined) this.byId.delete(oldest.id);
      for (const { partition, offset } of oldest.attempts) {
        this.bySubmission.delete(submissionKey(partition, offset));
      }
      this.droppedCount++;
      return;
    }
  }
}

function submissionKey(partition: number, offset: number): string {
  return `${partition}:${offset}`;
}

function newEntry(id: string | undefined): TransactionEntry {
  return { id, crossShard: false, attempts: [], settlement: undefined };
}
