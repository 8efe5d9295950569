import { describe, expect, it } from "vitest";
import type { InputRecord } from "../../processors/stage.js";
import { StageMeter } from "../../runtime/metrics/stage-meter.js";

const NOTHING = { records: 0, oldestMs: undefined };
const record = (timeMs: number) => ({ timeMs }) as InputRecord;

describe("what a stage's member measures", () => {
  it("counts steps, records, times and errors of a span, and begins anew", () => {
    const meter = new StageMeter();
    meter.stepped(3, { records: [record(900), record(990)], stepMs: 2, performMs: 3.5 }, 1_000);
    meter.stepped(3, { records: [], stepMs: 0.5, performMs: 0 }, 1_000);
    meter.failed(3);
    expect(meter.take(3, NOTHING, 1_000)).toMatchObject({
      ...{ partition: 3, records: 2, steps: 2, stepMicros: 2_500, performMicros: 3_500, errors: 1, lagMs: 0 },
    });
    expect(meter.take(3, NOTHING, 1_000)).toMatchObject({ records: 0, steps: 0, stepMicros: 0, errors: 0 });
  });

  it("leaves markers of Kafka transactions out of the lag: behind the last record there is one for ever", () => {
    const meter = new StageMeter();
    // Every second offset is a marker.
    for (let at = 0; at < 40; at += 2)
      meter.fetched(0, "log", { first: at, last: at, count: 1, lastMs: at }, 1);
    expect(meter.take(0, NOTHING, 1_000)).toMatchObject({ lagRecords: 0, lagMs: 0 });
    meter.fetched(0, "log", { first: 40, last: 40, count: 1, lastMs: 400 }, 100);
    const { lagRecords, lagMs } = meter.take(0, NOTHING, 1_000);
    expect(lagRecords).toBeGreaterThan(45);
    expect(lagRecords).toBeLessThan(65);
    expect(lagMs).toBe(600);
  });

  it("knows how old the oldest record is that waits for a step", () => {
    const meter = new StageMeter();
    expect(meter.take(0, { records: 5, oldestMs: 250 }, 1_000)).toMatchObject({ queued: 5, lagMs: 750 });
  });
});
