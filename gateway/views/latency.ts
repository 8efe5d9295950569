/** Values that percentiles are taken over. */
export const LATENCY_SAMPLES = 2_048;

/** Percentiles of the last latencies, in milliseconds. */
export interface Percentiles {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The last LATENCY_SAMPLES latencies. */
export class Latency {
  private readonly valuesMs: number[] = [];
  private taken = 0;

  add(valueMs: number): void {
    this.valuesMs[this.taken++ % LATENCY_SAMPLES] = valueMs;
  }

  /** Percentiles by nearest rank; undefined before the first value. */
  percentiles(): Percentiles | undefined {
    const samples = this.valuesMs.length;
    if (samples === 0) return undefined;
    const sorted = [...this.valuesMs].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * samples) - 1)]!;
    return { samples, p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}
