import { HELD_STEPS_MAX, type Series } from "../series.js";

/** Seconds that are remembered of a shard: half an hour. */
export const REMEMBERED_S = 1_800;
const MS_PER_S = 1_000;

/** A shard's load, second by second. A gap has the last value while it is short, then 0, and is marked. */
export class LoadHistory {
  private constructor(
    private readonly name: string,
    private values: number[],
    private observed: number[],
    /** Of the last value, in seconds since 1970; NaN: there is none. */
    private lastS: number,
  ) {}

  static empty(name: string): LoadHistory {
    return new LoadHistory(name, [], [], Number.NaN);
  }

  /** As a shard begins that took others' place: their sum, or its share of it. */
  static inherited(name: string, parents: readonly LoadHistory[], share: number): LoadHistory {
    const lastS = Math.max(...parents.map((parent) => parent.lastS));
    const length = Math.min(...parents.map(({ values }) => values.length));
    const own = LoadHistory.empty(name);
    if (!Number.isFinite(lastS) || length === 0) return own;
    own.lastS = lastS;
    for (let back = length - 1; back >= 0; back--) {
      own.values.push(
        share * parents.reduce((sum, { values }) => sum + values[values.length - 1 - back]!, 0),
      );
      own.observed.push(Math.min(...parents.map(({ observed }) => observed[observed.length - 1 - back]!)));
    }
    return own;
  }

  /** @param load transactions a second in the span that ended at `atMs`; what is no number, or negative, wasn't measured */
  add(atMs: number, load: number): void {
    const second = Math.round(atMs / MS_PER_S);
    if (!Number.isFinite(load) || load < 0 || !Number.isFinite(second)) return;
    if (second <= this.lastS) {
      // Two spans that end in one second, or a clock that went back.
      if (second === this.lastS) this.values[this.values.length - 1] = load;
      return;
    }
    if (Number.isNaN(this.lastS) || second - this.lastS > REMEMBERED_S) {
      this.values = [];
      this.observed = [];
    } else {
      const held = this.values.at(-1) ?? 0;
      for (let missing = 1; missing < second - this.lastS; missing++) {
        this.values.push(missing <= HELD_STEPS_MAX ? held : 0);
        this.observed.push(0);
      }
    }
    this.values.push(load);
    this.observed.push(1);
    this.lastS = second;
    if (this.values.length > 2 * REMEMBERED_S) {
      this.values = this.values.slice(-REMEMBERED_S);
      this.observed = this.observed.slice(-REMEMBERED_S);
    }
  }

  get length(): number {
    return this.values.length;
  }

  /** End of the last second that was measured, in milliseconds since 1970. */
  get atMs(): number {
    return this.lastS * MS_PER_S;
  }

  /** The last values, oldest first; fewer where there aren't so many. */
  last(count: number): number[] {
    return this.values.slice(-count);
  }

  /** The greatest value of the last ones; 0 where there is none. */
  peak(count: number): number {
    return Math.max(0, ...this.last(count));
  }

  get series(): Series {
    const values = Float64Array.from(this.values.slice(-REMEMBERED_S));
    return {
      name: this.name,
      stepS: 1,
      startS: this.lastS - values.length + 1,
      values,
      isObserved: Uint8Array.from(this.observed.slice(-REMEMBERED_S)),
    };
  }
}
