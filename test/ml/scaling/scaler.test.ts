import { describe, expect, it } from "vitest";
import { Topology } from "../../../ledger/topology.js";
import { useBackend } from "../../../ml/network/backend.js";
import { seededRandom } from "../../../ml/random.js";
import { ChangeCosts, shardMsOf } from "../../../ml/scaling/change-costs.js";
import { SCALING_DEFAULTS, type ScalingSettings } from "../../../ml/scaling/policy.js";
import { Scaler } from "../../../ml/scaling/scaler.js";
import { poisson } from "../../../ml/synthetic/noise.js";
import { shardMetrics } from "../../gateway/measurements.js";
import { shipped } from "../support.js";

const T0 = 1_700_000_000_000;
const SETTINGS = { ...SCALING_DEFAULTS, cooldownMs: 0, mergeAfterMs: 5_000 };
const MAIN = { shard: 0, path: "0", prefix: "", partition: 0 };
const place = (shard: number, path: string, prefix: string, epoch: number, parents: number[]) => ({
  ...{ shard, path, prefix, partition: shard, epoch, parents },
});
const ONE = new Topology([MAIN, place(1, "1", "", 0, [])]);
const halves = (isBeginning: boolean) =>
  new Topology([
    MAIN,
    { ...place(1, "1", "", 0, []), ended: 1 },
    { ...place(2, "1.1", "0", 1, [1]), isBeginning },
    { ...place(3, "1.2", "1", 1, [1]), isBeginning },
  ]);

/** A scaler that is told a second's load of some shards at a time. */
class Told {
  readonly scaler;
  nowMs = T0;
  private offset = 0;

  constructor(isDryRun = false, settings: ScalingSettings = SETTINGS) {
    this.scaler = new Scaler(settings, isDryRun);
  }

  second(topology: Topology, loads: Readonly<Record<number, number>>) {
    this.nowMs += 1_000;
    for (const [shard, transactions] of Object.entries(loads)) {
      const figures = { shard: Number(shard), transactions, totalValue: 0n, crossShard: 0 };
      this.scaler.take(shardMetrics(figures, { at: this.nowMs, capacity: 1_000 }), this.offset++);
    }
    return this.scaler.tick(topology, this.nowMs);
  }
}

describe("the scaler", () => {
  it("splits a shard ahead of a load that rises, says by what, and later what came of it", () => {
    const told = new Told();
    for (let second = 0; second < 60; second++)
      expect(told.second(ONE, { 1: 200 }).decisions, String(second)).toEqual([]);
    let load = 200;
    let decided = told.second(ONE, { 1: load }).decisions[0];
    while (!decided && load < 800) {
      load += 60;
      decided = told.second(ONE, { 1: load }).decisions[0];
    }
    expect(decided).toMatchObject({
      kind: "SPLIT",
      shards: [1],
      epoch: 0,
      rule: "FORECAST_LOAD",
      source: "trend",
    });
    expect(decided!.inputs).toEqual([{ shard: 1, offset: expect.any(Number) }]);
    expect(load).toBeLessThan(800);
    // Nothing more is decided until it is known what came of it.
    expect(told.second(ONE, { 1: 900 })).toMatchObject({ decisions: [], outcomes: [] });
    expect(told.second(halves(true), {}).outcomes).toEqual([]);
    const { outcomes } = told.second(halves(false), { 2: 1_100, 3: 1_000 });
    expect(outcomes).toMatchObject([
      { result: "DONE", begun: [2, 3], decidedAt: decided!.at, tookMs: 3_000, lostPpm: expect.any(Number) },
    ]);
    expect(outcomes[0]!.peakMilli).toBe(2_100_000);
    expect(decided!.costMilli).toBe(shardMsOf("SPLIT", new ChangeCosts()));
  });

  it("merges halves that stay low, and not before", () => {
    const told = new Told();
    const tree = halves(false);
    const ticks = Array.from({ length: 20 }, () => told.second(tree, { 2: 50, 3: 40 }));
    const at = ticks.findIndex(({ decisions }) => decisions.length > 0);
    expect(ticks[at]!.decisions).toMatchObject([{ kind: "MERGE", shards: [2, 3], rule: "SIBLINGS_LOW" }]);
    expect(at).toBeGreaterThanOrEqual(5);
  });

  it("merges later where merges take long", () => {
    const told = new Told();
    // Nothing was done meanwhile in 30 s: 60 s of work of one shard, and the split after it.
    const merge = { kind: "MERGE", epoch: 0, decidedAt: T0, at: T0, result: "DONE" } as const;
    const figures = { begun: [4], tookMs: 30_000, peakMilli: 0, overloadedMs: 0, lostPpm: 1_000_000 };
    told.scaler.remember({ ...merge, shards: [2, 3], ...figures });
    const tree = halves(false);
    const ticks = Array.from({ length: 70 }, () => told.second(tree, { 2: 50, 3: 40 }));
    const at = ticks.findIndex(({ decisions }) => decisions.length > 0);
    expect(at).toBeGreaterThanOrEqual(61);
    expect(ticks[at]!.decisions).toMatchObject([
      { kind: "MERGE", costMilli: 60_000 + shardMsOf("SPLIT", new ChangeCosts()) },
    ]);
  });

  it("says once a minute of a shard that nothing is measured of, and not once it is again", () => {
    const told = new Told();
    told.second(ONE, { 1: 100 });
    const silent = Array.from({ length: 75 }, () => told.second(ONE, {}).alerts);
    const alerts = silent.flat();
    expect(alerts.map(({ code, shard }) => [code, shard])).toEqual([
      ["NO_METRICS", 1],
      ["NO_METRICS", 1],
    ]);
    expect(silent.findIndex((some) => some.length > 0)).toBe(9);
    expect(alerts[0]).toMatchObject({
      message: "Shard 1 has not been measured for 10 s.",
      evidence: [{ value: 10_000, usual: 1_000 }],
    });
    expect(told.second(ONE, { 1: 100 }).alerts).toEqual([]);
    const again = Array.from({ length: 70 }, () => told.second(ONE, {}).alerts);
    expect(again.findIndex((some) => some.length > 0)).toBe(53);
  });

  it("doesn't wait for measurements of a shard that only begins", () => {
    const told = new Told();
    const ticks = Array.from({ length: 30 }, () => told.second(halves(true), {}));
    expect(ticks.flatMap(({ alerts }) => alerts)).toEqual([]);
  });

  it("splits by present load alone where it is to be so", () => {
    const told = new Told(false, { ...SETTINGS, looksAt: "present" });
    const loads = Array.from({ length: 60 }, (_, second) => 20 * second);
    const ticks = loads.map((load) => told.second(ONE, { 1: load }).decisions);
    const at = ticks.findIndex((some) => some.length > 0);
    expect(loads[at]).toBeGreaterThanOrEqual(800);
    expect(ticks[at]).toMatchObject([{ rule: "PRESENT_LOAD", forecastMilli: -1 }]);
  });

  it("decides nothing while the kill switch is on, or by old measurements", () => {
    const paused = new Topology([{ ...place(0, "0", "", 0, []), isPaused: true }, place(1, "1", "", 0, [])]);
    const told = new Told();
    expect(told.second(paused, { 1: 950 }).decisions).toEqual([]);
    told.scaler.take(
      shardMetrics({ shard: 1, transactions: 950 }, { at: told.nowMs + 500, capacity: 1_000 }),
      99,
    );
    expect(told.scaler.tick(ONE, told.nowMs + 60_000).decisions).toEqual([]);
  });

  it("says of a decision that came to nothing that it did, and waits before the next", () => {
    const told = new Told();
    expect(told.second(ONE, { 1: 900 }).decisions).toHaveLength(1);
    const ticks = Array.from({ length: 62 }, () => told.second(ONE, { 1: 900 }));
    expect(ticks.flatMap(({ outcomes }) => outcomes)).toMatchObject([{ result: "NOT_DONE", tookMs: -1 }]);
    const other = new Told();
    other.second(ONE, { 1: 900 });
    const elsewhere = new Topology([MAIN, place(1, "1", "0", 0, []), place(9, "2", "1", 1, [])]);
    expect(other.second(elsewhere, { 1: 100 }).outcomes).toMatchObject([{ result: "OVERTAKEN" }]);
  });

  it("says what it would do in a dry run", () => {
    const told = new Told(true);
    expect(told.second(ONE, { 1: 900 }).decisions).toMatchObject([{ isDryRun: true }]);
    expect(told.second(ONE, { 1: 900 }).outcomes).toMatchObject([{ result: "DRY_RUN" }]);
  });

  it("forecasts with ridge, and says so, once a shard has some past", () => {
    const told = new Told();
    let last = told.second(ONE, { 1: 500 });
    for (let second = 0; second < 420; second++)
      last = told.second(ONE, { 1: Math.round(300 + 200 * Math.sin(second / 4)) });
    expect(last.forecasts).toMatchObject([
      { shard: 1, source: "ridge", model: "", reason: "there is no network, or too short a past for it" },
    ]);
  });

  it("forecasts with the shipped network once that did well, names it, and goes on so after a split", async () => {
    await useBackend();
    const told = new Told();
    const model = shipped("lstm");
    told.scaler.model = model;
    const random = seededRandom(6);
    const [first] = told.second(ONE, { 1: poisson(random, 300) }).forecasts;
    expect(first).toMatchObject({ source: "trend", model: "" });
    expect(first!.reason).toContain("too short a past");
    let last = first;
    for (let second = 0; second < 100; second++)
      last = told.second(ONE, { 1: poisson(random, 300) }).forecasts[0];
    expect(last).toMatchObject({ source: "lstm", model: model.hash, reason: "" });
    told.second(halves(true), {});
    const { forecasts } = told.second(halves(false), { 2: 150, 3: 150 });
    expect(forecasts).toMatchObject([
      { shard: 2, source: "lstm", model: model.hash },
      { shard: 3, source: "lstm", model: model.hash },
    ]);
    model.network.dispose();
  });
});
