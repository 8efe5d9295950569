import type { ConsumerConfig } from "kafkajs";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";
import { type Connection, NO_PATIENCE, type Patience } from "./connection.js";
import { KafkaError } from "./errors.js";
import type { Group, Joined } from "./groups.js";
import type { GroupOffsets } from "./transactions.js";

/** kafkajs joins again and again; so long in milliseconds, then the consumer crashes and starts anew. */
const JOIN_PATIENCE: Patience = { untilMs: 10_000, pauseMs: 50 };
/** Commits are tried again as consumer-config.ts asks for: 20 times, soon 2 s apart. In milliseconds. */
const COMMIT_PATIENCE: Patience = { untilMs: 30_000, pauseMs: 100 };

/** Partition numbers by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

/** A consumer's place in its group: kafkajs' ConsumerGroup as far as it talks to the coordinator. */
export class Membership {
  private memberId = "";
  private generation = -1;
  /** The generation that positions are committed for: the new one only once partitions are assigned. */
  private assignedGeneration = -1;
  private lastHeartbeatMs: number;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly config: ConsumerConfig,
    private readonly topics: string[],
  ) {
    this.lastHeartbeatMs = connection.process.scheduler.nowMs;
  }

  private get group(): Group {
    return this.connection.broker.group(this.config.groupId);
  }

  /** The coordinator doesn't know the member any more: it joins as a new one. */
  forget(): void {
    this.memberId = "";
  }

  /** Joins until it is assigned partitions. Throws the last error when that takes too long. */
  async join(): Promise<Assignment> {
    const { process } = this.connection;
    const startMs = process.scheduler.nowMs;
    for (;;) {
      try {
        return await this.joinAndSync();
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (error.type === "UNKNOWN_MEMBER_ID") this.forget();
        if (process.scheduler.nowMs - startMs > JOIN_PATIENCE.untilMs) throw error;
        await new Promise<void>((resolve) => process.later(JOIN_PATIENCE.pauseMs, "join again", resolve));
      }
    }
  }

  private async joinAndSync(): Promise<Assignment> {
    const { connection, config, group, topics } = this;
    const cluster = {
      findTopicPartitionMetadata: (topic: string) =>
        connection.broker.partitions(topic).map(({ number }) => ({ partitionId: number })),
    };
    const assigner = config.partitionAssigners![0]!({
      cluster: cluster as never,
      groupId: config.groupId,
      logger: undefined as never,
    });
    const { metadata } = assigner.protocol({ topics });
    const sessionMs = config.sessionTimeout!;
    const rebalanceMs = config.rebalanceTimeout!;
    const joined = await connection.request<Joined>(
      "join",
      (reply) => group.join({ memberId: this.memberId, sessionMs, rebalanceMs, metadata }, reply),
      NO_PATIENCE,
    );
    this.memberId = joined.memberId;
    this.generation = joined.generation;
    const isLeader = joined.leaderId === joined.memberId;
    const assignments = isLeader ? await assigner.assign({ members: joined.members as never, topics }) : [];
    const own = await connection.request<Buffer>(
      "sync",
      (reply) => group.sync(this.memberId, this.generation, assignments, reply),
      NO_PATIENCE,
    );
    this.assignedGeneration = this.generation;
    return AssignerProtocol.MemberAssignment.decode(own)?.assignment ?? {};
  }

  /** Sends a heartbeat when one is due. Who asks while one is on its way hears what becomes of that one. */
  heartbeat(): Promise<void> {
    this.beating ??= this.beat().finally(() => {
      this.beating = undefined;
    });
    return this.beating;
  }

  private async beat(): Promise<void> {
    const { connection, group } = this;
    const { scheduler } = connection.process;
    if (scheduler.nowMs - this.lastHeartbeatMs < this.config.heartbeatInterval!) return;
    await connection.request<void>(
      "heartbeat",
      (reply) => reply(group.heartbeat(this.memberId, this.generation)),
      NO_PATIENCE,
    );
    this.lastHeartbeatMs = scheduler.nowMs;
  }

  /** Positions of the group by topic[number]. */
  offsets(): Promise<ReadonlyMap<string, number>> {
    const { group } = this;
    return this.connection.request(
      "fetch offsets",
      (reply) => reply({ ok: true, value: new Map(group.offsets) }),
      NO_PATIENCE,
    );
  }

  /** A try that is repeated commits the same positions, over what was committed meanwhile. */
  commit(offsets: GroupOffsets, isRepeated: boolean): Promise<void> {
    const { group } = this;
    return this.connection.request<void>(
      "commit",
      (reply) => reply(group.commit(this.memberId, this.assignedGeneration, offsets)),
      isRepeated ? COMMIT_PATIENCE : NO_PATIENCE,
    );
  }

  /** kafkajs doesn't care whether the coordinator hears of it. */
  async leave(): Promise<void> {
    const { connection, group, memberId } = this;
    await connection
      .request<void>(
        "leave",
        (reply) => {
          group.leave(memberId);
          reply({ ok: true, value: undefined });
        },
        NO_PATIENCE,
      )
      .catch(() => undefined);
  }
}
