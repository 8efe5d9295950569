import { type EventLoopUtilization, performance } from "node:perf_hooks";

/** How often the process is looked at, in milliseconds. */
const LOOK_MS = 1_000;
/** What a look counts beside all before it: about ten seconds together. */
const NEWEST_SHARE = 0.1;
/** An idle process polls, and hardly steps: no more than so many times its steps is put down to them. */
const OVERHEAD_MAX = 10;

/**
 * What this process' main thread is used for, over about ten seconds. A process that has just started counts as idle: what it
 * does first, loading and compiling itself, says nothing about what it will have time for.
 */
export class ProcessUse {
  private busyAverage = 0;
  private stepAverage = 0;
  private stepMs = 0;
  private lastMs = performance.now();
  private last: EventLoopUtilization = performance.eventLoopUtilization();
  private readonly timer = setInterval(() => this.look(), LOOK_MS);

  constructor() {
    this.timer.unref();
  }

  /** A stage of this process stepped for so many milliseconds. */
  stepped(stepMs: number): void {
    this.stepMs += stepMs;
  }

  /** Share of the time that is used for anything, 0 to 1. */
  get busy(): number {
    return this.busyAverage;
  }

  /** How many times the time of a step goes with it: for fetching, writing, memory. At least 1. */
  get overhead(): number {
    if (this.stepAverage === 0) return 1;
    return Math.min(OVERHEAD_MAX, Math.max(1, this.busyAverage / this.stepAverage));
  }

  private look(): void {
    const now = performance.eventLoopUtilization();
    const nowMs = performance.now();
    const { utilization } = performance.eventLoopUtilization(now, this.last);
    const stepShare = this.stepMs / (nowMs - this.lastMs);
    this.last = now;
    this.lastMs = nowMs;
    this.stepMs = 0;
    this.busyAverage += NEWEST_SHARE * (utilization - this.busyAverage);
    this.stepAverage += NEWEST_SHARE * (stepShare - this.stepAverage);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
