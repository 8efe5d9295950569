import type { PartitionAssigner } from "kafkajs";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Timer } from "../clock.js";
import type { Environment, StageDefinition, StageLog } from "../driver/environment.js";
import { copartitionAssigner, copartitionAssignerBy } from "../kafka/assigner.js";
import type { GroupConsumer } from "../kafka/ports.js";
import { Rejoin } from "../kafka/rejoin.js";
import { Balance } from "./balance.js";
import type { GroupMember, PlacementSettings } from "./settings.js";

/** A member looks at its group as often as it may ask for a rebalance, within these bounds, in milliseconds. */
const LOOK_MS_MIN = 1_000;
const LOOK_MS_MAX = 5_000;
/** A rebalance that moved nothing doubles the time until the next is asked for, up to this many times the least. */
const USELESS_FACTOR_MAX = 32;

/** What a step took in, and how long it and what it asked for took, in milliseconds. */
export interface StepWork {
  readonly taken: number;
  readonly stepMs: number;
  readonly performMs: number;
}

/** What a stage's runner tells of its partition numbers. */
export interface Placing {
  readonly assigner: PartitionAssigner;
  /** Before the consumer runs. */
  start(consumer: GroupConsumer): void;
  assigned(numbers: ReadonlySet<number>): void;
  /** @param positions where each input goes on, kept up to date */
  opened(number: number, positions: ReadonlyMap<TopicName, number>): void;
  stepped(number: number, times: StepWork): void;
  /** @param isFinal the task isn't opened again */
  failed(number: number, isFinal: boolean): void;
  /** @param lagRecords records of this input that are left after a fetch */
  fetched(number: number, input: string, lagRecords: () => number): void;
  /** What to note with positions of a number. */
  note(number: number): string | null;
  /** Share of the process' time that goes to each number, as far as that is known. */
  works(): ReadonlyMap<number, number>;
  stop(): void;
}

/** Shares out by number, whatever the load: where the environment says nothing of placement. */
const BY_NUMBER: Placing = {
  assigner: copartitionAssigner,
  start: () => undefined,
  assigned: () => undefined,
  opened: () => undefined,
  stepped: () => undefined,
  failed: () => undefined,
  fetched: () => undefined,
  note: () => null,
  works: () => new Map(),
  stop: () => undefined,
};

/** How a member of a stage's group shares in it. */
export function placingOf(
  environment: Environment,
  { group, inputs }: StageDefinition,
  log: StageLog,
): Placing {
  const { placement, network } = environment;
  const prefix = network.genesis.network;
  return placement && inputs[0]
    ? new PlacingByLoad(placement, environment, { id: `${prefix}.${group}`, input: inputs[0], prefix }, log)
    : BY_NUMBER;
}

/** Where the group's members leave their notes. */
interface GroupPlace {
  readonly id: string;
  /** The input whose positions have the notes. */
  readonly input: TopicName;
  /** Of the topics on the cluster. */
  readonly prefix: string;
}

/** Measures, reports when the group joins, and asks for a rebalance where that pays. */
class PlacingByLoad implements Placing {
  readonly assigner: PartitionAssigner;
  private readonly balance: Balance;
  private consumer: GroupConsumer | undefined;
  private rejoin: Rejoin | undefined;
  private timer: Timer | undefined;
  private memberId = "";
  private joinedAtMs = 0;
  /** When the group last began to join anew, as this member saw it. */
  private rebalancedAtMs = 0;
  private held: readonly number[] = [];
  /** Numbers that came with the last assignment, and whose tasks aren't open yet. */
  private readonly coming = new Set<number>();
  /** Of the tasks that were opened. */
  private readonly positions = new Map<number, ReadonlyMap<TopicName, number>>();
  /** When this member last asked for a rebalance, and who had what then; undefined: it was seen what became of it. */
  private asked: { readonly atMs: number; readonly assignments: string } | undefined;
  private waitFactor = 1;

  constructor(
    private readonly settings: PlacementSettings,
    private readonly environment: Pick<Environment, "clock" | "admin">,
    private readonly group: GroupPlace,
    private readonly log: StageLog,
  ) {
    this.balance = new Balance(settings, () => this.now());
    this.assigner = copartitionAssignerBy(this.balance);
  }

  private now(): number {
    return this.environment.clock.now();
  }

  start(consumer: GroupConsumer): void {
    this.consumer = consumer;
    this.rejoin = new Rejoin(consumer);
    this.rebalancedAtMs = this.now();
    consumer.on(consumer.events.REBALANCING, () => {
      this.rebalancedAtMs = this.now();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.memberId = payload.memberId;
      this.joinedAtMs = this.now();
      this.balance.joined(payload.isLeader);
    });
    this.lookLater();
  }

  assigned(numbers: ReadonlySet<number>): void {
    this.balance.meter.assigned(numbers, this.now());
    const held = [...numbers].sort((a, b) => a - b);
    const gained = held.filter((number) => !this.held.includes(number));
    const lost = this.held.filter((number) => !numbers.has(number));
    this.held = held;
    for (const number of lost) {
      this.coming.delete(number);
      this.positions.delete(number);
    }
    for (const number of gained) this.coming.add(number);
    if (gained.length > 0 || lost.length > 0) this.log.info({ gained, lost, held }, "partitions placed");
  }

  opened(number: number, positions: ReadonlyMap<TopicName, number>): void {
    this.positions.set(number, positions);
    const now = this.now();
    this.balance.meter.opened(number, now);
    if (!this.coming.delete(number)) return;
    this.log.info({ partition: number, movedMs: now - this.rebalancedAtMs }, "opened after a rebalance");
  }

  stepped(number: number, times: StepWork): void {
    this.settings.use.stepped(times.stepMs);
    this.balance.meter.stepped(number, times, this.now());
  }

  failed(number: number, isFinal: boolean): void {
    this.balance.meter.failed(number, isFinal);
  }

  fetched(number: number, input: string, lagRecords: () => number): void {
    this.balance.meter.fetched(number, input, lagRecords(), this.now());
  }

  works(): ReadonlyMap<number, number> {
    const { held } = this.balance.report();
    return new Map(held.flatMap(({ number, work }) => (work === undefined ? [] : [[number, work] as const])));
  }

  note(number: number): string | null {
    return this.balance.note(number);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private lookLater(): void {
    if (this.settings.strategy === "round-robin") return;
    const ms = Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, this.settings.intervalMsMin));
    this.timer = this.environment.clock.after(ms, () => {
      void this.look().finally(() => {
        if (this.timer) this.lookLater();
      });
    });
  }

  /** Asks for a rebalance where that would move something, the last one is long enough ago, and it wasn't in vain. */
  private async look(): Promise<void> {
    if (this.balance.isAlone) return;
    try {
      await this.renewNotes();
      const [members, notes] = await Promise.all([
        this.settings.groupMembers(this.group.id),
        this.readNotes(),
      ]);
      if (!members.some(({ id }) => id === this.memberId)) return;
      this.balance.meter.looked();
      const assignments = assignmentsOf(members);
      if (this.asked && this.joinedAtMs > this.asked.atMs) {
        const wasUseless = this.asked.assignments === assignments;
        this.waitFactor = wasUseless ? Math.min(USELESS_FACTOR_MAX, this.waitFactor * 2) : 1;
        this.asked = undefined;
      }
      const atMs = this.now();
      if (atMs - this.joinedAtMs < this.settings.intervalMsMin * this.waitFactor) return;
      const moves = this.balance.wouldMove({ members, notes }, this.memberId);
      this.log.debug(
        { members: members.length, moves, report: this.balance.report() },
        "looked at the group",
      );
      if (moves.length === 0 || !this.settings.turns.take(atMs)) return;
      this.asked = { atMs, assignments };
      this.log.info({ moves, report: this.balance.report() }, "asks for a rebalance");
      this.balance.asks = true;
      this.rejoin?.ask();
    } catch (error) {
      // The broker is away, or busy: there will be another look.
      this.log.debug({ error: String(error) }, "group not looked at");
    }
  }

  private get topic(): string {
    return topicOnCluster(this.group.prefix, this.group.input);
  }

  /** Commits all positions with what there is to note; those that don't move are committed by nobody else. */
  private async renewNotes(): Promise<void> {
    const { topic } = this;
    const renewed = Array.from(this.positions, ([partition, positions]) => {
      const offset = positions.get(this.group.input);
      return offset === undefined
        ? []
        : [{ topic, partition, offset: String(offset), metadata: this.note(partition) }];
    }).flat();
    if (renewed.length > 0) await this.consumer?.commitOffsets(renewed);
  }

  private async readNotes(): Promise<ReadonlyMap<number, string>> {
    const { topic } = this;
    const [offsets] = await this.environment.admin.fetchOffsets({ groupId: this.group.id, topics: [topic] });
    return new Map(
      (offsets?.partitions ?? []).flatMap(({ partition, metadata }) =>
        metadata ? [[partition, metadata] as const] : [],
      ),
    );
  }
}

/** Who has what, to be compared. */
function assignmentsOf(members: readonly GroupMember[]): string {
  return members
    .map(({ id, assignment }) => `${id} ${assignment.toString("base64")}`)
    .sort()
    .join();
}
