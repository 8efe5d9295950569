/** A stage with a pace of its own that has so many records more to read isn't held to it. */
const PACED_RECORDS_MAX = 64;

/**
 * A partition that has a whole step more to read waits no longer than this, in milliseconds: its next fetch is large however
 * soon it comes, and the longest pace would be all that bounds it.
 */
const BEHIND_PACE_MS = 25;
const BEHIND_RECORDS_MIN = 512;

/**
 * How long to wait after a fetch that gave records before the next, in milliseconds.
 * @param paceMs of the process
 * @param stageMsMin the stage's own least, if it has one
 * @param lag offsets that the partition has beyond the fetch
 */
export function paceAfterFetch(paceMs: number, stageMsMin: number | undefined, lag: () => number): number {
  const behind = lag();
  if (behind >= BEHIND_RECORDS_MIN) return Math.min(paceMs, BEHIND_PACE_MS);
  if (stageMsMin === undefined || behind > PACED_RECORDS_MAX) return paceMs;
  return Math.max(paceMs, stageMsMin);
}
