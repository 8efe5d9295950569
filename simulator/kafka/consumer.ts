import type { ConsumerConfig, ConsumerGroupJoinEvent, EachBatchPayload } from "kafkajs";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";
import type { GroupConsumer } from "../../runtime/kafka/ports.js";
import type { FetchedPartition, FetchPosition } from "./broker.js";
import { type Connection, NO_PATIENCE, type Patience } from "./connection.js";
import { ClientRefusal, KafkaError } from "./errors.js";
import type { Joined } from "./groups.js";
import type { GroupOffsets } from "./transactions.js";

/** kafkajs joins again and again; so long in milliseconds, then the consumer crashes and starts anew. */
const JOIN_PATIENCE: Patience = { untilMs: 10_000, pauseMs: 50 };
const RESTART_MS = 50;
/** Errors since it last joined after which a consumer crashes, and the pause after each, in milliseconds. */
const ERRORS_MAX = 20;
const ERROR_PAUSE_MS = 50;
/** Commits are tried again as consumer-config.ts asks for: 20 times, soon 2 s apart. In milliseconds. */
const COMMIT_PATIENCE: Patience = { untilMs: 30_000, pauseMs: 100 };
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
  /** kafkajs has a group and a runner from `run` on, but for the time between a crash and its restart. */
  private hasGroup = false;
  /** Whether the group was joined since it was made; until then commits are dropped without a word. */
  private hasJoined = false;
  private memberId = "";
  private generation = -1;
  /** The generation that positions are committed for: the new one only when it has assigned. */
  private assignedGeneration = -1;
  private assignment: Record<string, number[]> = {};
  private readonly positions = new Map<string, number>();
  private readonly seeks = new Map<string, number>();
  private readonly pausedPartitions = new Set<string>();
  private lastHeartbeatMs = 0;
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

  pause(topicPartitions: { topic: string; partitions?: number[] }[]): void {
    this.needGroup();
    for (const name of namesOf(topicPartitions)) this.pausedPartitions.add(name);
  }

  resume(topicPartitions: { topic: string; partitions?: number[] }[]): void {
    this.needGroup();
    for (const name of namesOf(topicPartitions)) this.pausedPartitions.delete(name);
  }

  seek({ topic, partition, offset }: { topic: string; partition: number; offset: string }): void {
    this.needGroup();
    this.seeks.set(`${topic}[${partition}]`, Number(offset));
  }

  private needGroup(): void {
    if (!this.hasGroup) throw new ClientRefusal("the consumer doesn't run");
  }

  async run({ eachBatch }: { eachBatch?: Handler }): Promise<void> {
    this.handler = eachBatch;
    this.running = true;
    await this.start();
  }

  private async start(): Promise<void> {
    this.hasGroup = true;
    try {
      await this.join();
    } catch (error) {
      return this.crash(error as Error);
    }
    this.hasJoined = true;
    this.looping = this.loop();
  }

  /** Fetches until something is wrong, then joins again, as kafkajs' runner does. */
  private async loop(): Promise<void> {
    let errors = 0;
    while (this.running) {
      try {
        await this.fetchAndHandle();
      } catch (error) {
        const { type } = error as KafkaError;
        if (type === "UNKNOWN_MEMBER_ID") this.memberId = "";
        else if (type !== "REBALANCE_IN_PROGRESS" && type !== "ILLEGAL_GENERATION") {
          if (++errors > ERRORS_MAX) return this.crash(error as Error);
          await new Promise<void>((resolve) =>
            this.connection.process.later(ERROR_PAUSE_MS, "fetch again", resolve),
          );
          continue;
        }
        try {
          await this.join();
        } catch (failure) {
          return this.crash(failure as Error);
        }
        errors = 0;
      }
    }
  }

  /** kafkajs leaves, and makes a new group with nothing paused or sought. */
  private async crash(error: Error): Promise<void> {
    if (this.hasJoined) await this.leave().catch(() => undefined);
    this.memberId = "";
    this.forgetGroup();
    const event = { payload: { error, restart: this.running } };
    (this.listeners.get(this.events.CRASH) as ((event: object) => void) | undefined)?.(event);
    if (this.running) this.connection.process.later(RESTART_MS, "consumer restart", () => void this.start());
  }

  private forgetGroup(): void {
    this.hasGroup = false;
    this.hasJoined = false;
    this.pausedPartitions.clear();
    this.seeks.clear();
  }

  private async join(): Promise<void> {
    const { process } = this.connection;
    const startMs = process.scheduler.nowMs;
    for (;;) {
      try {
        await this.joinAndSync();
        return;
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (error.type === "UNKNOWN_MEMBER_ID") this.memberId = "";
        if (process.scheduler.nowMs - startMs > JOIN_PATIENCE.untilMs) throw error;
        await new Promise<void>((resolve) => process.later(JOIN_PATIENCE.pauseMs, "join again", resolve));
      }
    }
  }

  private async joinAndSync(): Promise<void> {
    const { connection, config } = this;
    const group = connection.broker.group(config.groupId);
    const cluster = {
      findTopicPartitionMetadata: (topic: string) =>
        connection.broker.partitions(topic).map(({ number }) => ({ partitionId: number })),
    };
    const assigner = config.partitionAssigners![0]!({
      cluster: cluster as never,
      groupId: config.groupId,
      logger: undefined as never,
    });
    const metadata = assigner.protocol({ topics: this.topics }).metadata;
    const joined = await connection.request<Joined>(
      "join",
      (reply) =>
        group.join(
          {
            memberId: this.memberId,
            sessionMs: config.sessionTimeout!,
            rebalanceMs: config.rebalanceTimeout!,
            metadata,
          },
          reply,
        ),
      NO_PATIENCE,
    );
    this.memberId = joined.memberId;
    this.generation = joined.generation;
    const isLeader = joined.leaderId === joined.memberId;
    const assignments = isLeader
      ? await assigner.assign({ members: joined.members as never, topics: this.topics })
      : [];
    const own = await connection.request<Buffer>(
      "sync",
      (reply) => group.sync(this.memberId, this.generation, assignments, reply),
      NO_PATIENCE,
    );
    this.assignment = AssignerProtocol.MemberAssignment.decode(own)?.assignment ?? {};
    this.assignedGeneration = this.generation;
    this.positions.clear();
    this.lastHeartbeatMs = connection.process.scheduler.nowMs;
    const event = { payload: { memberAssignment: this.assignment } };
    (this.listeners.get(this.events.GROUP_JOIN) as ((event: ConsumerGroupJoinEvent) => void) | undefined)?.(
      event as unknown as ConsumerGroupJoinEvent,
    );
  }

  private async heartbeat(): Promise<void> {
    const { connection, config } = this;
    const nowMs = connection.process.scheduler.nowMs;
    if (nowMs - this.lastHeartbeatMs < config.heartbeatInterval!) return;
    this.lastHeartbeatMs = nowMs;
    const group = connection.broker.group(config.groupId);
    await connection.request<void>(
      "heartbeat",
      (reply) => reply(group.heartbeat(this.memberId, this.generation)),
      NO_PATIENCE,
    );
  }

  private async fetchAndHandle(): Promise<void> {
    const { connection } = this;
    const positions = await this.wanted();
    if (positions.length === 0) {
      await new Promise<void>((resolve) =>
        connection.process.later(this.config.maxWaitTimeInMs!, "nothing to fetch", resolve),
      );
      await this.heartbeat();
      return;
    }
    const fetched = await connection.request<FetchedPartition[]>(
      "fetch",
      (reply) => connection.broker.fetch(positions, this.config.maxWaitTimeInMs!, reply, this.isUncommitted),
      NO_PATIENCE,
    );
    const outOfRange = fetched.find(({ isOutOfRange }) => isOutOfRange);
    if (outOfRange) await this.forgetPosition(outOfRange);
    const batches = fetched.filter(({ topic, partition, next, offset }) => {
      const name = `${topic}[${partition}]`;
      return !outOfRange && !this.seeks.has(name) && !this.pausedPartitions.has(name) && next > offset;
    });
    if (batches.length === 0) await this.heartbeat();
    const handled = await Promise.allSettled(batches.map((batch) => this.handle(batch)));
    const failed = handled.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  /** kafkajs drops the whole answer, also what other partitions gave, and commits that the position is lost. */
  private async forgetPosition({ topic, partition }: FetchedPartition): Promise<void> {
    await this.commitAll([{ topic, partition, offset: EARLIEST }], NO_PATIENCE);
    this.positions.delete(`${topic}[${partition}]`);
  }

  /** What to fetch: of what is assigned and not paused, from where it was sought or committed. */
  private async wanted(): Promise<FetchPosition[]> {
    const assigned = Object.entries(this.assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition, name: `${topic}[${partition}]` })),
    );
    for (const { name } of assigned) {
      const sought = this.seeks.get(name);
      if (sought === undefined) continue;
      this.seeks.delete(name);
      this.positions.set(name, sought);
    }
    if (assigned.some(({ name }) => !this.positions.has(name))) {
      const group = this.connection.broker.group(this.config.groupId);
      const committed = await this.connection.request<ReadonlyMap<string, number>>(
        "fetch offsets",
        (reply) => reply({ ok: true, value: new Map(group.offsets) }),
        NO_PATIENCE,
      );
      for (const { topic, partition, name } of assigned) {
        const earliest = this.connection.broker.partition(topic, partition)?.start ?? 0;
        const saved = committed.get(name) ?? EARLIEST;
        if (!this.positions.has(name)) this.positions.set(name, saved >= 0 ? saved : earliest);
      }
    }
    return assigned
      .filter(({ name }) => !this.pausedPartitions.has(name))
      .map(({ topic, partition, name }) => ({ topic, partition, offset: this.positions.get(name)! }));
  }

  private async handle({ topic, partition, entries, next }: FetchedPartition): Promise<void> {
    const name = `${topic}[${partition}]`;
    if (entries.length > 0) {
      const messages = entries.map(({ offset, timeMs, key, value }) => ({
        offset: String(offset),
        timestamp: String(timeMs),
        key,
        value,
      }));
      await this.handler!({
        batch: { topic, partition, messages } as unknown as Batch,
        heartbeat: () => this.heartbeat(),
        isStale: () => this.seeks.has(name),
      } as EachBatchPayload);
    }
    this.positions.set(name, next);
    await this.heartbeat();
  }

  async commitOffsets(offsets: { topic: string; partition: number; offset: string }[]): Promise<void> {
    this.needGroup();
    if (!this.hasJoined || !this.running) return;
    const list = offsets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset: Number(offset),
    }));
    await this.commitAll(list, COMMIT_PATIENCE);
  }

  private commitAll(offsets: GroupOffsets, patience: Patience): Promise<void> {
    const group = this.connection.broker.group(this.config.groupId);
    return this.connection.request<void>(
      "commit",
      (reply) => reply(group.commit(this.memberId, this.assignedGeneration, offsets)),
      patience,
    );
  }

  async disconnect(): Promise<void> {
    this.running = false;
    // What was fetched is handled to its end.
    await this.looping;
    await this.leave().catch(() => undefined);
    this.forgetGroup();
  }

  private leave(): Promise<void> {
    const group = this.connection.broker.group(this.config.groupId);
    const { memberId } = this;
    return this.connection.request<void>(
      "leave",
      (reply) => {
        group.leave(memberId);
        reply({ ok: true, value: undefined });
      },
      NO_PATIENCE,
    );
  }
}

function namesOf(topicPartitions: { topic: string; partitions?: number[] }[]): string[] {
  return topicPartitions.flatMap(({ topic, partitions = [] }) =>
    partitions.map((partition) => `${topic}[${partition}]`),
  );
}
