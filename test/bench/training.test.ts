import { describe, expect, it } from "vitest";
import { compared, type Mode, type Span } from "../../bench/training/modes.js";

const span = (round: number, mode: Mode, endedTps: number): Span => ({
  round,
  mode,
  endedTps,
  scalerCores: 0,
});

describe("throughput in one mode beside another", () => {
  it("is compared round by round, whatever the machine does from round to round", () => {
    const spans = [1_000, 500, 2_000].flatMap((tps, round) => [
      span(round, "idle", tps),
      span(round, "training", 0.9 * tps),
    ]);
    expect(compared(spans, "training", "idle")).toEqual({ ratio: 0.9, between: [0.9, 0.9] });
  });

  it("says how sure it is", () => {
    const spans = [0.8, 1, 1.2, 1].flatMap((ratio, round) => [
      span(round, "idle", 1_000),
      span(round, "training", 1_000 * ratio),
    ]);
    const { ratio, between } = compared(spans, "training", "idle");
    expect(ratio).toBeCloseTo(0.99, 2);
    expect(between![0]).toBeLessThan(0.85);
    expect(between![1]).toBeGreaterThan(1.1);
    expect(compared(spans.slice(0, 2), "training", "idle").between).toBeNull();
  });
});
