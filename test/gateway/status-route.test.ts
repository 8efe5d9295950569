import { afterEach, describe, expect, it } from "vitest";
import { createViews } from "../../gateway/views/index.js";
import { DEFAULT_PARAMETERS } from "../../ledger/genesis/genesis.js";
import { heightKey, keyBytes } from "../../ledger/state/key.js";
import { globalRootValue } from "../../ledger/state/state.js";
import {
  accountId,
  certificate,
  hash,
  NOW_MS,
  notification,
  type TestGateway,
  testGateway,
  withTopology,
} from "./fixtures.js";
import { alert, decision, forecast, latencyCounts, outcome, shardMetrics } from "./measurements.js";

let gateway: TestGateway | undefined;
afterEach(async () => gateway?.app.close());

describe("GET /status", () => {
  it("shows network, shards, validators, stages, lag and activity", async () => {
    const views = withTopology(createViews());
    views.directory.applyValidator({
      validator: 1,
      name: "ada",
      publicKey: hash(2),
      stake: 100,
      status: "active",
    });
    views.certificates.apply(certificate());
    const meta = { topic: "shard.state", partition: 2, offset: 0, timeMs: NOW_MS };
    views.accounts.apply(keyBytes(heightKey("01")), { height: 6, digest: hash(6), value: null }, meta);
    for (const [height, time] of [
      [4, NOW_MS - 29_000],
      [5, NOW_MS - 9_000],
      [3, NOW_MS - 60_000],
    ] as const) {
      const checkpoint = {
        ...{ genesis: hash(3), shard: 2, height, block: hash(9), time, epoch: 0, prefix: "01" },
        stateRoot: hash(height),
      };
      views.checkpoints.apply({ checkpoint, signatures: [] });
    }
    for (const height of [5, 4])
      views.globalRoot.apply({ height, digest: hash(6), value: globalRootValue({ root: hash(height) }) });
    views.activity.apply(notification());
    views.activity.apply(
      notification({
        event: "REJECTED",
        applied: false,
        code: "MALFORMED",
        transactionId: null,
        account: null,
        shard: -1,
        height: -1,
      }),
    );
    gateway = testGateway({ views });
    const answer = await gateway.app.inject("/status");
    expect(answer.statusCode).toBe(200);
    const status = answer.json();
    expect(status).toMatchObject({
      network: "test",
      chainId: 77,
      genesis: hash(3).toString("hex"),
      consensus: "hybrid-pos",
      timeMs: NOW_MS,
      parameters: { blockIntervalMs: DEFAULT_PARAMETERS.blockIntervalMs, transactionBytesMax: 1_000 },
      validators: [
        {
          validator: 1,
          name: "ada",
          publicKey: hash(2).toString("hex"),
          stake: 100,
          status: "active",
          signedShare: 1,
        },
      ],
      stages: [{ stage: "execute", state: "running", lagRecords: 3, detail: null }],
      viewLag: [{ topic: "notifications", lagRecords: 2 }],
      views: {
        transactionsHeld: 0,
        transactionsDropped: 0,
        accountsHeld: 0,
        accountsOverflowed: false,
        conflictingCertificates: 0,
      },
      activity: {
        totals: { final: 1, rejected: 1 },
        final: { samples: 1, p50Ms: 1_000, p99Ms: 1_000 },
        preConfirmed: null,
        refusedByCode: [{ code: "MALFORMED", count: 1 }],
        recent: [
          { event: "REJECTED", transactionId: null, account: null, shard: -1 },
          {
            event: "FINAL",
            transactionId: hash(1).toString("hex"),
            account: `0x${accountId(1).toString("hex")}`,
          },
        ],
      },
    });
    expect(status.globalRoot).toEqual({ height: 5, root: hash(5).toString("hex") });
    expect(status.shards).toHaveLength(5);
    expect(status.shards[1]).toMatchObject({
      shard: 1,
      height: 0,
      digest: null,
      timeMs: null,
      stateHeight: null,
    });
    expect(status.shards[2]).toEqual({
      shard: 2,
      path: "2",
      prefix: "01",
      partition: 2,
      height: 7,
      digest: hash(9).toString("hex"),
      timeMs: NOW_MS - 200,
      stateHeight: 6,
      checkpoint: {
        height: 5,
        timeMs: NOW_MS - 9_000,
        stateRoot: hash(5).toString("hex"),
        intervalMs: 20_000,
      },
    });
  });

  it("shows load, forecasts, decisions and alerts", async () => {
    const views = createViews();
    const meta = (topic: string, offset = 0) => ({ topic, partition: 0, offset, timeMs: NOW_MS });
    views.metrics.applyShard(shardMetrics(), meta("metrics.shards"));
    const slow = { shard: 3, latencyCounts: latencyCounts(0, 0, 1) };
    views.metrics.applyShard(
      shardMetrics(slow, { path: "3", spanMs: 2_000, bottleneck: "" }),
      meta("metrics.shards", 1),
    );
    views.metrics.applyForecast(forecast(), meta("predictions"));
    views.scaling.applyScaling(decision(), meta("scaling.decisions"));
    views.scaling.applyScaling(outcome(), meta("scaling.decisions", 1));
    views.scaling.applyAlert(alert(), meta("metrics.alerts"));
    gateway = testGateway({ views });
    const { load } = (await gateway.app.inject("/status")).json();
    expect(load.timeMs).toBe(NOW_MS);
    expect(load.shards).toEqual([
      {
        ...{ shard: 2, path: "2", timeMs: NOW_MS, transactionsPerSecond: 500, capacity: 2_000 },
        ...{ isCapacityMeasured: true, usedShare: 0.25, bottleneck: "execute" },
        latency: { p99AtMostMs: 250 },
        forecast: {
          ...{ timeMs: NOW_MS, fromSeconds: 0, toSeconds: 120, level: 0.9, source: "lstm" },
          ...{ transactionsPerSecond: 900.5, reason: null },
        },
      },
      {
        ...{ shard: 3, path: "3", timeMs: NOW_MS, transactionsPerSecond: 250, capacity: 2_000 },
        ...{ isCapacityMeasured: true, usedShare: 0.25, bottleneck: null },
        ...{ latency: { p99AtMostMs: null }, forecast: null },
      },
    ]);
    expect(load.scaling).toEqual([
      {
        ...{ is: "outcome", kind: "SPLIT", shards: [2], timeMs: NOW_MS + 2_500, code: "DONE" },
        text: "split of shard 2 done in 2.5 s: shards 5 and 6 began; peak 950 a second",
      },
      {
        ...{ is: "decision", kind: "SPLIT", shards: [2], timeMs: NOW_MS, code: "FORECAST_LOAD" },
        text: "split shard 2 (FORECAST_LOAD): 900 a second expected of 1,000",
      },
    ]);
    expect(load.alerts).toEqual([
      {
        ...{ code: "GROWTH", timeMs: NOW_MS, shard: 2 },
        text: "GROWTH (shard 2): The load doubled in a minute.",
      },
    ]);
  });

  it.each([
    ["fails", () => Promise.reject(new Error("broker down"))],
    ["hangs", () => new Promise<never>(() => {})],
  ])("answers without stage health when asking for that %s", async (_, status) => {
    gateway = testGateway({ status, limits: { statusTimeoutMs: 20 } });
    const answer = await gateway.app.inject("/status");
    expect([answer.statusCode, answer.json()]).toMatchObject([
      200,
      { stages: null, viewLag: null, shards: [], globalRoot: null },
    ]);
  });
});
