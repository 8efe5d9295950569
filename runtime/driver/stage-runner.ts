import type { ConsumerGroupJoinEvent, EachBatchPayload } from "kafkajs";
import type { KnownShard, Topology } from "../../ledger/topology.js";
import { type InputRecord, StageFault, type StepResult } from "../../processors/stage.js";
import type { PartitionFigures } from "../../schemas/generated.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import { sleep, type Timer } from "../clock.js";
import { momentOf, nextMoment } from "../kafka/moment.js";
import { PlainWriter } from "../kafka/plain-writer.js";
import type { GroupConsumer } from "../kafka/ports.js";
import { StageMeter, type Waiting } from "../metrics/stage-meter.js";
import { type Placing, placingOf } from "../placement/placing.js";
import { consumerConfig, heartbeatIntervalMs, whileJoined } from "./consumer-config.js";
import {
  type Environment,
  NotReady,
  type OpenTask,
  type StageDefinition,
  type StageDriver,
  type StageLog,
} from "./environment.js";
import { BEHIND_RECORDS_MIN, paceAfterFetch } from "./pace.js";
import { Positions } from "./positions.js";
import { committedOffsets, inputBounds, StartOffsetError, startOffsets } from "./start-offsets.js";
import { type StepTimes, TaskSlot, wantsWipe } from "./task-slot.js";

/** A second fault this soon after a store was forgotten halts the task, in milliseconds. */
const WIPE_AGAIN_MS = 600_000;
/** So long a member's next fetch, which is for all of its partitions, waits for one that has enough, in milliseconds. */
const ROOM_WAIT_MS_MAX = 100;
const REOPEN_DELAY_MS_MIN = 200;
/** Between two looks whether a task can be opened that couldn't yet, in milliseconds. */
const NOT_READY_DELAY_MS = 100;
const REOPEN_DELAY_MS_MAX = 5_000;
/** Between two looks whether the parents of a shard that begins have ended in this process, in milliseconds. */
const PARENTS_LOOK_MS = 20;

const NOTHING_WAITS: Waiting = { records: 0, oldestMs: undefined };

/** A share of a process' time in millionths; -1: it isn't known. */
const workPpm = (work: number | undefined) => (work === undefined ? -1 : Math.round(work * 1_000_000));

/** What a partition number of a stage is doing, for status pages. */
export type SlotStatus = "opening" | "running" | "waiting" | "halted" | "without shard" | "ended";

interface Managed {
  slot?: TaskSlot;
  /** When the slot was opened, as batches count it. */
  openedMoment: number;
  status: SlotStatus;
  failures: number;
  /** When the store was last forgotten after a fault, in milliseconds since 1970. */
  wipedAtMs: number | undefined;
  /** The next opening forgets the store. */
  wipeNext: boolean;
  /** Inputs that the task doesn't want for now. */
  paused: ReadonlySet<TopicName>;
  /** Nothing is fetched for the slot until it has room. */
  isFull: boolean;
  /** Where each input goes on after a restart. */
  positions: Map<TopicName, number>;
  /** Grows when the partition is given or taken; an opening that finds another one gives up. */
  generation: number;
}

/** Runs one stage on Kafka: a consumer-group member with a task for each partition number that it is assigned. */
export class StageRunner {
  private readonly consumer: GroupConsumer;
  private readonly writer: PlainWriter;
  private readonly driver: StageDriver;
  private readonly managed = new Map<number, Managed>();
  private readonly positions: Positions;
  private readonly placing: Placing;
  private readonly meter = new StageMeter();
  private readonly topicNames: ReadonlyMap<string, TopicName>;
  private readonly log: StageLog;
  /** Slots with a whole fetch more to read. */
  private readonly behind = new Set<TaskSlot>();
  /** Tasks that are done and are being closed. */
  private readonly endings = new Set<Promise<void>>();
  private generation = 0;
  private stopping = false;
  private forgetTopology: (() => void) | undefined;
  private steppingMs = 0;
  private taken = 0;

  constructor(
    readonly definition: StageDefinition,
    private readonly environment: Environment,
    private readonly onCrash: (error: Error) => void,
  ) {
    const { kafka, network, log } = environment;
    this.log = log.child({ stage: definition.group });
    this.writer = new PlainWriter(kafka);
    this.driver = { definition, environment, writer: this.writer };
    this.topicNames = new Map(
      definition.inputs.map((input) => [topicOnCluster(network.genesis.network, input), input]),
    );
    const groupId = `${network.genesis.network}.${definition.group}`;
    this.placing = placingOf(environment, definition, this.log);
    this.consumer = kafka.consumer(
      consumerConfig(groupId, environment.sessionTimeoutMs, () => !this.stopping, this.placing.assigner),
    );
    this.positions = new Positions(this.consumer, { ...environment, log: this.log }, (partition) =>
      this.placing.note(partition),
    );
  }

  /** Resolves when the member has joined its group. */
  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...this.topicNames.keys()], fromBeginning: true });
    this.placing.start(this.consumer);
    const joined = new Promise<void>((resolve) => {
      // The listener runs before kafkajs fetches from the new assignment, so partitions are paused in time.
      this.consumer.on(this.consumer.events.GROUP_JOIN, (event) => {
        this.assign(event);
        resolve();
      });
    });
    this.consumer.on(this.consumer.events.CRASH, ({ payload }) => {
      this.log.warn({ error: payload.error.message, restarts: payload.restart }, "consumer crashed");
      if (!payload.restart && !this.stopping) this.onCrash(payload.error);
    });
    await this.consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: (payload) => this.take(payload),
    });
    this.positions.start();
    this.forgetTopology = this.environment.topology.onChange(() => this.topologyChanged());
    await joined;
  }

  /** Opens tasks of shards that begin, and shows the tree to those that want to see it. */
  private topologyChanged(): void {
    for (const [partition, managed] of this.managed) {
      if (managed.status === "without shard") void this.openSlot(partition, false);
      managed.slot?.lookAtTopology();
    }
  }

  private assign(event: ConsumerGroupJoinEvent): void {
    const numbers = new Set(Object.values(event.payload.memberAssignment).flat());
    this.placing.assigned(numbers);
    for (const [partition, managed] of this.managed) {
      if (numbers.has(partition)) continue;
      this.managed.delete(partition);
      this.meter.forget(partition);
      managed.generation = -1;
      void this.letGo(managed.slot);
    }
    for (const partition of numbers) {
      const managed = this.managed.get(partition);
      if (managed?.slot) {
        // kafkajs went back to the committed offsets; this task has read further. A group that was made anew after a crash
        // has forgotten what was paused, too.
        this.seek(managed.slot.next, partition);
        this.pauseOnly(partition, this.pausesOf(managed));
      } else if (!managed) {
        this.managed.set(partition, {
          status: "opening",
          openedMoment: 0,
          failures: 0,
          wipedAtMs: undefined,
          wipeNext: false,
          paused: new Set(),
          isFull: false,
          positions: new Map(),
          generation: ++this.generation,
        });
        this.pauseAll(partition);
        void this.openSlot(partition, false);
      } else this.pauseAll(partition);
    }
  }

  private pauseAll(partition: number): void {
    this.pauseOnly(partition, new Set(this.topicNames.values()));
  }

  /** Pauses these inputs of a partition number, and resumes the others. */
  private pauseOnly(partition: number, paused: ReadonlySet<TopicName>): void {
    for (const [topic, name] of this.topicNames) {
      const selected = [{ topic, partitions: [partition] }];
      if (paused.has(name)) whileJoined(() => this.consumer.pause(selected));
      else whileJoined(() => this.consumer.resume(selected));
    }
  }

  private seek(offsets: ReadonlyMap<TopicName, number>, partition: number): void {
    for (const [name, offset] of offsets) {
      const topic = topicOnCluster(this.environment.network.genesis.network, name);
      whileJoined(() => this.consumer.seek({ topic, partition, offset: String(offset) }));
    }
  }

  private async openSlot(partition: number, wipe: boolean): Promise<void> {
    const managed = this.managed.get(partition);
    if (!managed) return;
    const topology = this.environment.topology.current;
    const shard = topology.ofPartition(partition);
    if (this.definition.isByShard && !shard) {
      managed.status = "without shard";
      // It is no work, which members have to know of each other before any of them moves anything.
      this.placing.opened(partition, new Map(this.definition.inputs.map((input) => [input, 0])));
      return;
    }
    managed.status = "opening";
    const { generation } = managed;
    const isCurrent = () => !this.stopping && this.managed.get(partition)?.generation === generation;
    let open: OpenTask | undefined;
    try {
      const environment = {
        ...this.environment,
        network: { ...this.environment.network, topology },
        parentsEnded: () => this.parentsEnded(shard, topology, isCurrent),
      };
      const committed = await committedOffsets(partition, this.driver);
      const bounds = inputBounds(partition, this.driver);
      // What went wrong there is thrown below.
      bounds.catch(() => undefined);
      open = await this.definition.open(partition, environment, wipe);
      const starts = await startOffsets(partition, open.task, committed, await bounds, this.driver);
      const slot = new TaskSlot(partition, open, this.driver, this.events, starts);
      if (!isCurrent()) {
        await slot.close();
        return;
      }
      managed.slot = slot;
      managed.openedMoment = nextMoment();
      managed.status = "running";
      managed.paused = new Set();
      managed.isFull = false;
      managed.positions = new Map(starts);
      this.placing.opened(partition, managed.positions);
      if (wipe) managed.wipedAtMs = this.environment.clock.now();
      this.seek(starts, partition);
      this.pauseOnly(partition, managed.paused);
      this.log.info({ partition, starts: Object.fromEntries(starts) }, "task opened");
      slot.lookAtTopology();
      this.closeIfDone(partition);
    } catch (error) {
      await open?.transactional?.close();
      await open?.store?.close().catch(() => undefined);
      if (isCurrent()) this.events.failed(partition, error);
    }
  }

  /** Closes a slot; the member's fetches don't hurry for it any more. */
  private async letGo(slot: TaskSlot | undefined): Promise<void> {
    if (!slot) return;
    this.behind.delete(slot);
    await slot.close();
  }

  private async parentsEnded(
    shard: KnownShard | undefined,
    topology: Topology,
    isCurrent: () => boolean,
  ): Promise<void> {
    const parents = (shard?.parents ?? []).map((parent) => topology.shard(parent).partition);
    const isOpen = (partition: number) => {
      const managed = this.managed.get(partition);
      return managed !== undefined && managed.status !== "ended";
    };
    while (parents.some(isOpen)) {
      await sleep(this.environment.clock, PARENTS_LOOK_MS);
      if (!isCurrent()) throw new NotReady(`shard ${shard?.shard} was given to another process`);
    }
  }

  /** A shard that has ended needs no task any more. */
  private closeIfDone(partition: number): void {
    const managed = this.managed.get(partition);
    if (!managed?.slot?.isDone) return;
    const { slot } = managed;
    delete managed.slot;
    this.pauseAll(partition);
    this.behind.delete(slot);
    const ending = slot.end().then(() => {
      managed.status = "ended";
      this.endings.delete(ending);
      this.log.info({ partition }, "shard has ended: task closed");
    });
    this.endings.add(ending);
  }

  private readonly events = {
    stepped: (partition: number, result: StepResult, times: StepTimes): void => {
      const { stepMs, performMs } = times;
      this.log.trace({ partition, records: result.records.length, stepMs, performMs }, "step");
      this.steppingMs += stepMs;
      this.taken += times.records.length;
      this.placing.stepped(partition, { taken: times.records.length, stepMs, performMs });
      this.meter.stepped(partition, times, this.environment.clock.now());
      const managed = this.managed.get(partition);
      if (!managed) return;
      managed.failures = 0;
      for (const [name, offset] of result.resumeAt ?? []) managed.positions.set(name, offset);
      // Of all inputs, though one has moved: a group that lost its positions must not get back some of them.
      this.positions.moved(partition, managed.positions);
      this.setPaused(partition, new Set(result.pause));
      for (const alert of result.alerts ?? []) this.log.warn({ partition, code: alert.code }, alert.message);
      this.closeIfDone(partition);
    },
    failed: (partition: number, error: unknown): void => {
      const managed = this.managed.get(partition);
      if (!managed || this.stopping) return;
      const slot = managed.slot;
      delete managed.slot;
      this.pauseAll(partition);
      const code = (error as { code?: string }).code;
      const message = error instanceof Error ? error.message : String(error);
      const wipe = wantsWipe(error);
      if (!(error instanceof NotReady)) this.meter.failed(partition);
      const isFinal = (wipe && this.wasWipedLately(managed)) || error instanceof StartOffsetError;
      // One that waits for others to end isn't stuck.
      if (!(error instanceof NotReady)) this.placing.failed(partition, isFinal);
      if (isFinal) {
        managed.status = "halted";
        this.log.error({ partition, code }, `halted: ${message}`);
        void this.letGo(slot);
        return;
      }
      managed.wipeNext ||= wipe;
      managed.status = "waiting";
      managed.failures++;
      const delayMs =
        error instanceof NotReady
          ? NOT_READY_DELAY_MS
          : Math.min(REOPEN_DELAY_MS_MAX, REOPEN_DELAY_MS_MIN * 2 ** (managed.failures - 1));
      const level = error instanceof StageFault ? "error" : error instanceof NotReady ? "debug" : "warn";
      this.log[level]({ partition, code, delayMs }, `task failed, opens again: ${message}`);
      void (async () => {
        await this.letGo(slot);
        await sleep(this.environment.clock, delayMs);
        if (this.managed.get(partition) === managed && !this.stopping) {
          // Until an opening succeeds the wipe is still to be done.
          const wipeNow = managed.wipeNext;
          await this.openSlot(partition, wipeNow);
          if (managed.slot) managed.wipeNext = false;
        }
      })();
    },
  };

  /** A fault soon after the store was forgotten isn't the store's: executing again wouldn't help. */
  private wasWipedLately({ wipedAtMs }: Managed): boolean {
    return wipedAtMs !== undefined && this.environment.clock.now() - wipedAtMs < WIPE_AGAIN_MS;
  }

  private setPaused(partition: number, paused: ReadonlySet<TopicName>): void {
    const managed = this.managed.get(partition);
    if (!managed?.slot) return;
    const isSame =
      paused.size === managed.paused.size && [...paused].every((name) => managed.paused.has(name));
    managed.paused = paused;
    if (!isSame) this.pauseOnly(partition, this.pausesOf(managed));
  }

  private async take({ batch, heartbeat, isStale }: EachBatchPayload): Promise<void> {
    const managed = this.managed.get(batch.partition);
    const slot = managed?.slot;
    const topic = this.topicNames.get(batch.topic);
    // Without an open task the partition is paused, and is read again from the task's start.
    if (!slot || !topic || isStale() || batch.messages.length === 0) return;
    if ((momentOf(batch) ?? Number.POSITIVE_INFINITY) < managed.openedMoment) {
      // Fetched for an earlier owner in this process, it waited for a worker of kafkajs: the records between are to be read.
      this.seek(slot.next, batch.partition);
      return;
    }
    const records: InputRecord[] = batch.messages.map((message) => ({
      topic,
      partition: batch.partition,
      offset: Number(message.offset),
      timeMs: Number(message.timestamp),
      key: message.key,
      value: message.value,
    }));
    slot.enqueue(records, topic);
    const heartbeatMs = heartbeatIntervalMs(this.environment.sessionTimeoutMs);
    const own = Number(batch.offsetLag());
    if (own >= BEHIND_RECORDS_MIN) this.behind.add(slot);
    else this.behind.delete(slot);
    await heartbeat();
    const { definition, environment } = this;
    // By now all of a fetch have said how far behind they are: the next one waits for the slowest.
    const lag = () => (this.behind.size > 0 ? BEHIND_RECORDS_MIN : own);
    this.placing.fetched(batch.partition, topic, () => own);
    const { length: count } = records;
    const ends = {
      first: records[0]!.offset,
      last: records[count - 1]!.offset,
      lastMs: records[count - 1]!.timeMs,
    };
    this.meter.fetched(batch.partition, topic, { ...ends, count }, own);
    await sleep(environment.clock, paceAfterFetch(environment.fetchPaceMs(), definition.fetchPaceMsMin, lag));
    if (slot.isFull) await this.roomWithin(slot, Math.min(heartbeatMs, ROOM_WAIT_MS_MAX));
    if (slot.isFull) this.holdBack(batch.partition, slot);
  }

  private async roomWithin(slot: TaskSlot, ms: number): Promise<void> {
    let timer: Timer | undefined;
    const tick = new Promise<void>((resolve) => {
      timer = this.environment.clock.after(ms, resolve);
    });
    await Promise.race([slot.room(), tick]);
    timer?.cancel();
  }

  /** Fetches nothing for a slot until it has room: the member's next fetch is for all partitions, and mustn't wait for it. */
  private holdBack(partition: number, slot: TaskSlot): void {
    const managed = this.managed.get(partition);
    if (managed?.slot !== slot || managed.isFull) return;
    managed.isFull = true;
    this.pauseOnly(partition, this.pausesOf(managed));
    void slot.room().then(() => {
      managed.isFull = false;
      if (this.managed.get(partition) === managed && managed.slot === slot)
        this.pauseOnly(partition, managed.paused);
    });
  }

  private pausesOf({ isFull, paused }: Managed): ReadonlySet<TopicName> {
    return isFull ? new Set(this.topicNames.values()) : paused;
  }

  /** What all steps took so far, in milliseconds of wall time. */
  get steppedMs(): number {
    return this.steppingMs;
  }

  /** Records that all steps so far took. */
  get takenRecords(): number {
    return this.taken;
  }

  /** What was measured of each assigned partition number since the last time. */
  measure(): PartitionFigures[] {
    const { topology, clock } = this.environment;
    const works = this.placing.works();
    return [...this.managed]
      .sort(([a], [b]) => a - b)
      .map(([partition, { status, slot }]) => ({
        ...this.meter.take(partition, slot?.waiting ?? NOTHING_WAITS, clock.now()),
        shard: this.definition.isByShard ? (topology.current.ofPartition(partition)?.shard ?? -1) : -1,
        status,
        workPpm: workPpm(works.get(partition)),
        figures: slot?.figures() ?? null,
      }));
  }

  /** What each assigned partition number is doing. */
  status(): { partition: number; status: SlotStatus }[] {
    return Array.from(this.managed, ([partition, { status }]) => ({ partition, status }));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.forgetTopology?.();
    this.placing.stop();
    this.positions.stop();
    await Promise.all(Array.from(this.managed.values(), ({ slot }) => slot?.close()));
    await Promise.all(this.endings);
    await this.definition.close?.();
    await this.positions.commit();
    await this.consumer.disconnect().catch(() => undefined);
    await this.writer.close();
  }
}
