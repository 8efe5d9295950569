import type { ChangeKind, ScalingOutcome } from "../../schemas/generated.js";

/** What a split or merge takes of the shards that it ends. */
export interface ChangeCost {
  /** From the decision until the shards after it are active, in milliseconds. */
  readonly tookMs: number;
  /** Share of the shards' load that isn't served meanwhile, 0 to 1: taken for the share of their capacity that is lost. */
  readonly lostShare: number;
}

/**
 * Until a change was measured here: half as much again as bench/results/reshard.json has, where they took 2,393 and 5,502 ms, and
 * nothing was final between the last of the shards that ended and the first of those that began for 37 % of it (mean of both halves)
 * and 70 %. It is better to split too early than too late.
 */
export const COSTS_UNMEASURED: Readonly<Record<ChangeKind, ChangeCost>> = {
  SPLIT: { tookMs: 3_600, lostShare: 0.37 },
  MERGE: { tookMs: 8_300, lostShare: 0.7 },
};
/** Changes of each kind that are remembered. */
const REMEMBERED = 5;
const MILLIONTHS = 1_000_000;

/** What splits and merges cost on this installation, by what came of the last ones. */
export class ChangeCosts {
  private readonly known = new Map<ChangeKind, ScalingOutcome[]>();

  /** Takes what came of a decision; only what was done counts. */
  add(outcome: ScalingOutcome): void {
    if (outcome.result !== "DONE" || outcome.tookMs < 0) return;
    const before = this.known.get(outcome.kind) ?? [];
    this.known.set(outcome.kind, [...before, outcome].slice(-REMEMBERED));
  }

  /** The longest of the last ones, for a change must be done in time; and what they lost in the mean. */
  of(kind: ChangeKind): ChangeCost {
    const known = this.known.get(kind) ?? [];
    const losses = known.filter(({ lostPpm }) => lostPpm >= 0).map(({ lostPpm }) => lostPpm / MILLIONTHS);
    const unmeasured = COSTS_UNMEASURED[kind];
    return {
      tookMs: known.length > 0 ? Math.max(...known.map(({ tookMs }) => tookMs)) : unmeasured.tookMs,
      lostShare:
        losses.length > 0
          ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length
          : unmeasured.lostShare,
    };
  }

  /** Until a merge decided now is undone again, where that turns out to be needed; in milliseconds. */
  get mergeUndoneMs(): number {
    return this.of("MERGE").tookMs + this.of("SPLIT").tookMs;
  }
}

/** What a change costs, in milliseconds of one shard's work. A merge ends two shards, and is undone by a split one day. */
export function shardMsOf(kind: ChangeKind, costs: Pick<ChangeCosts, "of">): number {
  const { tookMs, lostShare } = costs.of("SPLIT");
  const split = tookMs * lostShare;
  if (kind === "SPLIT") return split;
  const merge = costs.of("MERGE");
  return 2 * merge.tookMs * merge.lostShare + split;
}
