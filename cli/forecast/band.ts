import type { LoadQuantile } from "./model.js";

/** What is expected at a moment ahead: the median, and the highest that is likely, in transactions a second. */
export interface Band {
  readonly median: number;
  readonly high: number;
}

const MEDIAN = 0.5;
/** Levels above are too uncertain to be drawn. */
const HIGH_MAX = 0.95;

/** Seconds after the forecast that its windows reach to; 0: it has none. */
export function horizonSeconds(quantiles: readonly LoadQuantile[]): number {
  return Math.max(0, ...quantiles.map(({ toSeconds }) => toSeconds));
}

/**
 * The band at a moment: of the shortest window that the moment is in, or of the next moment that was forecast.
 * @returns undefined: the forecast says nothing of it
 */
export function bandAt(quantiles: readonly LoadQuantile[], seconds: number): Band | undefined {
  const length = ({ fromSeconds, toSeconds }: LoadQuantile) => toSeconds - fromSeconds;
  const windows = quantiles.filter(
    (one) => length(one) > 0 && one.fromSeconds <= seconds && seconds <= one.toSeconds,
  );
  const moments = quantiles.filter((one) => length(one) === 0 && one.toSeconds >= seconds);
  const chosen =
    windows.length > 0
      ? windows.reduce((a, b) => (length(b) < length(a) ? b : a))
      : moments.length > 0
        ? moments.reduce((a, b) => (b.toSeconds < a.toSeconds ? b : a))
        : undefined;
  if (!chosen) return undefined;
  const same = quantiles
    .filter((one) => one.fromSeconds === chosen.fromSeconds && one.toSeconds === chosen.toSeconds)
    .sort((a, b) => a.level - b.level);
  const median = same.reduce((a, b) => (Math.abs(b.level - MEDIAN) < Math.abs(a.level - MEDIAN) ? b : a));
  const high = same.findLast(({ level }) => level <= HIGH_MAX) ?? median;
  return {
    median: median.transactionsPerSecond,
    high: Math.max(median.transactionsPerSecond, high.transactionsPerSecond),
  };
}
