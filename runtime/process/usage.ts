import { PerformanceObserver } from "node:perf_hooks";
import type { StageRunner } from "../driver/stage-runner.js";

/** What a process of stages spent its time with since it was first asked, in milliseconds of wall time. */
export interface ProcessUsage {
  /** Synchronous steps by consumer group. */
  readonly stepMs: Readonly<Record<string, number>>;
  /** Records that they took since the process started, by consumer group. */
  readonly takenRecords: Readonly<Record<string, number>>;
  /** Collections of garbage that stop the main thread. */
  readonly garbageMs: number;
  /** Jobs of the threads that check signatures, all together. */
  readonly signatureMs: number;
}

/** Question and answer, on the channel between a process and its parent. */
export type UsageMessage = { readonly kind: "usage"; readonly usage?: ProcessUsage };

/** Answers a parent that asks what this process does; until it asks, nothing is observed. */
export function answerUsage(runners: readonly StageRunner[], signatureMs: () => number): void {
  let garbageMs = 0;
  let observer: PerformanceObserver | undefined;
  process.on("message", (message: UsageMessage) => {
    if (message.kind !== "usage") return;
    if (!observer) {
      observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) garbageMs += duration;
      });
      observer.observe({ entryTypes: ["gc"] });
    }
    const stepMs: Record<string, number> = {};
    const taken: Record<string, number> = {};
    for (const { definition, steppedMs, takenRecords } of runners) {
      stepMs[definition.group] = steppedMs;
      taken[definition.group] = takenRecords;
    }
    process.send?.({
      kind: "usage",
      usage: { stepMs, takenRecords: taken, garbageMs, signatureMs: signatureMs() },
    });
  });
}
