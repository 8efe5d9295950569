import type { Notification, RejectedTransaction } from "../../schemas/generated.js";
import { noteNotification, noteRejected } from "./attempt.js";
import type { RecordMeta, Submission } from "./meta.js";
import { type Settlement, TransactionIndex } from "./transaction-index.js";
import { bestAttempt, summarise, type TransactionStatus } from "./transaction-status.js";

/** Default bound of a transactions view: about 0.6 KB each, so 120 MB when full. */
export const TRANSACTIONS_HELD_MAX = 200_000;

/**
 * Which stage every recent transaction has reached, by transaction id and by submission. Fed by `notifications` and
 * `transactions.rejected`, in any order between partitions, each record at least once.
 *
 * Holds `transactionsHeldMax` transactions and drops the one that was longest without news. A dropped transaction is
 * unknown again, and what its id answers later is what comes later: a copy published after that shows as refused.
 */
export class TransactionsView {
  private readonly index: TransactionIndex;

  constructor(transactionsHeldMax: number = TRANSACTIONS_HELD_MAX) {
    this.index = new TransactionIndex(transactionsHeldMax);
  }

  /** Number of transactions held. */
  get held(): number {
    return this.index.held;
  }

  /** Number of transactions dropped to stay within the bound. */
  get dropped(): number {
    return this.index.dropped;
  }

  /** Notes that the topic acknowledged a transaction, before any stage has seen it. `transactionId` is 32 bytes. */
  noteSubmitted(transactionId: Buffer, { partition, offset }: Submission, timeMs: number): void {
    this.index.attemptAt(partition, offset, timeMs, transactionId.toString("hex"));
  }

  /** Takes in a dead letter. Returns whether it said something new. */
  applyRejected(record: RejectedTransaction, meta: RecordMeta): boolean {
    const { attempt } = this.index.attemptAt(
      record.sourcePartition,
      record.sourceOffset,
      record.submittedAt,
      record.transactionId?.toString("hex"),
    );
    return noteRejected(attempt, record, meta.timeMs);
  }

  /** Takes in a notification. Returns whether it said something new. */
  apply(record: Notification): boolean {
    const id = record.transactionId?.toString("hex");
    switch (record.event) {
      case "REJECTED":
      case "PRE_CONFIRMED":
      case "FINAL": {
        const { sourcePartition, sourceOffset, submittedAt } = record;
        const { entry, attempt } = this.index.attemptAt(sourcePartition, sourceOffset, submittedAt, id);
        if (record.crossShard) entry.crossShard = true;
        return noteNotification(attempt, record.event, record);
      }
      case "COMPLETED":
        return this.settle(id, "completed", record);
      case "REFUNDED":
        return this.settle(id, "refunded", record);
    }
  }

  /** Status by transaction id (64 lower-case hex digits): that of the attempt that took effect, if one did. */
  ofId(transactionId: string): TransactionStatus | undefined {
    const entry = this.index.ofId(transactionId);
    return entry && summarise(entry, bestAttempt(entry));
  }

  /** Status of one submission, whatever became of others of the same transaction. */
  ofSubmission({ partition, offset }: Submission): TransactionStatus | undefined {
    const found = this.index.ofSubmission(partition, offset);
    return found && summarise(found.entry, found.attempt);
  }

  private settle(id: string | undefined, stage: Settlement["stage"], record: Notification): boolean {
    // A settlement names no submission: without an id there is nothing it could belong to.
    if (id === undefined) return false;
    const entry = this.index.entryOfId(id);
    entry.crossShard = true;
    if (entry.settlement) return false;
    entry.settlement = {
      stage,
      code: record.code,
      shard: record.shard,
      height: record.height,
      timeMs: record.at,
    };
    return true;
  }
}
