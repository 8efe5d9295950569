/** Seconds that a rate remembers. */
export const RATE_WINDOW_SECONDS = 300;

/**
 * Events for each second of the last minutes, by the broker's time and not by that of reading: what is read again
 * after a start doesn't look like load.
 */
export class Rate {
  private readonly counts = new Array<number>(RATE_WINDOW_SECONDS).fill(0);
  private readonly seconds = new Array<number>(RATE_WINDOW_SECONDS).fill(-1);

  /** Counts one event at a time in milliseconds since 1970. */
  add(timeMs: number): void {
    const second = Math.floor(timeMs / 1000);
    const slot = second % RATE_WINDOW_SECONDS;
    if (this.seconds[slot]! > second) return; // older than the window
    if (this.seconds[slot] !== second) {
      this.seconds[slot] = second;
      this.counts[slot] = 0;
    }
    this.counts[slot]!++;
  }

  /** Events in each of the last `length` full seconds before a time, oldest first. `length` is below the window. */
  history(nowMs: number, length: number): number[] {
    const first = Math.floor(nowMs / 1000) - length;
    return Array.from({ length }, (_, index) => {
      const slot = (first + index) % RATE_WINDOW_SECONDS;
      return this.seconds[slot] === first + index ? this.counts[slot]! : 0;
    });
  }

  /** Mean events a second over the last `length` full seconds before a time. */
  perSecond(nowMs: number, length: number): number {
    return this.history(nowMs, length).reduce((sum, count) => sum + count, 0) / length;
  }
}
