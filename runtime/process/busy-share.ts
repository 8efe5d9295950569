import { type EventLoopUtilization, performance } from "node:perf_hooks";

/** How often the process is looked at, in milliseconds. */
const LOOK_MS = 1_000;
/** What a look counts beside all before it: about ten seconds together. */
const NEWEST_SHARE = 0.1;

/** Share of this process' main thread that is used, over about ten seconds. */
export class BusyShare {
  private average = 0;
  private last: EventLoopUtilization = performance.eventLoopUtilization();
  private readonly timer = setInterval(() => this.look(), LOOK_MS);

  constructor() {
    this.timer.unref();
  }

  /** 0 to 1. */
  get share(): number {
    return this.average;
  }

  private look(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.last);
    this.last = now;
    this.average += NEWEST_SHARE * (utilization - this.average);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
