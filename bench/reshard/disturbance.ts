import { nearestRank } from "../../runtime/session/figures.js";

/** A transaction: when it was due to be submitted, and how long it then took, in milliseconds. */
export interface Sample {
  readonly sentMs: number;
  readonly tookMs: number;
}

/** Transactions that were submitted in a span of time; p50 and p99 (nearest rank) in milliseconds, null where there were none. */
export interface Window {
  readonly startMs: number;
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** For how long a change disturbed p99, in milliseconds. */
export interface Disturbance {
  /** All windows above the threshold. */
  readonly totalMs: number;
  /** The most of them in a row. */
  readonly longestMs: number;
  /** The highest p99 of a window; null where nothing was submitted. */
  readonly worstP99Ms: number | null;
}

/** Above so many times the p99 before, and so much more than it in milliseconds, p99 counts as disturbed. */
const FACTOR = 1.5;
const MORE_MS = 300;

export function thresholdMs(p99BeforeMs: number): number {
  return Math.max(FACTOR * p99BeforeMs, p99BeforeMs + MORE_MS);
}

/** Windows of one width, one after another from `fromMs` on; a last one that isn't whole is left out. In any order of samples. */
export function windowsOf(
  samples: Iterable<Sample>,
  fromMs: number,
  untilMs: number,
  widthMs: number,
): Window[] {
  const windows = Math.max(0, Math.floor((untilMs - fromMs) / widthMs));
  const took: number[][] = Array.from({ length: windows }, () => []);
  for (const { sentMs, tookMs } of samples) took[Math.floor((sentMs - fromMs) / widthMs)]?.push(tookMs);
  return took.map((values, index) => {
    const sorted = values.sort((a, b) => a - b);
    const at = (share: number) => (sorted.length > 0 ? nearestRank(sorted, share) : null);
    return { startMs: fromMs + index * widthMs, count: sorted.length, p50: at(0.5), p99: at(0.99) };
  });
}

export function disturbanceOf(windows: readonly Window[], aboveMs: number, widthMs: number): Disturbance {
  let total = 0;
  let longest = 0;
  let run = 0;
  for (const { p99 } of windows) {
    run = p99 !== null && p99 > aboveMs ? run + 1 : 0;
    if (run > 0) total++;
    longest = Math.max(longest, run);
  }
  const highest = windows.flatMap(({ p99 }) => (p99 === null ? [] : [p99]));
  return {
    totalMs: total * widthMs,
    longestMs: longest * widthMs,
    worstP99Ms: highest.length > 0 ? Math.max(...highest) : null,
  };
}
