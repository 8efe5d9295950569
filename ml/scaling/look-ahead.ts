import { outputAt } from "../network/outputs.js";
import { TARGETS } from "../targets.js";
import { DECIDED_LEVEL } from "./lately.js";

const STEP_MS = 1_000;
/** A measurement is the mean of a second and up to a second old when it is decided by: the load has gone on since. */
const UNSEEN_STEPS = 2;

/** Places in TARGETS: the earliest end first, of equal ends the longest window. */
const BY_END = [...TARGETS.keys()].sort(
  (a, b) => TARGETS[a]!.to - TARGETS[b]!.to || TARGETS[a]!.from - TARGETS[b]!.from,
);

/**
 * What to decide by, where a change takes so long, in milliseconds: place in TARGETS of the window that ends first of those
 * that don't end before the change is done. The furthest there is where none reaches so far.
 */
export function targetCovering(changeMs: number): number {
  const steps = Math.ceil(changeMs / STEP_MS) + UNSEEN_STEPS;
  return BY_END.find((target) => TARGETS[target]!.to >= steps) ?? BY_END.at(-1)!;
}

/** The quantile of a target that decisions are made by. */
export function quantileOf(forecast: Float32Array, target: number): number {
  return forecast[outputAt(target, DECIDED_LEVEL)]!;
}
