import { describe, expect, it } from "vitest";
import { Counts } from "../../gateway/views/counts.js";
import {
  MEASURED_PARTITIONS_MAX,
  MEASURED_SHARDS_MAX,
  MEASURED_STAGES_MAX,
  MetricsView,
  STALE_MS,
} from "../../gateway/views/metrics.js";
import { RECENT_ALERTS, RECENT_SCALING, ScalingView } from "../../gateway/views/scaling.js";
import { boundOfShare } from "../../schemas/latency-bounds.js";
import { NOW_MS } from "./fixtures.js";
import {
  alert,
  decision,
  forecast,
  latencyCounts,
  outcome,
  partitionFigures,
  shardMetrics,
  stageMetrics,
} from "./measurements.js";

const at = (topic: string, offset: number, timeMs = NOW_MS) => ({ topic, partition: 0, offset, timeMs });

describe("MetricsView", () => {
  it("adds figures up by group, process and partition, and keeps the newest record", () => {
    const view = new MetricsView();
    view.applyStage(stageMetrics(), at("metrics.stages", 0));
    view.applyStage(stageMetrics({ process: "other" }), at("metrics.stages", 1));
    const later = [
      partitionFigures({ errors: 1, queued: 9 }),
      partitionFigures({ partition: 1, records: -5 }),
    ];
    view.applyStage(stageMetrics({ partitions: later }), at("metrics.stages", 2));
    const [core, other] = view.stages();
    expect(core?.newest.partitions[0]?.queued).toBe(9);
    expect(core?.sums.get(0)).toMatchObject({
      records: 200,
      stepMicros: 1_000_000,
      performMicros: 500_000,
      errors: 1,
      latency: latencyCounts(180, 20),
    });
    expect(core?.sums.get(1)?.records).toBe(0);
    expect(other?.sums.get(0)?.records).toBe(100);
  });

  it("counts no record twice", () => {
    const view = new MetricsView();
    for (const offset of [0, 1, 0, 1]) {
      view.applyStage(stageMetrics(), at("metrics.stages", offset));
      view.applyShard(shardMetrics(), at("metrics.shards", offset));
    }
    expect(view.stages()[0]?.sums.get(0)?.records).toBe(200);
    expect(view.shards()[0]).toMatchObject({ transactions: 1_000, refused: 10, crossShard: 100 });
  });

  it("gives a shard its forecast, and its latency over the last ten spans", () => {
    const view = new MetricsView();
    view.applyShard(shardMetrics({ latencyCounts: latencyCounts(0, 0, 1_000) }), at("metrics.shards", 0));
    for (let offset = 1; offset <= 10; offset++)
      view.applyShard(shardMetrics({ latencyCounts: latencyCounts(1) }), at("metrics.shards", offset));
    expect(view.shards()[0]?.forecast).toBeUndefined();
    view.applyForecast(forecast(), at("predictions", 0));
    const [shard] = view.shards();
    expect(shard?.forecast).toEqual(forecast());
    expect(shard?.latency).toEqual(latencyCounts(10, 0, 1_000));
    expect(shard?.recentLatency).toEqual(latencyCounts(10));
  });

  it("drops what is older than a minute once something newer is there", () => {
    const view = new MetricsView();
    view.applyShard(shardMetrics({ shard: 1 }), at("metrics.shards", 0));
    view.applyForecast(forecast({ shard: 1 }), at("predictions", 0));
    view.applyStage(stageMetrics({ process: "gone" }), at("metrics.stages", 0));
    view.applyShard(shardMetrics(), at("metrics.shards", 1, NOW_MS + STALE_MS));
    expect([view.shards().length, view.stages().length]).toEqual([2, 1]);
    view.applyShard(shardMetrics(), at("metrics.shards", 2, NOW_MS + STALE_MS + 1_000));
    expect(view.shards().map(({ newest }) => newest.figures.shard)).toEqual([2]);
    expect(view.stages()).toEqual([]);
    expect(view.newestMs).toBe(NOW_MS + STALE_MS + 1_000);
    view.applyShard(shardMetrics({ shard: 1 }), at("metrics.shards", 3, NOW_MS + STALE_MS + 1_000));
    expect(view.shards()[0]).toMatchObject({ transactions: 500, forecast: undefined });
  });

  it("holds no more than its bounds", () => {
    const view = new MetricsView();
    const partitions = Array.from({ length: MEASURED_PARTITIONS_MAX + 5 }, (_, partition) =>
      partitionFigures({ partition }),
    );
    view.applyStage(stageMetrics({ process: "first", partitions }), at("metrics.stages", 0));
    expect(view.stages()[0]?.sums.size).toBe(MEASURED_PARTITIONS_MAX);
    expect(view.stages()[0]?.newest.partitions).toHaveLength(MEASURED_PARTITIONS_MAX);
    for (let n = 1; n <= MEASURED_STAGES_MAX; n++)
      view.applyStage(stageMetrics({ process: `p${n}` }), at("metrics.stages", n));
    expect(view.stages()).toHaveLength(MEASURED_STAGES_MAX);
    for (let shard = 0; shard <= MEASURED_SHARDS_MAX; shard++)
      view.applyShard(shardMetrics({ shard }), at("metrics.shards", shard));
    expect(view.shards()).toHaveLength(MEASURED_SHARDS_MAX);
  });
});

describe("boundOfShare", () => {
  it("is the bound that the share stays within", () => {
    expect(boundOfShare(latencyCounts(), 0.99)).toBeUndefined();
    expect(boundOfShare(latencyCounts(99, 1), 0.99)).toBe(10);
    expect(boundOfShare(latencyCounts(98, 2), 0.99)).toBe(250);
    expect(boundOfShare(latencyCounts(98, 0, 2), 0.99)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("ScalingView", () => {
  it("counts decisions, outcomes and alerts, and shows the last of each", () => {
    const view = new ScalingView();
    for (let n = 0; n < 4; n++) {
      view.applyScaling(decision({ epoch: n }), at("scaling.decisions", 2 * n));
      view.applyScaling(outcome({ epoch: n }), at("scaling.decisions", 2 * n + 1));
      view.applyScaling(outcome({ epoch: n }), at("scaling.decisions", 2 * n + 1));
    }
    for (let n = 0; n < 7; n++) view.applyAlert(alert({ at: n }), at("metrics.alerts", n));
    expect(view.decisions.entries()).toEqual([{ names: ["SPLIT", "FORECAST_LOAD"], count: 4 }]);
    expect(view.outcomes.entries()).toEqual([{ names: ["SPLIT", "DONE"], count: 4 }]);
    expect(view.alerts.entries()).toEqual([{ names: ["GROWTH"], count: 7 }]);
    expect(view.recentScaling()).toHaveLength(RECENT_SCALING);
    expect(view.recentScaling()[0]).toMatchObject({ is: "outcome", outcome: { epoch: 3 } });
    expect(view.recentAlerts()).toHaveLength(RECENT_ALERTS);
    expect(view.recentAlerts()[0]?.at).toBe(6);
  });

  it("shows what came before its start and doesn't count it", () => {
    const view = new ScalingView(NOW_MS);
    view.applyScaling(decision(), at("scaling.decisions", 0, NOW_MS - 1));
    view.applyAlert(alert(), at("metrics.alerts", 0, NOW_MS - 1));
    view.applyAlert(alert(), at("metrics.alerts", 1));
    expect([view.decisions.entries(), view.recentScaling().length]).toEqual([[], 1]);
    expect(view.alerts.entries()).toEqual([{ names: ["GROWTH"], count: 1 }]);
  });
});

describe("Counts", () => {
  it("bounds the names that it counts", () => {
    const counts = new Counts();
    for (let n = 0; n < 200; n++) counts.count(`NAME_${n}`, "x");
    expect(counts.entries()).toHaveLength(129);
    expect(counts.entries().at(-1)).toEqual({ names: ["OTHER", "OTHER"], count: 72 });
  });
});
