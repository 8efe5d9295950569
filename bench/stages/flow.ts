import type { InputRecord, OutputRecord, StageName, StepResult } from "../../processors/stage.js";
import { toWire } from "../../schemas/codec.js";
import type { TopicName } from "../../topics/catalogue.js";
import { type PlacedTask, SCHEMA_ID } from "./tasks.js";

/** What all steps of a stage took. */
export interface StageTime {
  ms: number;
  records: number;
}

/** Who watches the steps: neither takes part in the time of a stage. */
export interface StepWatcher {
  before(task: PlacedTask, records: readonly InputRecord[]): void;
  /** @param records none: it was a timer */
  after(task: PlacedTask, records: readonly InputRecord[], result: StepResult): void;
}

interface Running extends PlacedTask {
  readonly waiting: Map<TopicName, InputRecord[]>;
  wakeAtMs: number | undefined;
}

/** Records of one step, as the driver gives at most. */
const STEP_RECORDS_MAX = 2_000;
/** Partition of records whose topic nobody here reads by partition: notifications, state. */
const ANY_PARTITION = 0;

/** Carries records from task to task in memory, and takes the time of each stage's steps. Time passes only here. */
export class Flow {
  readonly times = new Map<StageName, StageTime>();
  /** Final events, by which transactions are counted. */
  readonly finals: OutputRecord[] = [];
  private readonly tasks: Running[];
  private readonly readers = new Map<string, Running[]>();
  private readonly offsets = new Map<string, number>();
  private nowMs: number;

  constructor(
    tasks: readonly PlacedTask[],
    startMs: number,
    private readonly watcher?: StepWatcher,
  ) {
    this.nowMs = startMs;
    this.tasks = tasks.map((task) => ({ ...task, waiting: new Map(), wakeAtMs: undefined }));
    for (const task of this.tasks) {
      for (const input of task.inputs) {
        const name = `${input}/${task.partition}`;
        const readers = this.readers.get(name);
        if (readers) readers.push(task);
        else this.readers.set(name, [task]);
      }
    }
  }

  /** Appends a record to a topic. */
  append(topic: TopicName, partition: number, key: Buffer | null, value: Buffer | null): void {
    const name = `${topic}/${partition}`;
    const offset = this.offsets.get(name) ?? 0;
    this.offsets.set(name, offset + 1);
    const record: InputRecord = { topic, partition, offset, timeMs: this.nowMs, key, value };
    for (const reader of this.readers.get(name) ?? []) {
      const queue = reader.waiting.get(topic);
      if (queue) queue.push(record);
      else reader.waiting.set(topic, [record]);
    }
  }

  /** Runs all tasks until none has anything to do, letting time pass where they wait for it. */
  runUntilQuiet(): void {
    for (;;) {
      let moved = false;
      for (const task of this.tasks) moved = this.run(task) || moved;
      if (moved) continue;
      const wakes = this.tasks.flatMap(({ wakeAtMs }) => (wakeAtMs === undefined ? [] : [wakeAtMs]));
      if (wakes.length === 0) return;
      this.nowMs = Math.max(this.nowMs, Math.min(...wakes));
      for (const task of this.tasks) {
        if (task.wakeAtMs === undefined || task.wakeAtMs > this.nowMs || !task.task.timer) continue;
        this.take(task, [], () => task.task.timer!(this.nowMs));
      }
    }
  }

  private run(task: Running): boolean {
    let moved = false;
    for (const [, queue] of task.waiting) {
      while (queue.length > 0) {
        moved = true;
        const records = queue.splice(0, STEP_RECORDS_MAX);
        this.take(task, records, () => task.task.step(records, this.nowMs));
      }
    }
    return moved;
  }

  private take(task: Running, records: readonly InputRecord[], step: () => StepResult): void {
    this.watcher?.before(task, records);
    const startMs = performance.now();
    const result = step();
    const time = this.times.get(task.stage) ?? { ms: 0, records: 0 };
    time.ms += performance.now() - startMs;
    time.records += records.length;
    this.times.set(task.stage, time);
    this.watcher?.after(task, records, result);
    task.wakeAtMs = result.wakeAtMs;
    for (const record of result.records) {
      if (record.topic === "notifications") this.finals.push(record);
      const value = record.value && toWire(SCHEMA_ID, record.value);
      this.append(record.topic, record.partition ?? ANY_PARTITION, record.key, value);
    }
  }
}
