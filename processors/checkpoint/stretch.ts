/**
 * Of an interval, the share of time that hashing may take; where it takes more, checkpoints are further apart. Less than half
 * would hold itself: the longer the interval the longer the next root takes, so one slow root could keep the interval long.
 */
const HASHING_SHARE = 0.5;
/** Intervals that a task may be behind before it leaves checkpoints out to catch up. */
const INTERVALS_BEHIND = 2;

/**
 * Lowest rank of the checkpoints that can be kept up with. Each rank is twice as far apart as the one below, and among it
 * (ledger/checkpoint/rank.ts).
 * @param hashingMs how long the last root took, in milliseconds
 * @param behindMs time of the newest certified block less that of the block at hand, in milliseconds
 */
export function rankToKeepUp(hashingMs: number, behindMs: number, intervalMs: number): number {
  const wanted = Math.max(hashingMs / HASHING_SHARE, behindMs / INTERVALS_BEHIND);
  return wanted <= intervalMs ? 0 : Math.ceil(Math.log2(wanted / intervalMs));
}
