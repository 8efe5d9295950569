import type { Notification } from "../../schemas/generated.js";
import type { Submission } from "./publisher.js";

/** What became of one submission. Times are when this process saw it, in milliseconds since 1970. */
export interface Tracked {
  readonly submission: Submission;
  readonly sentMs: number;
  preconfirmedMs?: number;
  finalMs?: number;
  settledMs?: number;
  /** Set with the last status. */
  outcome?: "applied" | "rejected" | "refused" | "refunded";
  code?: string;
  transactionId?: string;
  sender?: string;
  crossShard?: boolean;
}

const keyOf = (partition: number, offset: number) => `${partition}:${offset}`;

/**
 * Follows submissions to their last status: rejected, refused (final), final within a shard, or completed or refunded
 * across shards. Events may come twice, and before the broker's acknowledgement does.
 */
export class Tracker {
  readonly submissions = new Map<string, Tracked>();
  private readonly byId = new Map<string, Tracked>();
  private readonly early = new Map<string, [Notification, number][]>();
  private readonly earlySettlements = new Map<string, [Notification, number]>();
  /** Places (shard, height) where a transaction was applied: more than one is a double effect. */
  private readonly appliedAt = new Map<string, Set<string>>();
  private ended = 0;

  /** @param onEnded called once for each submission that reached its last status */
  constructor(private readonly onEnded: (tracked: Tracked) => void = () => undefined) {}

  /** Number of submissions that have not reached their last status. */
  get pending(): number {
    return this.submissions.size - this.ended;
  }

  /** Transactions that took effect more than once. */
  get duplicated(): number {
    let count = 0;
    for (const places of this.appliedAt.values()) if (places.size > 1) count++;
    return count;
  }

  /** Follows a submission that the broker acknowledged. */
  submitted(submission: Submission, sentMs: number): Tracked {
    const key = keyOf(submission.partition, submission.offset);
    const tracked: Tracked = { submission, sentMs };
    this.submissions.set(key, tracked);
    for (const [notification, atMs] of this.early.get(key) ?? []) this.take(notification, atMs);
    this.early.delete(key);
    return tracked;
  }

  take(notification: Notification, atMs: number): void {
    const id = notification.transactionId?.toString("hex");
    if (notification.sourceOffset < 0) {
      const tracked = id === undefined ? undefined : this.byId.get(id);
      if (tracked) this.settle(tracked, notification, atMs);
      else if (id !== undefined) this.earlySettlements.set(id, [notification, atMs]);
      return;
    }
    const key = keyOf(notification.sourcePartition, notification.sourceOffset);
    const tracked = this.submissions.get(key);
    if (tracked) {
      this.advance(tracked, notification, id, atMs);
      return;
    }
    const early = this.early.get(key) ?? [];
    early.push([notification, atMs]);
    this.early.set(key, early);
  }

  private advance(tracked: Tracked, notification: Notification, id: string | undefined, atMs: number): void {
    if (id !== undefined) tracked.transactionId = id;
    if (notification.account) tracked.sender = notification.account.toString("hex");
    switch (notification.event) {
      case "REJECTED":
        tracked.preconfirmedMs ??= atMs;
        this.end(tracked, "rejected", notification.code);
        break;
      case "PRE_CONFIRMED":
        tracked.preconfirmedMs ??= atMs;
        break;
      case "FINAL":
        tracked.finalMs ??= atMs;
        if (!notification.applied) this.end(tracked, "refused", notification.code);
        else {
          this.applied(id!, `${notification.shard}/${notification.height}`);
          tracked.crossShard = notification.crossShard;
          if (notification.crossShard) this.await(id!, tracked);
          else this.end(tracked, "applied", "");
        }
        break;
      case "COMPLETED":
      case "REFUNDED":
        break; // has no submission: see take
    }
  }

  private applied(id: string, place: string): void {
    const places = this.appliedAt.get(id);
    if (places) places.add(place);
    else this.appliedAt.set(id, new Set([place]));
  }

  /** A settlement names only the transaction; it may have come from another partition before the FINAL. */
  private await(id: string, tracked: Tracked): void {
    this.byId.set(id, tracked);
    const early = this.earlySettlements.get(id);
    if (early) this.settle(tracked, ...early);
  }

  private settle(tracked: Tracked, notification: Notification, atMs: number): void {
    if (notification.event === "COMPLETED") this.end(tracked, "applied", "", atMs);
    else if (notification.event === "REFUNDED") this.end(tracked, "refunded", notification.code, atMs);
  }

  private end(
    tracked: Tracked,
    outcome: NonNullable<Tracked["outcome"]>,
    code: string,
    settledMs?: number,
  ): void {
    if (tracked.outcome) return;
    tracked.outcome = outcome;
    tracked.code = code;
    if (settledMs !== undefined) tracked.settledMs = settledMs;
    this.ended++;
    this.onEnded(tracked);
  }
}
