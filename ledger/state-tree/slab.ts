/** Indices that there is room for at first. */
const CAPACITY_FIRST = 256;

/** Indices of records that lie in arrays, from 1 on; what was given back is given out again first. */
export class Slab {
  private free: number[] = [];
  private next = 1;
  private count = 0;
  private capacity = CAPACITY_FIRST;

  /** @param max records at most. @param grow makes room for so many indices. */
  constructor(
    private readonly what: string,
    private readonly max: number,
    private readonly grow: (capacity: number) => void,
  ) {
    grow(this.capacity);
  }

  /** How many are in use. */
  get size(): number {
    return this.count;
  }

  /** @throws RangeError when there are `max` already. */
  take(): number {
    if (this.count === this.max) throw new RangeError(`a state tree has at most ${this.max} ${this.what}`);
    this.count += 1;
    const again = this.free.pop();
    if (again !== undefined) return again;
    if (this.next === this.capacity) {
      this.capacity = Math.min(2 * this.capacity, this.max + 1);
      this.grow(this.capacity);
    }
    return this.next++;
  }

  give(index: number): void {
    this.count -= 1;
    this.free.push(index);
  }
}

/** A longer array with the same beginning. */
export function grown<T extends Uint8Array | Int32Array>(
  make: new (length: number) => T,
  old: T,
  length: number,
): T {
  const longer = new make(length);
  longer.set(old);
  return longer;
}
