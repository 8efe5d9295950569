import { describe, expect, it } from "vitest";
import { cohortOf } from "../../processors/placement/cohort.js";
import { place } from "../../processors/placement/place.js";
import { DEFAULT_MOVE_COST, DEFAULT_WEIGHT } from "../../processors/placement/terms.js";
import { AskTurns } from "../../runtime/placement/ask-turns.js";

/** Stages that two processes share, each with some partitions that are all alike. */
const STAGES = 8;
const NUMBERS = [0, 1, 2, 3];
const WORK = 0.03;

/** What each process has of each stage: numbers by process. */
type Stage = Map<string, readonly number[]>;

const busyOf = (stages: readonly Stage[], process: string) =>
  stages.reduce((sum, stage) => sum + stage.get(process)!.length * WORK, 0);

/** How a stage would be shared out now; every process measures right. */
function sharedAnew(stages: readonly Stage[], stage: Stage, asks: boolean): Stage {
  const cohort = Array.from(stage, ([id, numbers]) => ({
    id,
    report: {
      weight: DEFAULT_WEIGHT,
      elsewhere: busyOf(stages, id) - numbers.length * WORK,
      asks,
      held: numbers.map((number) => ({ number, work: WORK, lag: 0 })),
      stuck: [],
    },
  }));
  const input = cohortOf(cohort, NUMBERS, new Map());
  return new Map(place({ ...input, strategy: "adaptive", moveCost: DEFAULT_MOVE_COST }));
}

describe("several stages in the same two processes", () => {
  it("leave both as busy when one joins and all share out anew at once", () => {
    const before = Array.from(
      { length: STAGES },
      (): Stage =>
        new Map([
          ["a", NUMBERS],
          ["b", []],
        ]),
    );
    const after = before.map((stage) => sharedAnew(before, stage, false));
    expect(busyOf(after, "a")).toBeCloseTo(busyOf(after, "b"), 6);
  });

  it("come to rest one after the other where all the load is in one process", () => {
    let stages = Array.from(
      { length: STAGES },
      (): Stage =>
        new Map([
          ["a", NUMBERS],
          ["b", []],
        ]),
    );
    let rounds = 0;
    for (let moved = true; moved; rounds++) {
      expect(rounds).toBeLessThan(STAGES);
      moved = false;
      for (const [index, stage] of stages.entries()) {
        const anew = sharedAnew(stages, stage, true);
        if (anew.get("a")!.join() === stage.get("a")!.join()) continue;
        moved = true;
        stages = stages.map((each, place) => (place === index ? anew : each));
      }
    }
    expect(Math.abs(busyOf(stages, "a") - busyOf(stages, "b"))).toBeLessThan(0.25);
  });

  it("ask one after the other", () => {
    const turns = new AskTurns(30_000);
    expect([0, 1, 19_999, 20_000, 39_999, 40_000].map((nowMs) => turns.take(nowMs))).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });
});
