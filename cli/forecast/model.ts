import { resultText } from "../../gateway/scaling-words.js";
import type { ScalingEvent } from "../../gateway/views/scaling.js";
import type { LoadForecast, ScalingDecision, ScalingOutcome, ShardMetrics } from "../../schemas/generated.js";

const MILLI = 1_000;
const PARTS = 1_000_000;

/** A load at the end of a span; times are in milliseconds since 1970. */
export interface LoadPoint {
  readonly at: number;
  readonly transactionsPerSecond: number;
}

/** Quantile of the highest load in a window, in seconds after the forecast was made; of one moment where both are the same. */
export interface LoadQuantile {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** 0 to 1. */
  readonly level: number;
  readonly transactionsPerSecond: number;
}

export interface ShownForecast {
  readonly at: number;
  readonly source: string;
  /** SHA-256 of the network in hex; empty: no network made it. */
  readonly model: string;
  /** Why no network made it; empty where one did. */
  readonly reason: string;
  readonly quantiles: readonly LoadQuantile[];
}

export interface ShownDecision {
  readonly at: number;
  readonly kind: "SPLIT" | "MERGE";
  readonly shards: readonly number[];
  readonly rule: string;
  readonly reason: string;
  readonly isDryRun: boolean;
  /** What came of it: its code, when that was known, and a sentence. Null: not known yet. */
  readonly outcome: { readonly result: string; readonly at: number; readonly text: string } | null;
}

/** What was and is expected of a shard. */
export interface ShardLoad {
  readonly shard: number;
  readonly path: string;
  /** Transactions a second. */
  readonly capacity: number;
  readonly isCapacityMeasured: boolean;
  /** By time. */
  readonly load: readonly LoadPoint[];
  /** Null: none in the last minute. */
  readonly forecast: ShownForecast | null;
  /** Those about the shard, by time. */
  readonly decisions: readonly ShownDecision[];
}

/** What was read from the topics, each in the order of its topic. */
export interface Readings {
  readonly measured: ReadonlyMap<number, readonly ShardMetrics[]>;
  /** The newest of each shard. */
  readonly forecasts: ReadonlyMap<number, LoadForecast>;
  readonly scaling: readonly ScalingEvent[];
}

/** Shards that were measured, by ascending number. */
export function shardLoads({ measured, forecasts, scaling }: Readings): ShardLoad[] {
  const decisions = shownDecisions(scaling);
  return [...measured]
    .sort(([a], [b]) => a - b)
    .flatMap(([shard, records]) => {
      const newest = records.at(-1);
      if (!newest) return [];
      const forecast = forecasts.get(shard);
      return {
        shard,
        path: newest.path,
        capacity: newest.capacity,
        isCapacityMeasured: newest.isCapacityMeasured,
        load: records.map(pointOf),
        forecast: forecast ? shownForecast(forecast) : null,
        decisions: decisions.filter(({ shards }) => shards.includes(shard)),
      };
    });
}

/** The shard of a number, or of a path, as people name it; a path with a dot is never a number. */
export function loadNamed(loads: readonly ShardLoad[], text: string): ShardLoad | undefined {
  // Of shards that had the same path one after another the last counts.
  const byPath = loads.findLast(({ path }) => path === text);
  return text.includes(".") ? byPath : (loads.find(({ shard }) => String(shard) === text) ?? byPath);
}

function pointOf({ at, spanMs, figures }: ShardMetrics): LoadPoint {
  return { at, transactionsPerSecond: spanMs > 0 ? (figures.transactions * 1_000) / spanMs : 0 };
}

function shownForecast({ at, source, model, reason, quantiles }: LoadForecast): ShownForecast {
  return {
    ...{ at, source, model, reason },
    quantiles: quantiles.map(({ fromSeconds, toSeconds, levelPpm, loadMilli }) => ({
      ...{ fromSeconds, toSeconds },
      level: levelPpm / PARTS,
      transactionsPerSecond: loadMilli / MILLI,
    })),
  };
}

function shownDecisions(scaling: readonly ScalingEvent[]): ShownDecision[] {
  const outcomes = scaling.flatMap((event) => (event.is === "outcome" ? [event.outcome] : []));
  return scaling.flatMap((event) =>
    event.is === "decision" ? [shownDecision(event.decision, outcomes)] : [],
  );
}

function shownDecision(decision: ScalingDecision, outcomes: readonly ScalingOutcome[]): ShownDecision {
  const { at, kind, shards, rule, reason, isDryRun, epoch } = decision;
  const outcome = outcomes.find(
    (one) =>
      one.decidedAt === at && one.epoch === epoch && one.kind === kind && one.shards.join() === shards.join(),
  );
  return {
    ...{ at, kind, shards, rule, reason, isDryRun },
    outcome: outcome ? { result: outcome.result, at: outcome.at, text: resultText(outcome) } : null,
  };
}
