/** What the mission asks of a shard: the capacity until it is measured, in transactions a second. */
export const CAPACITY_UNMEASURED = 10_000;
/** Measurements count less with time: a third after so many milliseconds. */
const REMEMBERED_MS = 120_000;
/** So much of a process' time must have gone to a shard, all in all, before its capacity is known; in milliseconds. */
const WORK_MS_MIN = 1_000;

/**
 * How much one shard can take on this installation, by the utilisation law (Denning, Buzen 1978): what it did, divided by
 * the share of a process' time that it took where it took most. A shard alone in its processes comes to that.
 */
export class Capacity {
  private transactions = 0;
  private workMs = 0;
  private atMs = 0;

  /**
   * In a span a shard did so many transactions.
   * @param work share of one process' time that it took where it took most
   */
  add(transactions: number, work: number, spanMs: number, nowMs: number): void {
    const kept = Math.exp(-Math.max(0, nowMs - this.atMs) / REMEMBERED_MS);
    this.transactions = this.transactions * kept + transactions;
    this.workMs = this.workMs * kept + work * spanMs;
    this.atMs = nowMs;
  }

  /** Transactions a second; undefined: too little was seen. */
  get perSecond(): number | undefined {
    if (this.workMs < WORK_MS_MIN || this.transactions === 0) return undefined;
    return (1_000 * this.transactions) / this.workMs;
  }
}
