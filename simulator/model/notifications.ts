import type { Block } from "./block.js";
import { SETTLEMENTS } from "./cut.js";
import type { Notification, ReceiptResult } from "./records.js";
import type { Shards } from "./shards.js";
import { type Submission, type Submissions, where } from "./submissions.js";
import type { InvariantName, Report } from "./violations.js";

/** What senders are told: never final before a certificate, never two things of one transaction, never another thing. */
export class Notifications {
  count = 0;
  /** Transfers whose settlement was told, by id as latin1: what was told, and when. */
  readonly settled = new Map<string, { text: string; atMs: number }>();
  /** Receipts by what a notification names them by; made when first asked for. */
  private readonly indexes = new WeakMap<Block, ReadonlyMap<string, ReceiptResult>>();

  constructor(
    private readonly shards: Pick<Shards, "get">,
    private readonly submissions: Submissions,
    private readonly report: Report,
  ) {}

  /** @param timeMs when the notification was appended */
  take(notification: Notification, timeMs: number): void {
    this.count++;
    const { event, shard: number, height } = notification;
    if (event === "REJECTED") {
      this.rejected(notification, timeMs);
      return;
    }
    const shard = this.shards.get(number);
    if (!shard) {
      this.wrong("notified-rightly", notification);
      return;
    }
    if (event !== "PRE_CONFIRMED" && shard.finality.certified < height) {
      this.wrong("final-needs-certificate", notification);
      return;
    }
    shard.whenClosed(height, (block) => this.compare(notification, block, timeMs));
  }

  private rejected(notification: Notification, timeMs: number): void {
    const { sourcePartition, sourceOffset, submittedAt, code, account, transactionId } = notification;
    const submission = this.submissions.at(sourcePartition, sourceOffset);
    const record = submission.verdict?.kind === "rejected" ? submission.verdict.record : undefined;
    const isRight =
      record?.code === code &&
      record.submittedAt === submittedAt &&
      isSame(record.sender, account) &&
      isSame(record.transactionId, transactionId) &&
      !notification.applied;
    if (this.end(submission, `REJECTED ${code}`, timeMs) && !isRight)
      this.wrong("notified-rightly", notification);
  }

  private compare(notification: Notification, block: Block, timeMs: number): void {
    const { event, applied, code, crossShard, account, transactionId, submittedAt } = notification;
    const receipt = this.indexOf(block).get(nameOf(notification));
    const isSettlement = event === "COMPLETED" || event === "REFUNDED";
    if (isSettlement) {
      const id = transactionId?.toString("latin1") ?? "";
      const text = code === "" ? event : `${event} ${code}`;
      const before = this.settled.get(id);
      if (before && before.text !== text) {
        this.wrong("both-or-neither", notification);
        return;
      }
      if (!before) this.settled.set(id, { text, atMs: timeMs });
    } else if (event === "FINAL") {
      const { sourcePartition, sourceOffset } = notification;
      const submission = this.submissions.at(sourcePartition, sourceOffset);
      if (!this.end(submission, code === "" ? event : `${event} ${code}`, timeMs)) return;
      if (crossShard && transactionId) submission.crossShardId = transactionId.toString("latin1");
    }
    const isRight =
      receipt !== undefined &&
      applied === (receipt.kind !== "REFUSED" && receipt.kind !== "REFUNDED") &&
      code === receipt.code &&
      crossShard === (receipt.kind === "PREPARED") &&
      submittedAt === receipt.submittedAt &&
      isSame(receipt.sender, account) &&
      isSame(receipt.transactionId, transactionId);
    if (!isRight) this.wrong("notified-rightly", notification);
  }

  /** Notes a status; false: it contradicts the one before. */
  private end(submission: Submission, status: string, timeMs: number): boolean {
    if (submission.status !== undefined && submission.status !== status) {
      this.report("ended-once", `${where(submission)}: ${submission.status}, then ${status}`);
      return false;
    }
    submission.status = status;
    submission.endedAtMs ??= timeMs;
    return true;
  }

  private indexOf(block: Block): ReadonlyMap<string, ReceiptResult> {
    let index = this.indexes.get(block);
    if (!index) {
      index = new Map(
        block.receipts.map((receipt) => [
          SETTLEMENTS.has(receipt.kind)
            ? receipt.kind + receipt.transactionId.toString("latin1")
            : `${receipt.sourcePartition}:${receipt.sourceOffset}`,
          receipt,
        ]),
      );
      this.indexes.set(block, index);
    }
    return index;
  }

  private wrong(invariant: InvariantName, notification: Notification): void {
    const { event, shard, height, sourcePartition, sourceOffset } = notification;
    const place = `shard ${shard}, height ${height}, transactions[${sourcePartition}]@${sourceOffset}`;
    this.report(invariant, `notification ${event} of ${place}`);
  }
}

/** What a notification names its receipt by. */
function nameOf({ event, transactionId, sourcePartition, sourceOffset }: Notification): string {
  return event === "COMPLETED" || event === "REFUNDED"
    ? event + (transactionId?.toString("latin1") ?? "")
    : `${sourcePartition}:${sourceOffset}`;
}

function isSame(left: Buffer | null, right: Buffer | null): boolean {
  return left === null || right === null ? left === right : left.equals(right);
}
