/**
 * Which blocks are checkpoints. Time is cut into intervals; a block is one where it is the first of an interval, and of rank
 * r where it is the first of an interval of 2^r times the length. Whoever can't keep up takes only those of a higher rank:
 * they are among those that everyone else takes, so votes still meet, and nobody has to agree on anything.
 *
 * @param previousTime time of the block before, in milliseconds since 1970; 0 for none
 * @param time the block's own, not below
 * @returns undefined where the block is none
 */
export function checkpointRank(previousTime: number, time: number, intervalMs: number): number | undefined {
  let before = Math.floor(previousTime / intervalMs);
  let now = Math.floor(time / intervalMs);
  let rank: number | undefined;
  while (before !== now) {
    rank = rank === undefined ? 0 : rank + 1;
    before = Math.floor(before / 2);
    now = Math.floor(now / 2);
  }
  return rank;
}
