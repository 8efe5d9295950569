import { nextPace } from "../../runtime/process/fetch-pace.js";
import { type Item, takeOut } from "./items.js";
import { type Cores, Thread, type Timeline } from "./kernel.js";

/** How often a process sets its pace, in milliseconds; as in runtime/process/fetch-pace.ts. */
const LOOK_MS = 250;
const PACE_MS_MIN = 25;
/** Most records of a step, as in runtime/driver/task-slot.ts. */
const STEP_RECORDS_MAX = 512;
/** Records of 270 bytes in what a fetch has of a partition at most, as in runtime/driver/consumer-config.ts. */
const FETCH_RECORDS_MAX = 970;
/** Records that may wait before fetching waits for them, as in runtime/driver/task-slot.ts. */
const QUEUED_RECORDS_MAX = 1_024;
/** Records of one job of a signature thread, as in runtime/signatures/pool.ts. */
const JOB_RECORDS_MAX = 128;

/** Places of a queue that were taken before they are let go of. */
const COMPACTED_FROM = 1_000;

/** A process: its main thread, its threads for signatures, and the pace of its fetches. */
export class SimulatedProcess {
  readonly main: Thread;
  readonly checkers: readonly Thread[];
  paceMs = PACE_MS_MIN;
  private seen = { machineMs: 0, mainMs: 0 };

  constructor(
    readonly cores: Cores,
    checkers: number,
    timeline: Timeline,
  ) {
    this.main = new Thread(cores);
    this.checkers = Array.from({ length: checkers }, () => new Thread(cores));
    const look = () => {
      const machineMs = cores.busyMs;
      const mainMs = this.main.busyMs;
      const machine = (machineMs - this.seen.machineMs) / LOOK_MS / cores.count;
      this.paceMs = nextPace(this.paceMs, Math.max(machine, (mainMs - this.seen.mainMs) / LOOK_MS));
      this.seen = { machineMs, mainMs };
      timeline.at(timeline.nowMs + LOOK_MS, look);
    };
    timeline.at(LOOK_MS, look);
  }

  /** Checks so many signatures, shared out to the threads. */
  check(count: number, msOfOne: number, done: () => void): void {
    let jobs = 0;
    const one = () => {
      if (--jobs === 0) done();
    };
    const sizes: number[] = [];
    for (let left = count; left > 0; left -= JOB_RECORDS_MAX) sizes.push(Math.min(left, JOB_RECORDS_MAX));
    if (sizes.length === 0 || this.checkers.length === 0) {
      done();
      return;
    }
    jobs = sizes.length;
    for (const size of sizes) {
      let thread = this.checkers[0]!;
      for (const other of this.checkers) if (other.load < thread.load) thread = other;
      thread.run(size * msOfOne, one);
    }
  }
}

/** What a step needs: signatures, the main thread, then the broker's answer. In milliseconds. */
export interface StepWork {
  readonly signatures: number;
  readonly mainMs: number;
  /** Of the partition's leader, which the step waits for. */
  readonly brokerMs: number;
  /** Of each further copy, which it doesn't wait for. */
  readonly copies: number;
  /** After the broker has what the step wrote. */
  readonly done: () => void;
}

/** A group's member: one fetch brings what there is for all of its partitions. */
export class Member {
  private fetchedMs = Number.NEGATIVE_INFINITY;

  /** Whether a partition's fetch is one of its own, and not the one that another partition's records came with. */
  fetches(nowMs: number, paceMs: number): boolean {
    if (nowMs - this.fetchedMs < paceMs / 2) return false;
    this.fetchedMs = nowMs;
    return true;
  }
}

/** One partition of a stage: takes what has come in turns, one at a time. */
export class Slot {
  /** Time with a step in work, waiting for the broker's answer included. */
  busyMs = 0;
  private readonly queue: { readyMs: number; item: Item }[] = [];
  private head = 0;
  private isBusy = false;
  private nextFetchMs = 0;
  /** Records that were fetched and not taken. */
  private fetched = 0;
  private wakeMs = Number.POSITIVE_INFINITY;

  constructor(
    readonly process: SimulatedProcess,
    private readonly member: Member,
    private readonly timeline: Timeline,
    private readonly brokers: Cores,
    private readonly signatureMs: number,
    /** @param isFetch they came with a fetch of their own, not with the last one */
    private readonly step: (items: readonly Item[], isFetch: boolean) => StepWork,
  ) {}

  /** Gives it something that can be fetched from then on. */
  give(item: Item, readyMs: number): void {
    // Its own copy: it may be taken in parts.
    this.queue.push({ readyMs, item: item.kind === "transactions" ? { ...item } : item });
    if (!this.isBusy) this.wakeAt(Math.max(readyMs, this.nextTurnMs));
  }

  /** What was fetched with the last ones, and didn't fit into their step, needs no fetch. */
  private get nextTurnMs(): number {
    return this.fetched > 0 ? this.timeline.nowMs : this.nextFetchMs;
  }

  private wakeAt(atMs: number): void {
    if (atMs >= this.wakeMs) return;
    this.wakeMs = atMs;
    this.timeline.at(atMs, () => {
      if (this.wakeMs !== atMs || this.isBusy) return;
      this.wakeMs = Number.POSITIVE_INFINITY;
      this.turn();
    });
  }

  private turn(): void {
    const { nowMs } = this.timeline;
    const isFetch = nowMs >= this.nextFetchMs && this.fetched <= QUEUED_RECORDS_MAX;
    if (isFetch) {
      this.fetched += FETCH_RECORDS_MAX;
      this.nextFetchMs = nowMs + this.process.paceMs;
    }
    const items = this.take();
    if (items.length === 0) {
      this.fetched = 0;
      this.wakeForNext();
      return;
    }
    // All that was there is taken: what comes later comes with another fetch.
    if (!this.hasReady) this.fetched = 0;
    this.isBusy = true;
    const pays = isFetch && this.member.fetches(nowMs, this.process.paceMs);
    const { signatures, mainMs, brokerMs, copies, done } = this.step(items, pays);
    this.process.check(signatures, this.signatureMs, () =>
      this.process.main.run(mainMs, () => {
        for (let copy = 0; copy < copies; copy++) this.brokers.run(brokerMs, () => undefined);
        this.brokers.run(brokerMs, () => {
          done();
          this.isBusy = false;
          this.busyMs += this.timeline.nowMs - nowMs;
          this.wakeForNext();
        });
      }),
    );
  }

  private get hasReady(): boolean {
    const first = this.queue[this.head];
    return first !== undefined && first.readyMs <= this.timeline.nowMs;
  }

  private wakeForNext(): void {
    const first = this.queue[this.head];
    if (first) this.wakeAt(Math.max(first.readyMs, this.nextTurnMs));
  }

  private take(): Item[] {
    const max = Math.min(STEP_RECORDS_MAX, this.fetched);
    const taken: Item[] = [];
    let records = 0;
    while (this.hasReady && records < max) {
      const { item } = this.queue[this.head]!;
      const size = item.kind === "transactions" ? item.local + item.crossing : 1;
      if (item.kind === "transactions" && records + size > max) {
        const part = takeOut(item, max - records);
        taken.push(part);
        records += part.local + part.crossing;
        break;
      }
      this.head++;
      records += size;
      taken.push(item);
    }
    this.fetched -= records;
    if (this.head > COMPACTED_FROM) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    return taken;
  }
}
