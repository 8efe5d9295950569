import type { Topology } from "../../ledger/topology.js";
import type { ScalingDecision, ScalingOutcome } from "../../schemas/generated.js";

/** Nothing came of a decision by then, in milliseconds. */
const DONE_WITHIN_MS = 60_000;

/** Of fewer transactions no share is told that weren't served. */
const TRANSACTIONS_MIN = 50;
const MILLIONTHS = 1_000_000;

/** A decision that was made, until it is known what came of it. */
export class Pending {
  private peakMilli: number;
  private overloadedMs = 0;
  private served = 0;
  private lastMs: number;

  constructor(readonly decision: ScalingDecision) {
    this.peakMilli = decision.loadMilli;
    this.lastMs = decision.at;
  }

  /** @param loadMilli load of the shards, or of those after them, together */
  measured(loadMilli: number, atMs: number): void {
    this.peakMilli = Math.max(this.peakMilli, loadMilli);
    const { capacity, shards } = this.decision;
    if (loadMilli > 1_000 * capacity * shards.length) this.overloadedMs += Math.max(0, atMs - this.lastMs);
    this.lastMs = Math.max(this.lastMs, atMs);
  }

  /** The shards, or those after them, did so many transactions in a span that ended then. */
  did(transactions: number, spanMs: number, atMs: number): void {
    const within = Math.min(spanMs, Math.max(0, atMs - this.decision.at));
    this.served += (transactions * within) / Math.max(1, spanMs);
  }

  /** Share of the load as it was when it was decided that wasn't served since, in millionths; -1: there was too little. */
  lostPpm(tookMs: number): number {
    const wanted = (this.decision.loadMilli * tookMs) / 1e6;
    if (wanted < TRANSACTIONS_MIN) return -1;
    return Math.round(MILLIONTHS * Math.min(1, Math.max(0, 1 - this.served / wanted)));
  }

  /** undefined: it isn't known yet. */
  outcome(topology: Topology, nowMs: number): ScalingOutcome | undefined {
    const { kind, shards, epoch, at: decidedAt, isDryRun } = this.decision;
    const known = (result: string, begun: number[] = [], tookMs = -1): ScalingOutcome => ({
      ...{ kind, shards, epoch, decidedAt, at: nowMs, result, begun, tookMs },
      peakMilli: this.peakMilli,
      overloadedMs: this.overloadedMs,
      lostPpm: result === "DONE" ? this.lostPpm(tookMs) : -1,
    });
    if (isDryRun) return known("DRY_RUN");
    if (topology.epoch > epoch) {
      const isOurs = shards.every((shard) => topology.find(shard)?.ended === epoch + 1);
      if (!isOurs) return known("OVERTAKEN");
      const begun = topology.begunIn(epoch + 1);
      if (begun.every(({ isBeginning }) => !isBeginning))
        return known(
          "DONE",
          begun.map(({ shard }) => shard),
          nowMs - decidedAt,
        );
    }
    return nowMs - decidedAt > DONE_WITHIN_MS ? known("NOT_DONE") : undefined;
  }
}
