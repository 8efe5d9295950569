/** What a policy is tried on. */
export interface Course {
  /** Load at each step, in capacities of one shard. */
  readonly load: Float64Array;
  /** 1 where the load was measured; other steps aren't counted. */
  readonly isObserved: Uint8Array;
  /** The first step at whose end a decision is made. */
  readonly first: number;
  /** The step after the last one that is counted. */
  readonly end: number;
  /** Steps until a decision has an effect, at least 1. */
  readonly effect: number;
  /** Share of a shard's capacity that each split or merge takes from the set while it is under way. */
  readonly changeCost: number;
  readonly shardsMax: number;
}

/** How a step found the set. */
export interface Step {
  readonly step: number;
  readonly shards: number;
  /** Of all shards together, less what changes that are under way take. */
  readonly capacity: number;
}

/** How a policy did. */
export interface Outcome {
  readonly steps: number;
  readonly overloadedSteps: number;
  /** Steps at NEAR_LEVEL of capacity or above, the overloaded ones among them. */
  readonly nearSteps: number;
  /** Sum over the steps of how many shards there were. */
  readonly shardTime: number;
  /** Shards added and taken away. */
  readonly changes: number;
}

/** Share of capacity from which on a step is near overload. */
export const NEAR_LEVEL = 0.85;

/** Says how many shards there should be, from what is known at the end of `step` and how many there are to be so far. */
export type Decide = (step: number, planned: number) => number;

/** Load per shard that a set starts with, and that is aimed at after a merge: the middle of the threshold's band. */
export const MIDDLE_LEVEL = 0.65;

/**
 * Lets a policy rule a set of shards. In the time that a change takes each shard can be split once, or merged with one other:
 * the set at most doubles, or halves.
 * @param see is told each counted step
 */
export function simulate(course: Course, decide: Decide, see: (step: Step) => void = () => {}): Outcome {
  const { load, isObserved, first, end, effect, changeCost, shardsMax } = course;
  const start = clamp(Math.ceil(load[first]! / MIDDLE_LEVEL), 1, shardsMax);
  // planned[i]: how many shards were asked for at the end of step first + i; in force `effect` steps later.
  const planned = new Int32Array(Math.max(0, end - first));
  let steps = 0;
  let overloadedSteps = 0;
  let nearSteps = 0;
  let shardTime = 0;
  let changes = 0;
  for (let step = first; step < end; step++) {
    const before = step === first ? start : planned[step - first - 1]!;
    const inForce = step - first < effect ? start : planned[step - first - effect]!;
    if (step >= first + effect) {
      const under = Math.abs(before - inForce);
      if (isObserved[step]) {
        steps++;
        shardTime += inForce;
        const capacity = inForce - changeCost * under;
        see({ step, shards: inForce, capacity });
        if (load[step]! > capacity) overloadedSteps++;
        if (load[step]! > NEAR_LEVEL * capacity) nearSteps++;
      }
    }
    const wanted = clamp(Math.round(decide(step, before)), 1, shardsMax);
    // Neither what is there nor what is under way can be split or merged twice.
    const least = Math.min(before, Math.ceil(Math.max(inForce, before) / 2));
    const most = Math.max(before, 2 * Math.min(inForce, before));
    const next = clamp(wanted, least, most);
    planned[step - first] = next;
    if (step + effect < end) changes += Math.abs(next - before);
  }
  return { steps, overloadedSteps, nearSteps, shardTime, changes };
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
