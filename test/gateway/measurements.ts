import type {
  LoadForecast,
  MetricsAlert,
  PartitionFigures,
  ScalingDecision,
  ScalingOutcome,
  ScalingRecord,
  ShardFigures,
  ShardMetrics,
  StageMetrics,
} from "../../schemas/generated.js";
import { NOW_MS } from "./fixtures.js";

/** Counts by latency: what took up to 10 ms, up to 250 ms, and longer than 30 s. */
export function latencyCounts(to10 = 0, to250 = 0, longer = 0): number[] {
  return [0, to10, 0, 0, 0, to250, 0, 0, 0, 0, 0, 0, longer];
}

export function partitionFigures(fields: Partial<PartitionFigures> = {}): PartitionFigures {
  return {
    ...{ partition: 0, shard: -1, status: "running", records: 100, steps: 10 },
    ...{ stepMicros: 500_000, performMicros: 250_000, latencyCounts: latencyCounts(90, 10) },
    ...{ queued: 3, lagRecords: 7, lagMs: 1_500, errors: 0, workPpm: 400_000, figures: null },
    ...fields,
  };
}

export function stageMetrics(fields: Partial<StageMetrics> = {}): StageMetrics {
  return {
    ...{ stage: "vote", group: "vote-2", process: "core", at: NOW_MS, spanMs: 1_000 },
    ...{ busyPpm: 600_000, memoryBytes: 200_000_000, partitions: [partitionFigures()] },
    ...fields,
  };
}

export function shardFigures(fields: Partial<ShardFigures> = {}): ShardFigures {
  return {
    ...{ shard: 2, height: 7, transactions: 500, refused: 5, crossShard: 50, contractCalls: 0 },
    ...{ latencyCounts: latencyCounts(400, 95), accounts: 1_000, totalValue: 25n * 10n ** 17n },
    ...{ stateBytes: 64_000, memoryBytes: 128_000, hottest: [] },
    ...fields,
  };
}

export function shardMetrics(
  figures: Partial<ShardFigures> = {},
  fields: Partial<ShardMetrics> = {},
): ShardMetrics {
  return {
    ...{ at: NOW_MS, spanMs: 1_000, path: "2", figures: shardFigures(figures), capacity: 2_000 },
    ...{ isCapacityMeasured: true, usedPpm: 250_000, bottleneck: "execute", workPpm: 300_000 },
    ...fields,
  };
}

export function forecast(fields: Partial<LoadForecast> = {}): LoadForecast {
  const quantile = (fromSeconds: number, toSeconds: number, levelPpm: number, loadMilli: number) => ({
    ...{ fromSeconds, toSeconds, levelPpm, loadMilli },
  });
  return {
    ...{ shard: 2, at: NOW_MS, loadMilli: 500_000, source: "lstm", model: "ab".repeat(32), reason: "" },
    quantiles: [
      quantile(0, 30, 500_000, 550_000),
      quantile(0, 30, 900_000, 650_000),
      quantile(0, 120, 500_000, 600_000),
      quantile(0, 120, 900_000, 900_500),
      quantile(0, 120, 950_000, 1_000_000),
    ],
    ...fields,
  };
}

export function decision(fields: Partial<ScalingDecision> = {}): ScalingRecord {
  const made: ScalingDecision = {
    ...{ kind: "SPLIT", shards: [2], epoch: 0, at: NOW_MS, isDryRun: false, rule: "FORECAST_LOAD" },
    ...{ reason: "900 a second expected of 1,000", loadMilli: 500_000, forecastMilli: 900_500 },
    ...{ capacity: 1_000, source: "lstm", model: "ab".repeat(32), inputs: [], costMilli: 1_754 },
    ...fields,
  };
  return { record: { "rustorium.ScalingDecision": made } };
}

export function outcome(fields: Partial<ScalingOutcome> = {}): ScalingRecord {
  const known: ScalingOutcome = {
    ...{ kind: "SPLIT", shards: [2], epoch: 0, decidedAt: NOW_MS, at: NOW_MS + 2_500, result: "DONE" },
    ...{ begun: [5, 6], tookMs: 2_500, peakMilli: 950_000, overloadedMs: 0, lostPpm: -1 },
    ...fields,
  };
  return { record: { "rustorium.ScalingOutcome": known } };
}

export function alert(fields: Partial<MetricsAlert> = {}): MetricsAlert {
  return {
    ...{ code: "GROWTH", at: NOW_MS, shard: 2, stage: "", message: "The load doubled in a minute." },
    evidence: [{ name: "transactions a second", value: 1_000, usual: 500 }],
    ...fields,
  };
}
