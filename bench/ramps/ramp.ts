/** A load that rises from a foot to a top in a straight line; shares of a shard's capacity. */
export interface Ramp {
  /** Transactions a second. */
  readonly capacity: number;
  readonly foot: number;
  readonly top: number;
  /** By so much a second. */
  readonly slope: number;
}

/** From 80 to 100 % in 1.3 s: half of the splits of ten ramps took longer than 1.5. */
export const RAMP: Ramp = { capacity: 400, foot: 0.1, top: 1.15, slope: 0.15 };
/** The top is held for so long, in milliseconds. */
export const TOP_MS = 5_000;

/** How long it rises, in milliseconds. */
export function risingMs({ foot, top, slope }: Ramp): number {
  return (1_000 * (top - foot)) / slope;
}

/** Load so long after its beginning, as a share of the capacity. */
export function shareAt({ foot, top, slope }: Ramp, afterMs: number): number {
  return Math.min(top, foot + (slope * Math.max(0, afterMs)) / 1_000);
}

/** When it reaches a share, in milliseconds from its beginning. */
export function reachedAfterMs({ foot, slope }: Ramp, share: number): number {
  return (1_000 * (share - foot)) / slope;
}
