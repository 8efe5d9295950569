import { maximumBetween } from "../statistics.js";
import { type Decide, MIDDLE_LEVEL } from "./simulate.js";

/** The load of a shard, in shares of its capacity, at which it is split, and below which it is merged. */
export const SPLIT_LEVEL = 0.8;
export const MERGE_LEVEL = 0.5;

/** Leaves the set as it is. */
export const never: Decide = (_step, planned) => planned;

/** Splits at `split` of capacity, down to below it; merges below MERGE_LEVEL, up to the middle of the band. */
export function byLevel(load: (step: number) => number, split = SPLIT_LEVEL): Decide {
  return (step, planned) => {
    const now = load(step);
    if (now > split * planned) return Math.ceil(now / split);
    const merge = split * (MERGE_LEVEL / SPLIT_LEVEL);
    if (now < merge * planned) return Math.max(1, Math.ceil(now / (split * (MIDDLE_LEVEL / SPLIT_LEVEL))));
    return planned;
  };
}

/** Judges by the load of the step that just ended. */
export const threshold = (load: Float64Array): Decide => byLevel((step) => load[step]!);

/** Judges by the greatest load of the last `held` steps. */
export function peakHold(load: Float64Array, held: number, split: number): Decide {
  return byLevel((step) => maximumBetween(load, Math.max(0, step + 1 - held), step), split);
}

/** Knows the greatest load from the effect of a decision on, for `length` steps. */
export function oracle(load: Float64Array, effect: number, length: number, split: number): Decide {
  return byLevel((step) => {
    const last = Math.min(load.length - 1, step + effect + length - 1);
    return maximumBetween(load, Math.min(step + effect, last), last);
  }, split);
}

/** As many shards as keep a forecast load at or below `split` of capacity. */
export function shardsFor(load: number, split: number): number {
  return Math.max(1, Math.ceil(load / split));
}

/** Takes more shards at once, and fewer only after `patience` decisions in a row asked for fewer: then the most of them. */
export function patient(wanted: (step: number) => number, patience: number): Decide {
  let asked: number[] = [];
  return (step, planned) => {
    const now = wanted(step);
    asked = now >= planned ? [] : [...asked, now].slice(-patience);
    if (now >= planned) return now;
    return asked.length < patience ? planned : Math.max(...asked);
  };
}
