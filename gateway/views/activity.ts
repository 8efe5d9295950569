import type { Notification } from "../../schemas/generated.js";
import { Latency, type Percentiles } from "./latency.js";
import { Rate } from "./rate.js";

/** Notifications shown as the latest. */
export const RECENT_NOTIFICATIONS = 40;
/** Reason codes counted one by one; those beyond are counted as OTHER_CODE, since a topic could hold any text. */
const CODES_HELD_MAX = 128;
const OTHER_CODE = "OTHER";
/** Length of the rate's history, in seconds. */
const HISTORY_SECONDS = 120;
/** Seconds that the present rate is the mean of. */
const RATE_SECONDS = 10;

/** What happens now, for people. */
export interface Activity {
  /** Transactions that became final and took effect, mean of the last 10 seconds. */
  readonly finalPerSecond: number;
  /** The same in each of the last 120 seconds, oldest first. */
  readonly finalHistory: readonly number[];
  /** From submission to pre-confirmed and to final, over the last transactions; undefined before the first. */
  readonly preConfirmed: Percentiles | undefined;
  readonly final: Percentiles | undefined;
  /** Counts since the gateway started to read. */
  readonly totals: ActivityTotals;
  /** Transactions rejected, or refused by a final block, by code; most frequent first. */
  readonly refusedByCode: readonly { readonly code: string; readonly count: number }[];
  /** Newest first. */
  readonly recent: readonly Notification[];
}

export interface ActivityTotals {
  readonly preConfirmed: number;
  readonly final: number;
  readonly refused: number;
  readonly rejected: number;
  readonly completed: number;
  readonly refunded: number;
}

/** Counts and latest events, fed by the notifications that said something new. */
export class ActivityView {
  private readonly finals = new Rate();
  private readonly preConfirmedLatency = new Latency();
  private readonly finalLatency = new Latency();
  private readonly counts = { preConfirmed: 0, final: 0, refused: 0, rejected: 0, completed: 0, refunded: 0 };
  private readonly codes = new Map<string, number>();
  private readonly recent: Notification[] = [];

  /** Takes in a notification; the caller leaves out repeated ones. */
  apply(record: Notification): void {
    if (this.recent.push(record) > RECENT_NOTIFICATIONS) this.recent.shift();
    switch (record.event) {
      case "REJECTED":
        this.counts.rejected++;
        this.countCode(record.code);
        return;
      case "PRE_CONFIRMED":
        this.counts.preConfirmed++;
        this.preConfirmedLatency.add(record.at - record.submittedAt);
        return;
      case "FINAL":
        this.finalLatency.add(record.at - record.submittedAt);
        if (record.applied) {
          this.counts.final++;
          this.finals.add(record.at);
        } else {
          this.counts.refused++;
          this.countCode(record.code);
        }
        return;
      case "COMPLETED":
        this.counts.completed++;
        return;
      case "REFUNDED":
        this.counts.refunded++;
        this.countCode(record.code);
        return;
    }
  }

  /** What happens at a time, in milliseconds since 1970. */
  at(nowMs: number): Activity {
    return {
      finalPerSecond: this.finals.perSecond(nowMs, RATE_SECONDS),
      finalHistory: this.finals.history(nowMs, HISTORY_SECONDS),
      preConfirmed: this.preConfirmedLatency.percentiles(),
      final: this.finalLatency.percentiles(),
      totals: { ...this.counts },
      refusedByCode: [...this.codes]
        .map(([code, count]) => ({ code, count }))
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      recent: [...this.recent].reverse(),
    };
  }

  private countCode(code: string): void {
    const name = this.codes.has(code) || this.codes.size < CODES_HELD_MAX ? code : OTHER_CODE;
    this.codes.set(name, (this.codes.get(name) ?? 0) + 1);
  }
}
