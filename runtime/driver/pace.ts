/** A stage with a pace of its own that has so many records more to read isn't held to it. */
const PACED_RECORDS_MAX = 64;

/**
 * How long to wait after a fetch that gave records before the next, in milliseconds.
 * @param paceMs of the process
 * @param stageMsMin the stage's own least, if it has one
 * @param lag offsets that the partition has beyond the fetch
 */
export function paceAfterFetch(paceMs: number, stageMsMin: number | undefined, lag: () => number): number {
  if (stageMsMin === undefined || lag() > PACED_RECORDS_MAX) return paceMs;
  return Math.max(paceMs, stageMsMin);
}
