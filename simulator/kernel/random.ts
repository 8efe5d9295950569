/** Whole number from 0 up to, not including, n. */
export type Chance = (n: number) => number;

/** The numbers of a seed, for who needs nothing but them. */
export function seeded(seed: number): Chance {
  const random = new Random(seed);
  return (n) => random.below(n);
}

/** Numbers that look random and depend on the seed alone (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** At least 0, below 1. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number at least 0, below n. */
  below(n: number): number {
    return Math.floor(this.fraction() * n);
  }

  /** A whole number from low to high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.below(list.length)]!;
  }

  /**
   * Another source that depends on this one's next number and a name: what one part of a simulation draws doesn't change
   * what the others do.
   */
  fork(name: string): Random {
    let seed = Math.floor(this.fraction() * 2 ** 32);
    for (let index = 0; index < name.length; index++)
      seed = Math.imul(seed ^ name.charCodeAt(index), 0x01000193);
    return new Random(seed);
  }
}
