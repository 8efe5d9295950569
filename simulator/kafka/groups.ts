import type { Scheduler } from "../kernel/scheduler.js";
import { type Answer, KafkaError, type KafkaErrorType } from "./errors.js";
import type { GroupOffsets } from "./transactions.js";

export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  readonly leaderId: string;
  /** All members; empty for those that don't lead. */
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

type Reply<T> = (answer: Answer<T>) => void;

interface Member {
  readonly memberId: string;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  metadata: Buffer;
  lastSeenMs: number;
  joining: Reply<Joined> | undefined;
  syncing: Reply<Buffer> | undefined;
}

/** A consumer group of the classic protocol: members, generations, positions. */
export class Group {
  private generation = 0;
  private state: "empty" | "preparing" | "completing" | "stable" = "empty";
  private readonly members = new Map<string, Member>();
  private assignments = new Map<string, Buffer>();
  private preparingSince = 0;
  private joined = 0;
  readonly offsets = new Map<string, number>();

  constructor(private readonly scheduler: Scheduler) {}

  join(
    request: { memberId: string; sessionMs: number; rebalanceMs: number; metadata: Buffer },
    reply: Reply<Joined>,
  ): void {
    if (request.memberId !== "" && !this.members.has(request.memberId)) {
      reply(refuse("UNKNOWN_MEMBER_ID"));
      return;
    }
    const memberId = request.memberId || `member-${String(++this.joined).padStart(3, "0")}`;
    const member: Member = this.members.get(memberId) ?? {
      ...request,
      memberId,
      lastSeenMs: 0,
      joining: undefined,
      syncing: undefined,
    };
    member.metadata = request.metadata;
    member.joining = reply;
    if (!this.members.has(memberId)) {
      this.members.set(memberId, member);
      member.lastSeenMs = this.scheduler.nowMs;
      this.watch(member);
    }
    this.touch(member);
    this.prepare();
    this.completeJoin();
  }

  private prepare(): void {
    if (this.state === "preparing") return;
    this.state = "preparing";
    this.assignments = new Map();
    for (const member of this.members.values()) {
      member.syncing?.(refuse("REBALANCE_IN_PROGRESS"));
      member.syncing = undefined;
    }
    const since = ++this.preparingSince;
    const waitMs = Math.max(...Array.from(this.members.values(), ({ rebalanceMs }) => rebalanceMs));
    this.scheduler.after(waitMs, "rebalance time-out", () => {
      if (this.state !== "preparing" || this.preparingSince !== since) return;
      for (const member of [...this.members.values()])
        if (!member.joining) this.members.delete(member.memberId);
      this.completeJoin();
    });
  }

  private completeJoin(): void {
    if (this.state !== "preparing") return;
    const members = [...this.members.values()];
    if (members.length === 0) {
      this.state = "empty";
      return;
    }
    if (members.some(({ joining }) => !joining)) return;
    this.generation++;
    this.state = "completing";
    const leaderId = members[0]!.memberId;
    for (const member of members) {
      const reply = member.joining!;
      member.joining = undefined;
      this.touch(member);
      reply({
        ok: true,
        value: {
          memberId: member.memberId,
          generation: this.generation,
          leaderId,
          members:
            member.memberId === leaderId
              ? members.map(({ memberId, metadata }) => ({ memberId, memberMetadata: metadata }))
              : [],
        },
      });
    }
  }

  sync(
    memberId: string,
    generation: number,
    assignments: readonly { memberId: string; memberAssignment: Buffer }[],
    reply: Reply<Buffer>,
  ): void {
    const fault = this.faultOf(memberId, generation);
    if (fault) {
      reply(refuse(fault));
      return;
    }
    const member = this.members.get(memberId)!;
    this.touch(member);
    if (this.state === "preparing") {
      reply(refuse("REBALANCE_IN_PROGRESS"));
      return;
    }
    member.syncing = reply;
    if (this.state === "completing" && assignments.length > 0) {
      this.assignments = new Map(assignments.map((entry) => [entry.memberId, entry.memberAssignment]));
      this.state = "stable";
    }
    if (this.state !== "stable") return;
    for (const each of this.members.values()) {
      const waiting = each.syncing;
      each.syncing = undefined;
      waiting?.({ ok: true, value: this.assignments.get(each.memberId) ?? Buffer.alloc(0) });
    }
  }

  heartbeat(memberId: string, generation: number): Answer<void> {
    const fault = this.faultOf(memberId, generation);
    if (fault) return refuse(fault);
    this.touch(this.members.get(memberId)!);
    return this.state === "preparing" ? refuse("REBALANCE_IN_PROGRESS") : { ok: true, value: undefined };
  }

  commit(memberId: string, generation: number, offsets: GroupOffsets): Answer<void> {
    const fault = this.faultOf(memberId, generation);
    if (fault) return refuse(fault);
    this.touch(this.members.get(memberId)!);
    this.commitDirectly(offsets);
    return { ok: true, value: undefined };
  }

  /** What a Kafka transaction commits: nobody asks for member or generation. */
  commitDirectly(offsets: GroupOffsets): void {
    for (const { topic, partition, offset } of offsets) this.offsets.set(`${topic}[${partition}]`, offset);
  }

  leave(memberId: string): void {
    if (this.members.delete(memberId)) this.afterLeaving();
  }

  private afterLeaving(): void {
    if (this.members.size === 0) {
      this.state = "empty";
      return;
    }
    this.prepare();
    this.completeJoin();
  }

  private faultOf(memberId: string, generation: number): KafkaErrorType | undefined {
    if (!this.members.has(memberId)) return "UNKNOWN_MEMBER_ID";
    return generation === this.generation ? undefined : "ILLEGAL_GENERATION";
  }

  private touch(member: Member): void {
    member.lastSeenMs = this.scheduler.nowMs;
  }

  /** Takes a member out that isn't heard of. One that waits for the others to join is kept, as Kafka does. */
  private watch(member: Member): void {
    const dueMs = member.lastSeenMs + member.sessionMs - this.scheduler.nowMs;
    this.scheduler.after(dueMs, "session", () => {
      if (this.members.get(member.memberId) !== member) return;
      if (member.joining) this.touch(member);
      if (this.scheduler.nowMs - member.lastSeenMs >= member.sessionMs) {
        this.members.delete(member.memberId);
        this.afterLeaving();
      } else this.watch(member);
    });
  }
}

function refuse(type: KafkaErrorType): { ok: false; error: KafkaError } {
  return { ok: false, error: new KafkaError(type) };
}
