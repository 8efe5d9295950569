import { POINT_TARGETS, TARGETS } from "../targets.js";

/** Quantiles of each point, the first its forecast. */
export const POINT_LEVELS = [0.5, 0.9] as const;
/** Quantiles of the maximum over each window, rising. */
export const WINDOW_LEVELS = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99] as const;

/** One number that the network says: a quantile of a target. */
export interface Output {
  /** Place in TARGETS. */
  readonly target: number;
  readonly level: number;
}

export const OUTPUTS: readonly Output[] = TARGETS.flatMap((_, target) =>
  (target < POINT_TARGETS.length ? POINT_LEVELS : WINDOW_LEVELS).map((level) => ({ target, level })),
);

/** Place in OUTPUTS of this quantile of a target; -1: nobody says it. */
export function outputAt(target: number, level: number): number {
  return OUTPUTS.findIndex((output) => output.target === target && output.level === level);
}

/** Place in OUTPUTS of the first quantile of a target. */
export function firstOutput(target: number): number {
  return OUTPUTS.findIndex((output) => output.target === target);
}
