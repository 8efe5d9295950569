/** A step takes no longer than about this, so that those of other partitions aren't held up, in milliseconds. */
export const STEP_MS_MAX = 20;
/** So many records a step has at least, whatever they cost: a step costs something too. */
const STEP_RECORDS_MIN = 32;

/**
 * Turns of a process' partitions: one step at a time, in the order in which they asked. Who had a turn asks behind all who
 * wait, so a partition with endless work and one with little alternate; and between two turns what came in from the broker
 * and from other threads is taken in.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private isTaken = false;

  /** Resolves when it is the caller's turn; `end` must follow. */
  begin(): Promise<void> {
    if (!this.isTaken) {
      this.isTaken = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  end(): void {
    setImmediate(() => {
      const next = this.waiting.shift();
      if (next) next();
      else this.isTaken = false;
    });
  }
}

/**
 * Most records of the next step, by what the last one took.
 * @param bound most records of any step
 */
export function stepRecordsMax(taken: number, stepMs: number, last: number, bound: number): number {
  if (taken === 0) return last;
  const fits = stepMs > 0 ? Math.floor((STEP_MS_MAX * taken) / stepMs) : bound;
  // A small step says little of what many records cost: grow by doubling.
  return Math.max(STEP_RECORDS_MIN, Math.min(bound, fits, 2 * last));
}
