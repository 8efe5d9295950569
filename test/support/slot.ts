import { type Alert, type OutputRecord, StageFault, type StepResult } from "../../processors/stage.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { OpenedTask, SimulatedEnvironment, SimulatedStage } from "./stages.js";
import type { MemoryStore } from "./topics.js";

/**
 * Where a task dies within a step: before anything is written; with some of the records written (in a transactional stage
 * only those of shard.log, or only those of the transaction); before the store; before the position is committed; after.
 */
export type CrashPoint = "nothing" | "some" | "other" | "records" | "store" | "all";
export const CRASH_POINTS: readonly CrashPoint[] = ["nothing", "some", "other", "records", "store", "all"];

/** A task of one stage and partition, driven as runtime/driver does: step, write, store, then move positions. */
export class Slot {
  readonly name: string;
  readonly alerts: Alert[] = [];
  readonly faults: { code: string; message: string }[] = [];
  /** As the driver: after a second fault it stays down. */
  halted = false;
  /** Tests stop a slot here, as an operator stops a process. */
  stopped = false;
  wakeAtMs: number | undefined;
  private opened: OpenedTask | undefined;
  private next = new Map<TopicName, number>();
  private paused: ReadonlySet<TopicName> = new Set();
  /** Every position ever committed, the newest last. */
  private readonly commits: ReadonlyMap<TopicName, number>[] = [];
  private wantsTopology = false;
  private wiped = false;
  private wipe = false;

  constructor(
    readonly stage: SimulatedStage,
    readonly partition: number,
    private readonly environment: SimulatedEnvironment,
  ) {
    this.name = `${stage.group}-${partition}`;
  }

  /** Local store of the task, if it has one. */
  get store(): MemoryStore | undefined {
    return this.environment.stores.get(this.name);
  }

  get isUp(): boolean {
    return !this.halted && !this.stopped;
  }

  /** Inputs with records that the task would be given now. */
  get ready(): TopicName[] {
    if (!this.isUp) return [];
    if (!this.opened) this.open();
    const { topics } = this.environment;
    return this.stage.inputs.filter(
      (input) =>
        topics.records(input, this.partition).length > this.next.get(input)! && !this.paused.has(input),
    );
  }

  private open(): void {
    this.opened = this.stage.open(this.partition, this.environment, this.wipe);
    this.wipe = false;
    this.paused = new Set();
    this.wakeAtMs = undefined;
    this.wantsTopology = false;
    const committed = this.commits.at(-1);
    this.next = new Map(
      this.stage.inputs.map((input) => [
        input,
        this.opened!.task.startAt?.get(input) ?? committed?.get(input) ?? 0,
      ]),
    );
  }

  /** Gives the task up to `max` records of an input. */
  step(input: TopicName, max: number, nowMs: number, crash?: CrashPoint): void {
    const from = this.next.get(input) ?? 0;
    const records = this.environment.topics.records(input, this.partition).slice(from, from + max);
    this.next.set(input, from + records.length);
    this.run((task) => task.step(records, nowMs), crash);
    this.lookAtTopology(nowMs);
  }

  timer(nowMs: number, crash?: CrashPoint): void {
    this.wakeAtMs = undefined;
    this.run((task) => task.timer!(nowMs), crash);
    this.lookAtTopology(nowMs);
  }

  /** As the driver: once all that a step asked for is acknowledged. The shard tree never changes here. */
  private lookAtTopology(nowMs: number): void {
    const { topology } = this.environment.network;
    while (this.opened && this.wantsTopology) this.run((task) => task.topology!(topology, nowMs));
  }

  private run(step: (task: OpenedTask["task"]) => StepResult, crash?: CrashPoint): void {
    let result: StepResult;
    try {
      result = step(this.opened!.task);
    } catch (error) {
      if (!(error instanceof StageFault)) throw error;
      this.faults.push({ code: error.code, message: error.message });
      this.opened = undefined;
      this.wakeAtMs = undefined;
      if (this.wiped) this.halted = true;
      this.wiped = true;
      this.wipe = true;
      return;
    }
    this.perform(result, crash);
    if (crash) this.crash();
  }

  private perform(result: StepResult, crash: CrashPoint | undefined): void {
    if (crash === "nothing") return;
    const { topics } = this.environment;
    for (const record of this.writtenBefore(crash, result.records)) topics.write(record);
    if (crash === "some" || crash === "other" || crash === "records") return;
    if (result.store && result.store.length > 0) this.opened!.store?.writeNow(result.store);
    for (const changes of result.storedChanges ?? []) this.opened!.state?.stored(changes);
    if (crash === "store") return;
    this.commit(result);
    this.alerts.push(...(result.alerts ?? []));
    this.paused = new Set(result.pause);
    this.wakeAtMs = result.wakeAtMs;
    this.wantsTopology = result.wantsTopology ?? false;
  }

  private writtenBefore(
    crash: CrashPoint | undefined,
    records: readonly OutputRecord[],
  ): readonly OutputRecord[] {
    if (crash !== "some" && crash !== "other") return records;
    if (this.stage.transactional) {
      const plain = records.filter(({ topic }) => topic === "shard.log");
      // Either the log's record got through and the transaction was aborted, or it committed and the process died.
      return crash === "some" ? plain : records.filter((record) => !plain.includes(record));
    }
    return records.slice(0, Math.floor(records.length / (crash === "some" ? 2 : 3)));
  }

  private commit(result: StepResult): void {
    this.commits.push(new Map([...(this.commits.at(-1) ?? []), ...(result.resumeAt ?? [])]));
  }

  /** The process dies; the next step opens the task again from store, positions and topics. */
  crash(): void {
    this.opened = undefined;
    this.wakeAtMs = undefined;
    this.wipe = false;
    this.wiped = false;
    this.halted = false;
  }

  /** Commits that were made late are lost with the process: positions go back. */
  loseCommits(count: number): void {
    this.crash();
    this.commits.length = Math.max(0, this.commits.length - count);
  }

  /** Loses the local store, or its last batches. */
  loseStore(batches?: number): void {
    this.crash();
    const store = this.environment.stores.get(this.name);
    if (batches === undefined) store?.clearNow();
    else store?.loseBatches(batches);
  }
}
