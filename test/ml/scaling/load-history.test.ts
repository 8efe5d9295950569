import { describe, expect, it } from "vitest";
import { LoadHistory } from "../../../ml/scaling/load-history.js";

const T0 = 1_700_000_000_000;

function historyOf(loads: readonly number[]): LoadHistory {
  const history = LoadHistory.empty("1");
  loads.forEach((load, second) => {
    history.add(T0 + 1_000 * second, load);
  });
  return history;
}

describe("a shard's load", () => {
  it("is kept second by second; the last of a second counts, and what is no number doesn't", () => {
    const history = historyOf([1, 2, 3]);
    history.add(T0 + 2_000, 4);
    history.add(T0 + 3_000, Number.NaN);
    history.add(T0 + 3_000, -1);
    history.add(T0 + 1_000, 9);
    expect(history.last(10)).toEqual([1, 2, 4]);
    expect(history.atMs).toBe(T0 + 2_000);
  });

  it("has its last value in a short gap and 0 in a long one, marked as not measured", () => {
    const history = historyOf([5]);
    history.add(T0 + 20_000, 7);
    const { values, isObserved } = history.series;
    expect([...values]).toEqual([5, ...Array(12).fill(5), ...Array(7).fill(0), 7]);
    expect([...isObserved]).toEqual([1, ...Array(19).fill(0), 1]);
  });

  it("begins anew after a gap that is longer than what is remembered", () => {
    const history = historyOf([5, 6]);
    history.add(T0 + 10_000_000, 7);
    expect(history.last(10)).toEqual([7]);
  });

  it("doesn't grow without end", () => {
    const history = historyOf(Array.from({ length: 10_000 }, (_, at) => at));
    expect(history.length).toBeLessThanOrEqual(3_600);
    expect(history.last(2)).toEqual([9_998, 9_999]);
    expect(history.series.values).toHaveLength(1_800);
  });

  it("is half the parent's after a split, and the sum of both after a merge", () => {
    const half = LoadHistory.inherited("2", [historyOf([2, 4, 6])], 0.5);
    expect(half.last(9)).toEqual([1, 2, 3]);
    const whole = LoadHistory.inherited("3", [historyOf([9, 1, 2]), historyOf([10, 20])], 1);
    expect(whole.last(9)).toEqual([11, 22]);
    expect(LoadHistory.inherited("4", [LoadHistory.empty("x")], 0.5).length).toBe(0);
  });
});
