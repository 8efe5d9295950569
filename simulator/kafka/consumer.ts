import type { ConsumerConfig, ConsumerGroupJoinEvent, EachBatchPayload } from "kafkajs";
import type { GroupConsumer } from "../../runtime/kafka/ports.js";
import type { FetchedPartition, FetchPosition } from "./broker.js";
import { type Connection, NO_PATIENCE } from "./connection.js";
import { ClientRefusal, KafkaError } from "./errors.js";
import { type Assignment, Membership } from "./membership.js";
import type { Partition } from "./partition.js";

/** What kafkajs commits where the position is out of range, and reads as "none". */
const EARLIEST = -2;

type Batch = EachBatchPayload["batch"];
type Handler = (payload: EachBatchPayload) => Promise<void>;
type Listener = (event: never) => void;

/** kafkajs' consumer as the stages use it: one fetcher, which waits for its batches to be handled. */
export class SimulatedConsumer {
  readonly events = { GROUP_JOIN: "consumer.group_join", CRASH: "consumer.crash" } as GroupConsumer["events"];
  private readonly listeners = new Map<string, Listener>();
  private topics: string[] = [];
  private handler: Handler | undefined;
  private running = false;
  /** From `run` on, but for the time between a crash and its restart. */
  private membership: Membership | undefined;
  /** Whether it has partitions; until then commits are dropped without a word. */
  private hasJoined = false;
  private assigned: { readonly name: string; readonly source: Partition }[] = [];
  private readonly positions = new Map<string, number>();
  private readonly seeks = new Map<string, number>();
  private readonly pausedPartitions = new Set<string>();
  private looping: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly config: ConsumerConfig,
    /** Planted fault: sees what isn't committed. */
    private readonly isUncommitted: boolean,
  ) {}

  async connect(): Promise<void> {}

  async subscribe({ topics }: { topics: (string | RegExp)[] }): Promise<void> {
    this.topics = topics.map(String);
  }

  on(name: string, listener: Listener): () => void {
    this.listeners.set(name, listener);
    return () => this.listeners.delete(name);
  }

  private emit(name: string, payload: object): void {
    (this.listeners.get(name) as ((event: object) => void) | undefined)?.({ payload });
  }

  pause(topicPartitions: { topic: string; partitions?: number[] }[]): void {
    this.neededMembership();
    for (const name of namesOf(topicPartitions)) this.pausedPartitions.add(name);
  }

  resume(topicPartitions: { topic: string; partitions?: number[] }[]): void {
    this.neededMembership();
    for (const name of namesOf(topicPartitions)) this.pausedPartitions.delete(name);
  }

  seek({ topic, partition, offset }: { topic: string; partition: number; offset: string }): void {
    this.neededMembership();
    this.seeks.set(`${topic}[${partition}]`, Number(offset));
  }

  private neededMembership(): Membership {
    if (!this.membership)
      throw new ClientRefusal("Consumer group was not initialized, consumer#run must be called first");
    return this.membership;
  }

  async run({ eachBatch }: { eachBatch?: Handler }): Promise<void> {
    this.handler = eachBatch;
    this.running = true;
    await this.start();
  }

  private async start(): Promise<void> {
    const membership = new Membership(this.connection, this.config, this.topics);
    this.membership = membership;
    try {
      this.assign(await membership.join());
    } catch (error) {
      return this.crash(membership, error as Error);
    }
    this.hasJoined = true;
    this.looping = this.loop(membership);
  }

  private assign(assignment: Assignment): void {
    this.assigned = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.flatMap((number) => {
        const source = this.connection.broker.partition(topic, number);
        return source ? [{ name: source.name, source }] : [];
      }),
    );
    this.positions.clear();
    const payload: Pick<ConsumerGroupJoinEvent["payload"], "memberAssignment"> = {
      memberAssignment: assignment as Record<string, number[]>,
    };
    this.emit(this.events.GROUP_JOIN, payload);
  }

  /** Fetches until something is wrong, then joins again, as kafkajs' runner does. */
  private async loop(membership: Membership): Promise<void> {
    let errors = 0;
    while (this.running) {
      try {
        await this.fetchAndHandle(membership);
      } catch (error) {
        const { type } = error as KafkaError;
        if (type === "UNKNOWN_MEMBER_ID") membership.forget();
        else if (type !== "REBALANCE_IN_PROGRESS" && type !== "ILLEGAL_GENERATION") {
          const { retries = 0 } = this.config.retry ?? {};
          if (errors === retries) return this.crash(membership, error as Error, this.pauseMs(errors));
          await this.wait(this.pauseMs(errors++), "fetch again");
          continue;
        }
        try {
          this.assign(await membership.join());
        } catch (failure) {
          return this.crash(membership, failure as Error);
        }
        errors = 0;
      }
    }
  }

  /** Pause after so many errors since it last joined: each is twice as long as the one before. */
  private pauseMs(errors: number): number {
    const { initialRetryTime = 0, maxRetryTime = 0 } = this.config.retry ?? {};
    return Math.min(initialRetryTime * 2 ** errors, maxRetryTime);
  }

  private wait(ms: number, label: string): Promise<void> {
    return new Promise((resolve) => {
      this.connection.process.later(ms, label, resolve);
    });
  }

  /** kafkajs leaves, and begins again with nothing paused or sought. */
  private async crash(membership: Membership, error: Error, pauseMs = this.pauseMs(0)): Promise<void> {
    if (this.hasJoined) await membership.leave();
    this.forgetMembership();
    const restart = this.running && ((await this.config.retry?.restartOnFailure?.(error)) ?? true);
    this.emit(this.events.CRASH, { error, restart });
    if (restart) this.connection.process.later(pauseMs, "consumer restart", () => void this.start());
  }

  private forgetMembership(): void {
    this.membership = undefined;
    this.hasJoined = false;
    this.pausedPartitions.clear();
    this.seeks.clear();
  }

  private async fetchAndHandle(membership: Membership): Promise<void> {
    const positions = await this.wanted(membership);
    const fetched = await this.fetch(positions);
    const outOfRange = fetched.find(({ isOutOfRange }) => isOutOfRange);
    if (outOfRange) await this.forgetPosition(membership, outOfRange.source);
    const batches = fetched.filter(
      ({ source: { name } }) => !outOfRange && !this.seeks.has(name) && !this.pausedPartitions.has(name),
    );
    if (batches.length === 0) await membership.heartbeat();
    // What was fetched is handled to its end, also where one batch fails: only then the group is joined again.
    const handled = await Promise.allSettled(batches.map((batch) => this.handle(membership, batch)));
    for (const result of handled) if (result.status === "rejected") throw result.reason;
  }

  private async fetch(positions: readonly FetchPosition[]): Promise<FetchedPartition[]> {
    const { connection, isUncommitted } = this;
    const waitMs = this.config.maxWaitTimeInMs!;
    if (positions.length === 0) {
      await this.wait(waitMs, "nothing to fetch");
      return [];
    }
    try {
      return await connection.request<FetchedPartition[]>(
        "fetch",
        (reply) => connection.broker.fetch(positions, waitMs, reply, isUncommitted),
        NO_PATIENCE,
      );
    } catch (error) {
      // kafkajs takes a broken connection for nothing fetched; the heartbeat finds out.
      if (error instanceof KafkaError && error.type === "CONNECTION") return [];
      throw error;
    }
  }

  /** kafkajs drops the whole answer, also what other partitions gave, and commits that the position is lost. */
  private async forgetPosition(membership: Membership, source: Partition): Promise<void> {
    const { topic, number: partition, name } = source;
    await membership.commit([{ topic, partition, offset: EARLIEST }], false);
    this.positions.delete(name);
  }

  /** What to fetch: of what is assigned and not paused, from where it was sought or committed. */
  private async wanted(membership: Membership): Promise<FetchPosition[]> {
    const { assigned } = this;
    for (const { name } of assigned) {
      const sought = this.seeks.get(name);
      if (sought === undefined) continue;
      this.seeks.delete(name);
      this.positions.set(name, sought);
    }
    if (assigned.some(({ name }) => !this.positions.has(name))) {
      const committed = await membership.offsets();
      for (const { source, name } of assigned) {
        const saved = committed.get(name) ?? EARLIEST;
        if (!this.positions.has(name)) this.positions.set(name, saved >= 0 ? saved : source.start);
      }
    }
    const positions: FetchPosition[] = [];
    for (const { name, source } of assigned) {
      if (!this.pausedPartitions.has(name)) positions.push({ source, offset: this.positions.get(name)! });
    }
    return positions;
  }

  private async handle(
    membership: Membership,
    { source, entries, next, end }: FetchedPartition,
  ): Promise<void> {
    const { name, topic, number: partition } = source;
    if (entries.length > 0) {
      const messages = entries.map(({ offset, timeMs, key, value }) => ({
        offset: String(offset),
        timestamp: String(timeMs),
        key,
        value,
      }));
      await this.handler!({
        batch: {
          topic,
          partition,
          messages,
          offsetLag: () => String(Math.max(0, end - next)),
        } as unknown as Batch,
        heartbeat: () => membership.heartbeat(),
        isStale: () => this.seeks.has(name),
      } as EachBatchPayload);
    }
    this.positions.set(name, next);
    await membership.heartbeat();
  }

  async commitOffsets(offsets: { topic: string; partition: number; offset: string }[]): Promise<void> {
    const membership = this.neededMembership();
    if (!this.hasJoined || !this.running) return;
    const list = offsets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset: Number(offset),
    }));
    await membership.commit(list, true);
  }

  async disconnect(): Promise<void> {
    this.running = false;
    await this.looping;
    await this.membership?.leave();
    this.forgetMembership();
  }
}

function namesOf(topicPartitions: { topic: string; partitions?: number[] }[]): string[] {
  return topicPartitions.flatMap(({ topic, partitions = [] }) =>
    partitions.map((partition) => `${topic}[${partition}]`),
  );
}
