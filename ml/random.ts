/** Draws numbers in [0, 1). */
export type Random = () => number;

/** A seeded source of chance (mulberry32): the same seed, the same numbers, on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of `items` without repetition, in the order drawn; all of them, shuffled, where there are no more. */
export function sample(items: ArrayLike<number>, count: number, random: Random): Int32Array {
  const pool = Int32Array.from(items);
  const drawn = Math.min(count, pool.length);
  for (let at = 0; at < drawn; at++) {
    const other = at + Math.floor(random() * (pool.length - at));
    const kept = pool[at]!;
    pool[at] = pool[other]!;
    pool[other] = kept;
  }
  return pool.slice(0, drawn);
}
