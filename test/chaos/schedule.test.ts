import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULT_CLASSES } from "../../chaos/faults/fault.js";
import { FAULTS } from "../../chaos/faults/registry.js";
import { mostly, rounds } from "../../chaos/schedule/schedule.js";
import { spreadOf } from "../../chaos/storm/spread.js";
import { seeded } from "../../simulator/kernel/random.js";

function take(classes: readonly string[], seed: number, count: number): string[] {
  const schedule = rounds(classes, seeded(seed));
  return Array.from({ length: count }, () => schedule.next().value);
}

describe("the schedule of faults", () => {
  it("has every class once in each round, whatever the seed", () => {
    const { length } = FAULT_CLASSES;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const taken = take(FAULT_CLASSES, seed, 3 * length);
        for (const start of [0, length, 2 * length])
          expect(taken.slice(start, start + length).sort()).toEqual([...FAULT_CLASSES].sort());
      }),
    );
  });

  it("is the same for the same seed, and another for another", () => {
    expect(take(FAULT_CLASSES, 5, 60)).toEqual(take(FAULT_CLASSES, 5, 60));
    expect(take(FAULT_CLASSES, 5, 60)).not.toEqual(take(FAULT_CLASSES, 6, 60));
  });

  it("never has a class twice in a row", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 6 }), (seed, classes) => {
        const taken = take(FAULT_CLASSES.slice(0, classes), seed, 10 * classes);
        expect(taken.filter((name, index) => index > 0 && taken[index - 1] === name)).toEqual([]);
      }),
    );
  });

  it("has three of four strikes of one class where that is wanted, and rounds of the others between", () => {
    const others = ["a", "b", "c"];
    const schedule = mostly("x", others, seeded(3));
    const taken = Array.from({ length: 24 }, () => schedule.next().value);
    expect(taken.filter((name) => name === "x")).toHaveLength(18);
    expect(taken.filter((_, index) => index % 4 === 3).sort()).toEqual(["a", "a", "b", "b", "c", "c"]);
    expect(mostly("x", [] as string[], seeded(3)).next().value).toBe("x");
  });

  it("knows how to do at least fifteen classes, each named once", () => {
    expect(new Set(FAULT_CLASSES).size).toBe(FAULT_CLASSES.length);
    expect(FAULT_CLASSES.length).toBeGreaterThanOrEqual(15);
    expect(Object.keys(FAULTS).sort()).toEqual([...FAULT_CLASSES].sort());
  });
});

describe("the spread of durations", () => {
  it("is the nearest rank and the largest", () => {
    expect(spreadOf([])).toBeNull();
    expect(spreadOf([7])).toEqual({ p95: 7, max: 7 });
    expect(spreadOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({ p95: 95, max: 100 });
  });
});
