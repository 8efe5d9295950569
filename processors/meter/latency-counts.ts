import { LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";

/** How many took how long. */
export class LatencyCounts {
  private counts = noCounts();

  add(ms: number): void {
    let at = 0;
    while (at < LATENCY_BOUNDS_MS.length && ms > LATENCY_BOUNDS_MS[at]!) at++;
    this.counts[at]!++;
  }

  /** Hands out what was counted, and begins anew. */
  take(): number[] {
    const taken = this.counts;
    this.counts = noCounts();
    return taken;
  }
}

function noCounts(): number[] {
  return Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
}
