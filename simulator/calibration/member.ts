import type { ConsumerConfig } from "kafkajs";
import { consumerConfig } from "../../runtime/driver/consumer-config.js";
import type { GroupConsumer } from "../../runtime/kafka/ports.js";
import type { CalibrationCluster, Seen } from "./cluster.js";
import { until } from "./until.js";

/** A member that isn't heard of for so long loses its partitions: no script takes so long. In milliseconds. */
const SESSION_TIMEOUT_MS = 20_000;

/** In milliseconds: members hear soon that others come and go. */
const HEARTBEAT_MS = 300;

export interface MemberOptions {
  readonly sessionTimeoutMs?: number;
  /** Called where the stages' runner seeks and pauses: when partitions were assigned, before anything is fetched. */
  readonly onAssigned?: (member: Member) => void;
  /** Called with each batch once it is remembered, and before the member goes on. */
  readonly onBatch?: (topic: string, partition: number, heartbeat: () => Promise<void>) => Promise<void>;
  /** Changes of the stages' consumer settings. */
  readonly config?: Partial<ConsumerConfig>;
}

/** A group member configured as the stages' are, which remembers what it is given and what it read. */
export class Member {
  /** Partitions of each topic, ascending; undefined before the first assignment. */
  assignment: Readonly<Record<string, readonly number[]>> | undefined;
  /** How often partitions were assigned. */
  joins = 0;
  readonly consumer: GroupConsumer;
  private readonly read = new Map<string, [number, string | null][]>();
  private stalled: Promise<void> | undefined;
  private awake: () => void = () => undefined;

  constructor(
    private readonly cluster: CalibrationCluster,
    groupId: string,
    private readonly topics: readonly string[],
    private readonly options: MemberOptions = {},
  ) {
    this.consumer = cluster.kafka.consumer({
      ...consumerConfig(groupId, options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS, () => false),
      heartbeatInterval: HEARTBEAT_MS,
      ...options.config,
    });
  }

  /** Resolves when partitions are assigned. */
  static async start(
    cluster: CalibrationCluster,
    groupId: string,
    topics: readonly string[],
    options: MemberOptions = {},
  ): Promise<Member> {
    const member = new Member(cluster, groupId, topics, options);
    await member.run();
    return member;
  }

  async run(): Promise<void> {
    const { consumer } = this;
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assignment = Object.fromEntries(
        Object.entries(payload.memberAssignment).map(([topic, numbers]) => [topic, [...numbers].sort()]),
      );
      this.joins++;
      this.options.onAssigned?.(this);
    });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: async ({ batch, isStale, heartbeat }) => {
        if (isStale()) return;
        const read = this.readOf(batch.topic, batch.partition);
        for (const { offset, value } of batch.messages)
          read.push([Number(offset), value?.toString() ?? null]);
        await this.stalled;
        await this.options.onBatch?.(batch.topic, batch.partition, heartbeat);
        await heartbeat();
      },
    });
    await until(this.cluster, "partitions to be assigned", () => this.joins > 0);
  }

  /** Offsets and values read of a partition since the start or since they were forgotten. */
  readOf(topic: string, partition: number): [number, string | null][] {
    const name = `${topic}[${partition}]`;
    const read = this.read.get(name) ?? [];
    this.read.set(name, read);
    return read;
  }

  forget(): void {
    this.read.clear();
  }

  /** From the next record on it neither reads on nor sends heartbeats. */
  stall(): void {
    this.stalled = new Promise((resolve) => {
      this.awake = resolve;
    });
  }

  wake(): void {
    this.stalled = undefined;
    this.awake();
  }

  has(topic: string, partition: number): boolean {
    return this.assignment?.[topic]?.includes(partition) ?? false;
  }

  async untilRead(topic: string, partition: number, count: number): Promise<void> {
    await until(
      this.cluster,
      `${count} records of ${topic}[${partition}], got ${JSON.stringify(this.readOf(topic, partition))}`,
      () => this.readOf(topic, partition).length >= count,
    );
  }

  commit(topic: string, partition: number, offset: number): Promise<void> {
    return this.consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
  }

  stop(): Promise<void> {
    return this.consumer.disconnect();
  }
}

/** Who has what, without saying who: partitions by topic of each member, in the order of their first. */
export function assignmentsOf(members: readonly Member[], topics: readonly string[]): Seen {
  return members
    .map(({ assignment }) => topics.map((topic) => [...(assignment?.[topic] ?? [])]))
    .sort((left, right) => JSON.stringify(left).localeCompare(JSON.stringify(right)));
}

/** Waits until each of a topic's partitions is at one of the members, and every member has some where there are enough. */
export async function untilShared(
  cluster: CalibrationCluster,
  members: readonly Member[],
  topic: string,
  partitions: number,
): Promise<void> {
  await until(cluster, `${partitions} partitions to be shared by ${members.length}`, () => {
    const numbers = members.flatMap(({ assignment }) => assignment?.[topic] ?? []);
    const busy = members.filter(({ assignment }) => (assignment?.[topic]?.length ?? 0) > 0).length;
    return (
      numbers.length === partitions &&
      new Set(numbers).size === partitions &&
      busy === Math.min(members.length, partitions)
    );
  });
}
