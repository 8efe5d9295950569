import { HORIZONS } from "./parts.js";
import type { Series } from "./series.js";
import { maximumBetween } from "./statistics.js";

/** What is forecast: the maximum from `from` to `to` steps ahead; a point where they are equal. */
export interface Target {
  readonly from: number;
  readonly to: number;
}

/** Steps until a decision of the policy has an effect. */
export const EFFECT_STEPS = [1, 3] as const;
/** Lengths of the windows whose maximum the policy may ask for. */
export const POLICY_WINDOWS = [1, 3, 6] as const;

export const POINT_TARGETS: readonly Target[] = HORIZONS.map((steps) => ({ from: steps, to: steps }));
/** Of each effect: its window of each length. */
export const WINDOW_TARGETS: readonly Target[] = EFFECT_STEPS.flatMap((effect) =>
  POLICY_WINDOWS.map((length) => ({ from: effect, to: effect + length - 1 })),
);
export const TARGETS: readonly Target[] = [...POINT_TARGETS, ...WINDOW_TARGETS];

/** What really came; NaN where a part of it wasn't measured or isn't there. */
export function actual({ values, isObserved }: Series, origin: number, { from, to }: Target): number {
  if (origin + to >= values.length) return Number.NaN;
  for (let ahead = from; ahead <= to; ahead++) if (!isObserved[origin + ahead]) return Number.NaN;
  return maximumBetween(values, origin + from, origin + to);
}
