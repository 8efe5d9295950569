import { cpus } from "node:os";
import { type EventLoopUtilization, performance } from "node:perf_hooks";

/**
 * Least time between two fetches that gave records where there is time to spare, in milliseconds. An idle stage gets its
 * first record at once; a busy one gets what came in meanwhile together, instead of paying a request, a step and a write
 * for each record.
 */
export const FETCH_PACE_MS_MIN = 25;
/** The same where there is none: a record costs half as much in large batches as in small ones, in milliseconds. */
const FETCH_PACE_MS_MAX = 300;
/** How often the pace is set, in milliseconds. */
const LOOK_MS = 250;
/** Shares of the time that was used: above the one the pace slows down, below the other it quickens. */
const BUSY = 0.97;
const SPARE = 0.9;
const CHANGE = 1.5;

/** The pace after a look: slower while busy, quicker while there is time to spare, within the bounds. */
export function nextPace(paceMs: number, busyShare: number): number {
  if (busyShare > BUSY) return Math.min(FETCH_PACE_MS_MAX, paceMs * CHANGE);
  if (busyShare < SPARE) return Math.max(FETCH_PACE_MS_MIN, paceMs / CHANGE);
  return paceMs;
}

/**
 * How long stages wait between fetches: short while this machine and this process' thread have time to spare, longer while
 * they have none. What it measures doesn't depend on the batches being small or large but through the time that they cost,
 * so it can't hold itself slow: large batches leave time to spare, and then the pace quickens.
 */
export class FetchPace {
  private paceMs = FETCH_PACE_MS_MIN;
  private machine = cpuTimes();
  private loop: EventLoopUtilization = performance.eventLoopUtilization();
  private readonly timer = setInterval(() => this.look(), LOOK_MS);

  constructor() {
    this.timer.unref();
  }

  /** In milliseconds. */
  get ms(): number {
    return this.paceMs;
  }

  private look(): void {
    const machine = cpuTimes();
    const loop = performance.eventLoopUtilization();
    const all = machine.all - this.machine.all;
    const machineShare = all > 0 ? 1 - (machine.idle - this.machine.idle) / all : 0;
    const loopShare = performance.eventLoopUtilization(loop, this.loop).utilization;
    this.machine = machine;
    this.loop = loop;
    this.paceMs = nextPace(this.paceMs, Math.max(machineShare, loopShare));
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/**
 * Time of all processors so far, in milliseconds. What processes of low priority use, as checkpoints do, counts as idle: they
 * give way.
 */
function cpuTimes(): { readonly idle: number; readonly all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle + times.nice;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, all };
}
