/** A stage with a pace of its own that has so many records more to read isn't held to it. */
const PACED_RECORDS_MAX = 64;

/** A partition that has so many records more to read will have a full fetch next, however soon that comes. */
export const BEHIND_RECORDS_MIN = 1_000;
/** Then the pace of a busy process would be all that bounds it: a member with such a partition waits no longer than this, in milliseconds. */
const BEHIND_PACE_MS = 25;

/**
 * How long to wait after a fetch that gave records before the next, in milliseconds.
 * @param paceMs of the process
 * @param stageMsMin the stage's own least, if it has one
 * @param lag offsets that the partition, or one that is fetched with it, has beyond the fetch
 */
export function paceAfterFetch(paceMs: number, stageMsMin: number | undefined, lag: () => number): number {
  const behind = lag();
  if (behind >= BEHIND_RECORDS_MIN) return Math.min(paceMs, BEHIND_PACE_MS);
  if (stageMsMin === undefined || behind > PACED_RECORDS_MAX) return paceMs;
  return Math.max(paceMs, stageMsMin);
}
