import type { Topology } from "../../ledger/topology.js";
import type { ScalingDecision, ScalingOutcome } from "../../schemas/generated.js";

/** Nothing came of a decision by then, in milliseconds. */
const DONE_WITHIN_MS = 60_000;

/** A decision that was made, until it is known what came of it. */
export class Pending {
  private peakMilli: number;
  private overloadedMs = 0;
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

  /** undefined: it isn't known yet. */
  outcome(topology: Topology, nowMs: number): ScalingOutcome | undefined {
    const { kind, shards, epoch, at: decidedAt, isDryRun } = this.decision;
    const known = (result: string, begun: number[] = [], tookMs = -1): ScalingOutcome => ({
      ...{ kind, shards, epoch, decidedAt, at: nowMs, result, begun, tookMs },
      peakMilli: this.peakMilli,
      overloadedMs: this.overloadedMs,
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
