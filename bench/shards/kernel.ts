/** Simulated time, and what happens when. Events of one moment run in the order in which they were asked for. */
export class Timeline {
  nowMs = 0;
  private readonly heap: { atMs: number; order: number; run: () => void }[] = [];
  private order = 0;

  at(atMs: number, run: () => void): void {
    const { heap } = this;
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.order++, run };
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  /** Runs everything up to a time. */
  runUntil(endMs: number): void {
    for (;;) {
      const first = this.heap[0];
      if (!first || first.atMs > endMs) break;
      this.removeFirst();
      this.nowMs = first.atMs;
      first.run();
    }
    this.nowMs = endMs;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: { atMs: number; order: number }, b: { atMs: number; order: number }): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

interface Job {
  readonly ms: number;
  readonly done: () => void;
}

/** Some cores; jobs take one each, in the order in which they came. */
export class Cores {
  busyMs = 0;
  private free: number;
  private readonly waiting: Job[] = [];

  constructor(
    readonly name: string,
    readonly count: number,
    private readonly timeline: Timeline,
  ) {
    this.free = count;
  }

  run(ms: number, done: () => void): void {
    const job = { ms, done };
    if (this.free > 0) this.start(job);
    else this.waiting.push(job);
  }

  private start({ ms, done }: Job): void {
    this.free--;
    this.timeline.at(this.timeline.nowMs + ms, () => {
      this.busyMs += ms;
      this.free++;
      const next = this.waiting.shift();
      if (next) this.start(next);
      done();
    });
  }
}

/** A thread: one job at a time, on one of its machine's cores. */
export class Thread {
  busyMs = 0;
  /** Jobs that it has and hasn't done. */
  load = 0;
  private readonly waiting: Job[] = [];

  constructor(private readonly cores: Cores) {}

  run(ms: number, done: () => void): void {
    const job = { ms, done };
    if (this.load++ > 0) this.waiting.push(job);
    else this.start(job);
  }

  private start({ ms, done }: Job): void {
    this.cores.run(ms, () => {
      this.busyMs += ms;
      this.load--;
      const next = this.waiting.shift();
      if (next) this.start(next);
      done();
    });
  }
}
