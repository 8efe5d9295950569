import { type InputRecord, StageFault, type StepResult } from "../../processors/stage.js";
import type { ShardFigures } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { Timer } from "../clock.js";
import type { Waiting } from "../metrics/stage-meter.js";
import { StoreCorrupt } from "../store/level-store.js";
import type { OpenTask, StageDriver } from "./environment.js";
import { perform } from "./perform.js";
import { stepRecordsMax } from "./turns.js";

/** Most records given to one step. */
const STEP_RECORDS_MAX = 512;
/** Time between two looks at the shard tree that a task wants, in milliseconds: what waits for one is repeated after a crash. */
const TOPOLOGY_LOOK_MS = 100;
/** Records that may wait in a slot before fetching waits for it. */
const QUEUED_RECORDS_MAX = 1_024;

const NEVER = Number.POSITIVE_INFINITY;

/** What a step took in, and how long it took, in milliseconds. */
export interface StepTimes {
  /** Records that it was given; none for a timer. */
  readonly records: readonly InputRecord[];
  /** The step itself; 0 for a timer. */
  readonly stepMs: number;
  /** Writing and storing what it asked for. */
  readonly performMs: number;
}

export interface SlotEvents {
  /** After each step: positions that may be committed, and topics to stop reading. */
  stepped(partition: number, result: StepResult, times: StepTimes): void;
  /** The task is over because of this; the slot is closed. */
  failed(partition: number, error: unknown): void;
}

/** One partition number of a stage while this process has it: the task, its queue, one step at a time. */
export class TaskSlot {
  private readonly queue: InputRecord[][] = [];
  private queued = 0;
  private stepRecords = STEP_RECORDS_MAX;
  private running = false;
  private closed = false;
  private isEnding = false;
  private timer: Timer | undefined;
  private wakeAtMs: number | undefined;
  /** When the task is shown the shard tree next. */
  private lookAtMs: number | undefined;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private idle: Promise<void> = Promise.resolve();
  private readonly waitingForRoom: (() => void)[] = [];

  /** @param next next offset to fetch, by topic; kept up to date */
  constructor(
    readonly partition: number,
    private readonly open: OpenTask,
    private readonly driver: StageDriver,
    private readonly events: SlotEvents,
    readonly next: Map<TopicName, number>,
  ) {}

  /** Takes fetched records. Those below the expected offset were taken before (the group was re-joined). */
  enqueue(records: InputRecord[], topic: TopicName): void {
    if (this.closed) return;
    const expected = this.next.get(topic) ?? 0;
    const fresh =
      records[0]!.offset >= expected ? records : records.filter(({ offset }) => offset >= expected);
    if (fresh.length === 0) return;
    this.next.set(topic, fresh.at(-1)!.offset + 1);
    this.queue.push(fresh);
    this.queued += fresh.length;
    this.kick();
  }

  get isFull(): boolean {
    return !this.closed && this.queued > QUEUED_RECORDS_MAX;
  }

  /** Resolves when there is room for more records. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  /** Shows the task the shard tree as soon as its step in progress is done. */
  lookAtTopology(): void {
    if (!this.open.task.topology) return;
    this.lookAtMs = Number.NEGATIVE_INFINITY;
    this.kick();
  }

  get isDone(): boolean {
    return this.open.task.isDone === true;
  }

  /** What was fetched, and no step took in yet. */
  get waiting(): Waiting {
    return { records: this.queued, oldestMs: this.queue[0]?.[0]?.timeMs };
  }

  /** What was measured of the task's shard since the last time. */
  figures(): ShardFigures | undefined {
    return this.open.measure?.();
  }

  /** Closes the slot of a task that is done. */
  async end(): Promise<void> {
    await this.halt();
    const { end, store, transactional } = this.open;
    // First what others wait for.
    await (end?.() ?? store?.close())?.catch(() => undefined);
    await transactional?.close();
  }

  private kick(): void {
    if (this.running || this.closed) return;
    this.running = true;
    this.idle = this.run();
  }

  private async run(): Promise<void> {
    try {
      while (!this.closed) {
        const stepped = await this.stepOnce();
        if (!stepped) break;
        const { result, stepMs, records } = stepped;
        const steppedMs = performance.now();
        if (this.closed) return;
        if (result.wantsTopology) this.lookAtMs ??= this.lookedAtMs + TOPOLOGY_LOOK_MS;
        this.wakeAtMs = result.wakeAtMs;
        this.schedule();
        await perform(result, this.open, this.driver);
        if (this.closed) return;
        this.sayEnding();
        this.events.stepped(this.partition, result, {
          records,
          stepMs,
          performMs: performance.now() - steppedMs,
        });
      }
    } catch (error) {
      if (!this.closed) {
        this.stop();
        this.events.failed(this.partition, error);
      }
    } finally {
      this.running = false;
      this.makeRoom();
    }
    // What arrived between the last look and `running = false` kicked in vain.
    if (!this.closed && (this.queue.length > 0 || this.isDue)) this.kick();
  }

  private sayEnding(): void {
    if (this.isEnding || !this.open.task.hasEnded) return;
    this.isEnding = true;
    this.open.ending?.();
  }

  private get isDue(): boolean {
    return Math.min(this.wakeAtMs ?? NEVER, this.lookAtMs ?? NEVER) <= this.now();
  }

  private async stepOnce(): Promise<({ result: StepResult } & Omit<StepTimes, "performMs">) | undefined> {
    const { task, prepare } = this.open;
    if (task.topology && this.lookAtMs !== undefined && this.lookAtMs <= this.now()) {
      this.lookAtMs = undefined;
      const tree = await this.driver.environment.topology.refresh();
      if (this.closed) return undefined;
      this.lookedAtMs = this.now();
      return { result: task.topology(tree, this.lookedAtMs), stepMs: 0, records: [] };
    }
    if (task.timer && this.wakeAtMs !== undefined && this.wakeAtMs <= this.now()) {
      this.wakeAtMs = undefined;
      return { result: task.timer(this.now()), stepMs: 0, records: [] };
    }
    const records = this.takeRecords();
    if (records.length === 0) return undefined;
    if (prepare) await prepare(records);
    const { turns } = this.driver.environment;
    await turns?.begin();
    try {
      const startMs = performance.now();
      const result = task.step(records, this.now());
      const stepMs = performance.now() - startMs;
      if (turns)
        this.stepRecords = stepRecordsMax(records.length, stepMs, this.stepRecords, STEP_RECORDS_MAX);
      return { result, stepMs, records };
    } finally {
      turns?.end();
    }
  }

  /** The next records of one topic, several fetches together. */
  private takeRecords(): InputRecord[] {
    const first = this.queue[0];
    if (!first) return [];
    const max = this.stepRecords;
    if (first.length > max) {
      this.queued -= max;
      this.makeRoom();
      return first.splice(0, max);
    }
    this.queue.shift();
    while (this.queue[0]?.[0]?.topic === first[0]!.topic && first.length + this.queue[0].length <= max) {
      for (const record of this.queue.shift()!) first.push(record);
    }
    this.queued -= first.length;
    this.makeRoom();
    return first;
  }

  private makeRoom(): void {
    if (this.isFull) return;
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
  }

  private schedule(): void {
    this.timer?.cancel();
    const atMs = Math.min(this.wakeAtMs ?? NEVER, this.lookAtMs ?? NEVER);
    if (atMs === NEVER) return;
    this.timer = this.driver.environment.clock.after(Math.max(1, atMs - this.now()), () => {
      // Node's timers may fire a millisecond before the clock says so; a task must not sleep on for that.
      if (this.isDue) this.kick();
      else this.schedule();
    });
  }

  private now(): number {
    return this.driver.environment.clock.now();
  }

  private async halt(): Promise<void> {
    this.stop();
    await this.idle.catch(() => undefined);
  }

  private stop(): void {
    this.closed = true;
    this.timer?.cancel();
    this.queue.length = 0;
    this.queued = 0;
    this.makeRoom();
  }

  /** Ends the task after the step in progress and lets go of store and producer. */
  async close(): Promise<void> {
    await this.halt();
    await this.open.transactional?.close();
    await this.open.store?.close().catch(() => undefined);
  }
}

/** Whether forgetting the local store and executing again may help. */
export function wantsWipe(error: unknown): boolean {
  return error instanceof StageFault || error instanceof StoreCorrupt;
}
