import { TraceHash } from "./trace-hash.js";

/** An event that may still be called off. */
export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly label: string;
  run: (() => void) | undefined;
}

/**
 * The only clock and the only source of order: one event at a time, and all that it sets off in promises, before the next.
 * Everything in a simulation that waits waits here.
 */
export class Scheduler {
  /** Simulated time, in milliseconds since 1970. */
  nowMs: number;
  events = 0;
  readonly trace = new TraceHash();
  private readonly heap: Scheduled[] = [];
  private order = 0;

  constructor(readonly startMs: number) {
    this.nowMs = startMs;
  }

  /** Runs so many milliseconds from now; at once, but after this event, where 0. */
  after(delayMs: number, label: string, run: () => void): Scheduled {
    const event = { atMs: this.nowMs + delayMs, order: this.order++, label, run };
    this.push(event);
    return event;
  }

  /** Runs events until `isDone` (asked after each) or none is left before `endMs`; rejects with what an event throws. */
  run(isDone: () => boolean, endMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          const event = this.pop(endMs);
          if (!event) return resolve();
          this.nowMs = event.atMs;
          this.events++;
          this.trace.add(event.label, event.atMs);
          const { run } = event;
          event.run = undefined;
          run!();
          if (isDone()) return resolve();
          // A tick that a microtask asks for comes after all microtasks, also those that they make.
          queueMicrotask(() => process.nextTick(step));
        } catch (error) {
          reject(error);
        }
      };
      step();
    });
  }

  private pop(endMs: number): Scheduled | undefined {
    for (;;) {
      const first = this.heap[0];
      if (!first || first.atMs > endMs) return undefined;
      const last = this.heap.pop()!;
      if (last !== first) {
        this.heap[0] = last;
        this.sink();
      }
      if (first.run) return first;
    }
  }

  private push(event: Scheduled): void {
    const { heap } = this;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  private sink(): void {
    const { heap } = this;
    const event = heap[0]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, event)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(left: Scheduled, right: Scheduled): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
