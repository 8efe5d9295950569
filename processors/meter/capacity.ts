/** What the mission asks of a shard: the capacity until it is measured, in transactions a second. */
export const CAPACITY_UNMEASURED = 10_000;
/** Measurements count less with time: a third after so many milliseconds. */
const REMEMBERED_MS = 120_000;
/** So much of a process' time must have gone to a shard, all in all, before its capacity is known; in milliseconds. */
const WORK_MS_MIN = 1_000;
/** Records must have waited for a shard for so long, all in all, before what it did meanwhile is what it can; in milliseconds. */
const SATURATED_MS_MIN = 5_000;
/** A shard with records waiting that does less than this share of the law's is held up by others, and not saturated itself. */
const SATURATED_SHARE_MIN = 0.5;

/**
 * How much one shard can take on this installation, by the utilisation law (Denning, Buzen 1978): what it did, divided by
 * the share of a process' time that it took where it took most. A shard alone in its processes comes to that, unless something
 * else of the machine is used up before: what a shard does while its records wait is the bound.
 */
export class Capacity {
  private transactions = 0;
  private workMs = 0;
  private saturatedTransactions = 0;
  private saturatedMs = 0;
  private atMs = 0;

  /**
   * In a span a shard did so many transactions.
   * @param work share of one process' time that it took where it took most
   * @param isSaturated records waited for it
   */
  add(transactions: number, work: number, spanMs: number, nowMs: number, isSaturated = false): void {
    const kept = Math.exp(-Math.max(0, nowMs - this.atMs) / REMEMBERED_MS);
    this.transactions = this.transactions * kept + transactions;
    this.workMs = this.workMs * kept + work * spanMs;
    this.saturatedTransactions = this.saturatedTransactions * kept + (isSaturated ? transactions : 0);
    this.saturatedMs = this.saturatedMs * kept + (isSaturated ? spanMs : 0);
    this.atMs = nowMs;
  }

  /** Transactions a second; undefined: too little was seen. */
  get perSecond(): number | undefined {
    if (this.workMs < WORK_MS_MIN || this.transactions === 0) return undefined;
    const law = (1_000 * this.transactions) / this.workMs;
    if (this.saturatedMs < SATURATED_MS_MIN) return law;
    const reached = (1_000 * this.saturatedTransactions) / this.saturatedMs;
    return reached < SATURATED_SHARE_MIN * law ? law : Math.min(law, reached);
  }
}
