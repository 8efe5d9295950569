import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { never, oracle, patient, peakHold, shardsFor, threshold } from "../../ml/policy/policies.js";
import { type Course, type Decide, simulate } from "../../ml/policy/simulate.js";

const course = (load: readonly number[], changes: Partial<Course> = {}): Course => ({
  load: Float64Array.from(load),
  isObserved: new Uint8Array(load.length).fill(1),
  first: 0,
  end: load.length,
  effect: 1,
  changeCost: 0,
  shardsMax: 64,
  ...changes,
});
const always =
  (shards: number): Decide =>
  () =>
    shards;

describe("a set of shards in the simulator", () => {
  it("starts with what its first load needs, and counts overload and shard-time from the first effect on", () => {
    // ceil(0.6 / 0.65) = 1 shard; 1.5 and 1.1 are too much for it.
    expect(simulate(course([0.6, 0.9, 1.5, 1.1, 1]), never)).toEqual({
      steps: 4,
      overloadedSteps: 2,
      nearSteps: 4,
      shardTime: 4,
      changes: 0,
    });
  });

  it("changes as many steps after a decision as it takes", () => {
    const twoShards = (effect: number) => simulate(course([0.6, 1.5, 1.5, 1.5, 1.5], { effect }), always(2));
    expect(twoShards(1)).toMatchObject({ steps: 4, overloadedSteps: 0, shardTime: 8, changes: 1 });
    expect(twoShards(3)).toMatchObject({ steps: 2, overloadedSteps: 0, shardTime: 4 });
    const late: Decide = (step) => (step >= 1 ? 2 : 1);
    // Asked for at the end of step 1, there at step 4: steps 3 of 3 and 4 are counted.
    expect(simulate(course([0.6, 1.5, 1.5, 1.5, 1.5], { effect: 3 }), late)).toMatchObject({
      steps: 2,
      overloadedSteps: 1,
      shardTime: 3,
    });
  });

  it("at most doubles, and halves, in the time that a change takes", () => {
    const planned = (effect: number) => {
      const seen: number[] = [];
      const greedy: Decide = (step, before) => {
        seen.push(before);
        return step < 4 ? 100 : 1;
      };
      simulate(course(Array(9).fill(0.6), { effect }), greedy);
      return seen;
    };
    expect(planned(1)).toEqual([1, 2, 4, 8, 16, 8, 4, 2, 1]);
    expect(planned(2), "what is under way waits").toEqual([1, 2, 2, 4, 4, 2, 2, 1, 1]);
  });

  it("stays within its greatest size", () => {
    expect(simulate(course(Array(9).fill(0.6), { shardsMax: 2 }), always(50)).shardTime).toBe(16);
  });

  it("loses a share of a shard's capacity for each change that is under way", () => {
    const load = [1.2, 1.2, 1.95, 1.95, 1.95];
    const grows: Decide = (step) => (step >= 1 ? 3 : 2);
    const lost = (changeCost: number) =>
      simulate(course(load, { changeCost, effect: 2 }), grows).overloadedSteps;
    expect([lost(0), lost(0.1)]).toEqual([0, 1]);
  });

  it("doesn't count steps that weren't measured", () => {
    const isObserved = Uint8Array.of(1, 1, 0, 1);
    expect(simulate(course([0.6, 5, 5, 5], { isObserved }), never)).toMatchObject({
      steps: 2,
      overloadedSteps: 2,
    });
  });
});

describe("the threshold", () => {
  const decide = threshold(Float64Array.of(1.5, 1.7, 0.9, 3.3));

  it("splits above 80 % to below it, merges below 50 % to the middle, and else does nothing", () => {
    expect(decide(0, 2)).toBe(2);
    expect(decide(1, 2)).toBe(3);
    expect(decide(2, 2)).toBe(2);
    expect(decide(2, 1), "0.9 of one shard").toBe(2);
    expect(decide(0, 4), "1.5 of four: ceil(1.5 / 0.65)").toBe(3);
    expect(decide(3, 2)).toBe(5);
  });
});

describe("other policies", () => {
  const load = Float64Array.of(1, 5, 1, 1, 3);

  it("peak-hold judges by the maximum of the last k", () => {
    expect(peakHold(load, 3, 1)(3, 1)).toBe(5);
    expect(peakHold(load, 2, 1)(3, 1)).toBe(1);
  });

  it("the oracle judges by what comes", () => {
    expect(oracle(load, 1, 1, 1)(0, 1)).toBe(5);
    expect(oracle(load, 3, 2, 1)(1, 1)).toBe(3);
    expect(oracle(load, 3, 2, 1)(4, 3), "at the end by the last value").toBe(3);
  });

  it("patience takes more at once, and fewer only after as many decisions, then the most of them", () => {
    const wanted = [3, 5, 2, 4, 1, 1, 1, 6];
    const decide = patient((step) => wanted[step]!, 3);
    let planned = 3;
    const seen = wanted.map((_, step) => {
      planned = decide(step, planned);
      return planned;
    });
    expect(seen).toEqual([3, 5, 5, 5, 4, 4, 1, 6]);
  });

  it("no load needs one shard", () => {
    expect([shardsFor(0, 0.8), shardsFor(0.8, 0.8), shardsFor(0.81, 0.8)]).toEqual([1, 1, 2]);
  });
});

describe("any policy", () => {
  const load = fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { minLength: 6, maxLength: 60 });

  it("has at least one shard and at most the greatest size a step, whatever it asks for", () => {
    fc.assert(
      fc.property(
        load,
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: -5, max: 99 }), { minLength: 60 }),
        (drawn, effect, asked) => {
          const outcome = simulate(course(drawn, { effect, shardsMax: 16 }), (step) => asked[step]!);
          expect(outcome.shardTime).toBeGreaterThanOrEqual(outcome.steps);
          expect(outcome.shardTime).toBeLessThanOrEqual(16 * outcome.steps);
          expect(outcome.overloadedSteps).toBeLessThanOrEqual(outcome.nearSteps);
        },
      ),
    );
  });

  it("that knows the next step is overloaded only where the load more than doubled", () => {
    fc.assert(
      fc.property(load, (drawn) => {
        const tame = drawn.map((own, at) => Math.min(own, at === 0 ? own : 1));
        const outcome = simulate(course(tame), oracle(Float64Array.from(tame), 1, 1, 1));
        expect(outcome.overloadedSteps).toBe(0);
      }),
    );
  });
});
