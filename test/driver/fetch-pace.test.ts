import { describe, expect, it } from "vitest";
import { paceAfterFetch } from "../../runtime/driver/pace.js";
import { FETCH_PACE_MS_MIN, nextPace } from "../../runtime/process/fetch-pace.js";

/** The pace after so many looks at the same share. */
function paceAfter(looks: number, busyShare: number, paceMs: number = FETCH_PACE_MS_MIN): number {
  for (let look = 0; look < looks; look++) paceMs = nextPace(paceMs, busyShare);
  return paceMs;
}

describe("the pace of fetches", () => {
  it("stays as it is where there is time to spare, and slows down to its bound where there is none", () => {
    expect(paceAfter(100, 0.5)).toBe(FETCH_PACE_MS_MIN);
    expect(paceAfter(2, 1)).toBeGreaterThan(FETCH_PACE_MS_MIN);
    expect(paceAfter(100, 1)).toBe(300);
  });

  it("keeps what it has in between, and is quick again within seconds", () => {
    const slow = paceAfter(100, 1);
    expect(paceAfter(100, 0.93, slow)).toBe(slow);
    expect(paceAfter(8, 0.5, slow)).toBe(FETCH_PACE_MS_MIN);
  });

  it("settles where large batches leave time to spare", () => {
    // A load that takes all of the time in small batches, and 85 % of it in the largest.
    let paceMs = FETCH_PACE_MS_MIN;
    const seen = new Set<number>();
    for (let look = 0; look < 200; look++) {
      const busyShare = 0.85 + 0.15 * (FETCH_PACE_MS_MIN / paceMs);
      paceMs = nextPace(paceMs, busyShare);
      if (look > 100) seen.add(paceMs);
    }
    expect(Math.max(...seen) / Math.min(...seen)).toBeLessThanOrEqual(1.5);
  });

  it("is at least a stage's own, but where the stage is behind", () => {
    const lagOf = (lag: number) => () => lag;
    expect(paceAfterFetch(25, undefined, lagOf(0))).toBe(25);
    expect(paceAfterFetch(25, 500, lagOf(1))).toBe(500);
    expect(paceAfterFetch(25, 500, lagOf(10_000))).toBe(25);
    expect(paceAfterFetch(800, 500, lagOf(0))).toBe(800);
  });

  it("is short where a full fetch more waits: a slow pace would be all that bounds a busy partition", () => {
    expect(paceAfterFetch(300, undefined, () => 999)).toBe(300);
    expect(paceAfterFetch(300, undefined, () => 1_000)).toBe(25);
    expect(paceAfterFetch(300, 500, () => 1_000)).toBe(25);
    expect(paceAfterFetch(10, undefined, () => 1_000)).toBe(10);
  });
});
