import { describe, expect, it } from "vitest";
import { Topology } from "../../../ledger/topology.js";
import { Capacity } from "../../../processors/meter/capacity.js";
import { Meter } from "../../../processors/meter/meter.js";
import { partitionFigures, shardFigures, stageMetrics } from "../../gateway/measurements.js";

const TREE = new Topology([
  { shard: 0, path: "0", prefix: "", partition: 0 },
  { shard: 2, path: "2", prefix: "", partition: 2 },
]);

const executeSays = (at: number, transactions: number, workPpm: number, lagMs = 0) =>
  stageMetrics({
    ...{ stage: "execute", group: "execute", process: "core", at, spanMs: 1_000 },
    partitions: [
      partitionFigures({
        partition: 2,
        shard: 2,
        workPpm,
        lagMs,
        figures: shardFigures({ shard: 2, transactions }),
      }),
    ],
  });
const voteSays = (group: string, process: string, at: number, workPpm: number) =>
  stageMetrics({
    ...{ stage: "vote", group, process, at, spanMs: 1_000 },
    partitions: [partitionFigures({ partition: 2, shard: 2, workPpm, figures: null })],
  });

describe("what is known of a shard", () => {
  it("has execute's figures, and where the shard takes most of a process' time: all groups there together", () => {
    const meter = new Meter();
    meter.take(voteSays("vote-1", "validators", 1_000, 300_000), TREE);
    meter.take(voteSays("vote-2", "validators", 1_000, 200_000), TREE);
    const [metrics] = meter.take(executeSays(1_500, 400, 350_000), TREE);
    expect(metrics).toMatchObject({
      path: "2",
      bottleneck: "vote-1",
      workPpm: 500_000,
      figures: { transactions: 400 },
    });
  });

  it("has the capacity that is measured, or that the operator says, or else the mission's", () => {
    const meter = new Meter();
    expect(meter.take(executeSays(1_000, 400, -1), TREE)).toMatchObject([
      { capacity: 10_000, isCapacityMeasured: false, usedPpm: 40_000, bottleneck: "", workPpm: -1 },
    ]);
    let last = meter.take(executeSays(2_000, 400, 500_000), TREE);
    for (let second = 3; second < 10; second++)
      last = meter.take(executeSays(1_000 * second, 400, 500_000), TREE);
    // Half of a process' time for 400 a second.
    expect(last).toMatchObject([{ capacity: 800, isCapacityMeasured: true, usedPpm: 500_000 }]);
    expect(new Meter(500).take(executeSays(1_000, 400, 500_000), TREE)).toMatchObject([
      { capacity: 500, isCapacityMeasured: false, usedPpm: 800_000 },
    ]);
  });

  it("can't take more than it does while its records wait", () => {
    const meter = new Meter();
    const capacityAfter = (seconds: number, transactions: number, lagMs: number, fromMs: number) => {
      let last = meter.take(executeSays(fromMs, transactions, 500_000, lagMs), TREE);
      for (let second = 1; second < seconds; second++)
        last = meter.take(executeSays(fromMs + 1_000 * second, transactions, 500_000, lagMs), TREE);
      return last[0]!.capacity;
    };
    expect(capacityAfter(10, 400, 1_999, 1_000)).toBe(800);
    expect(capacityAfter(4, 500, 2_000, 11_000)).toBeGreaterThan(800);
    expect(capacityAfter(10, 500, 2_000, 15_000)).toBe(500);
  });

  it("passes by what is old, and shards that there aren't", () => {
    const meter = new Meter();
    meter.take(voteSays("vote-1", "validators", 1_000, 900_000), TREE);
    expect(meter.take(executeSays(60_000, 400, 100_000), TREE)).toMatchObject([{ bottleneck: "execute" }]);
    const other = executeSays(60_000, 1, 1);
    other.partitions[0]!.figures!.shard = 7;
    expect(meter.take(other, TREE)).toEqual([]);
  });
});

describe("a capacity", () => {
  it("weighs busy times more, and forgets old ones", () => {
    const capacity = new Capacity();
    for (let second = 1; second <= 60; second++) capacity.add(100, 0.5, 1_000, second * 1_000);
    expect(capacity.perSecond).toBeCloseTo(200, 3);
    for (let second = 1_000; second <= 1_060; second++) capacity.add(900, 0.9, 1_000, second * 1_000);
    expect(capacity.perSecond).toBeCloseTo(1_000, 0);
  });

  it("isn't bounded by what a shard did that was held up", () => {
    const capacity = new Capacity();
    for (let second = 1; second <= 20; second++) capacity.add(500, 0.5, 1_000, second * 1_000);
    for (let second = 21; second <= 30; second++) capacity.add(100, 0.1, 1_000, second * 1_000, true);
    expect(capacity.perSecond).toBeCloseTo(1_000, 0);
  });

  it("isn't known of a shard that hardly did anything", () => {
    const capacity = new Capacity();
    capacity.add(1, 0.001, 1_000, 1_000);
    expect(capacity.perSecond).toBeUndefined();
  });
});
