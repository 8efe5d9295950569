import { describe, expect, it } from "vitest";
import { Topology } from "../../../ledger/topology.js";
import { Capacity } from "../../../processors/meter/capacity.js";
import { Meter } from "../../../processors/meter/meter.js";
import { partitionFigures, shardFigures, stageMetrics } from "../../gateway/measurements.js";

const TREE = new Topology([
  { shard: 0, path: "0", prefix: "", partition: 0 },
  { shard: 2, path: "2", prefix: "", partition: 2 },
]);

const executeSays = (at: number, transactions: number, workPpm: number) =>
  stageMetrics({
    ...{ stage: "execute", group: "execute", process: "core", at, spanMs: 1_000 },
    partitions: [
      partitionFigures({
        partition: 2,
        shard: 2,
        workPpm,
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

  it("isn't known of a shard that hardly did anything", () => {
    const capacity = new Capacity();
    capacity.add(1, 0.001, 1_000, 1_000);
    expect(capacity.perSecond).toBeUndefined();
  });
});
