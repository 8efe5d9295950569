import { afterEach, describe, expect, it } from "vitest";
import { feedViews } from "../../gateway/views/feed.js";
import { createViews, type Views } from "../../gateway/views/index.js";
import { NOW_MS, type TestGateway, testGateway, viewRecord } from "./fixtures.js";
import {
  alert,
  decision,
  forecast,
  outcome,
  partitionFigures,
  shardMetrics,
  stageMetrics,
} from "./measurements.js";

let gateway: TestGateway | undefined;
afterEach(async () => gateway?.app.close());

/** The samples that the route answers with, by series. */
async function scrape(views: Views): Promise<Map<string, number>> {
  gateway = testGateway({ views });
  const answer = await gateway.app.inject("/metrics");
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const lines = answer.body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

const STAGE = '{stage="vote",group="vote-2",process="core",partition="0"}';
const SHARD = '{shard="2",path="2"}';

describe("GET /metrics", () => {
  it("gives what the topics say", async () => {
    const views = createViews();
    const second = (partitions = [partitionFigures()]) => stageMetrics({ partitions });
    for (const record of [
      viewRecord("metrics.stages", "StageMetrics", second()),
      viewRecord("metrics.stages", "StageMetrics", second(), { offset: 1 }),
      viewRecord("metrics.shards", "ShardMetrics", shardMetrics()),
      viewRecord("predictions", "LoadForecast", forecast()),
      viewRecord("scaling.decisions", "ScalingRecord", decision()),
      viewRecord("scaling.decisions", "ScalingRecord", outcome(), { offset: 1 }),
      viewRecord("metrics.alerts", "MetricsAlert", alert()),
    ])
      expect(feedViews(views, record)).toBe(true);
    const samples = await scrape(views);
    const stage = (name: string) => samples.get(`rustorium_stage_${name}${STAGE}`);
    expect(stage("records_total")).toBe(200);
    expect(stage("step_seconds_total")).toBe(1);
    expect(stage("perform_seconds_total")).toBe(0.5);
    expect(stage("queued_records")).toBe(3);
    expect(stage("lag_records")).toBe(7);
    expect(stage("lag_seconds")).toBe(1.5);
    expect(stage("errors_total")).toBe(0);
    expect(stage("work_ratio")).toBe(0.4);
    expect(samples.get('rustorium_process_busy_ratio{process="core"}')).toBe(0.6);
    expect(samples.get('rustorium_process_memory_bytes{process="core"}')).toBe(200_000_000);
    const shard = (name: string) => samples.get(`rustorium_shard_${name}${SHARD}`);
    expect(shard("transactions_total")).toBe(500);
    expect(shard("refused_total")).toBe(5);
    expect(shard("cross_shard_total")).toBe(50);
    expect(shard("accounts")).toBe(1_000);
    expect(shard("state_bytes")).toBe(64_000);
    expect(shard("memory_bytes")).toBe(128_000);
    expect(shard("value_rus")).toBe(2.5);
    expect(shard("capacity_transactions_per_second")).toBe(2_000);
    expect(shard("used_ratio")).toBe(0.25);
    const forecasts = "rustorium_shard_forecast_transactions_per_second";
    expect(samples.get(`${forecasts}{shard="2",from_seconds="0",to_seconds="120",quantile="0.9"}`)).toBe(
      900.5,
    );
    expect([...samples.keys()].filter((series) => series.startsWith(forecasts))).toHaveLength(5);
    expect(samples.get('rustorium_scaling_decisions_total{kind="SPLIT",rule="FORECAST_LOAD"}')).toBe(1);
    expect(samples.get('rustorium_scaling_outcomes_total{kind="SPLIT",result="DONE"}')).toBe(1);
    expect(samples.get('rustorium_alerts_total{code="GROWTH"}')).toBe(1);
    expect(samples.get("rustorium_metrics_timestamp_seconds")).toBe(NOW_MS / 1_000);
  });

  it("gives histograms as Prometheus wants them: each bucket with those below", async () => {
    const views = createViews();
    const meta = { topic: "metrics.shards", partition: 0, offset: 0, timeMs: NOW_MS };
    views.metrics.applyShard(shardMetrics({ latencyCounts: [1, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8, 16] }), meta);
    const samples = await scrape(views);
    const bucket = (le: string) =>
      samples.get(`rustorium_shard_latency_seconds_bucket{shard="2",path="2",le="${le}"}`);
    const bounds = "0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 +Inf";
    expect(bounds.split(" ").map(bucket)).toEqual([1, 3, 3, 3, 3, 7, 7, 7, 7, 7, 7, 15, 31]);
    expect(samples.get(`rustorium_shard_latency_seconds_count${SHARD}`)).toBe(31);
  });

  it("leaves out what isn't known, and what is gone", async () => {
    const views = createViews();
    expect(await scrape(views)).toEqual(new Map());
    const unknown = { accounts: -1, stateBytes: -1, totalValue: 0n };
    const meta = (offset: number) => ({ topic: "t", partition: 0, offset, timeMs: NOW_MS + 70_000 * offset });
    views.metrics.applyShard(shardMetrics(unknown), meta(0));
    const samples = await scrape(views);
    for (const name of ["accounts", "state_bytes", "value_rus"])
      expect(samples.has(`rustorium_shard_${name}${SHARD}`)).toBe(false);
    expect(samples.get(`rustorium_shard_memory_bytes${SHARD}`)).toBe(128_000);
    views.metrics.applyShard(shardMetrics({ shard: 3 }, { path: "3" }), meta(1));
    const later = await scrape(views);
    expect([...later.keys()].filter((series) => series.includes('path="2"'))).toEqual([]);
    expect(later.get('rustorium_shard_accounts{shard="3",path="3"}')).toBe(1_000);
  });
});
