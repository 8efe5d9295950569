import { DEFAULT_PARAMETERS } from "../../ledger/genesis/genesis.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { Random } from "../../simulator/kernel/random.js";
import type { ShardCosts } from "./costs.js";
import { type Block, type Item, spread, type Transactions, takeOut } from "./items.js";
import type { KafkaItem } from "./kafka-costs.js";
import { Cores, Timeline } from "./kernel.js";
import { OpenBlock } from "./open-block.js";
import type { Part, ShardPlan } from "./plan.js";
import { Member, SimulatedProcess, Slot } from "./slot.js";

/** What an installation does under an offered rate, by the model. */
export interface ShardsSimulated {
  readonly offeredTps: number;
  /** Transactions a second that were published while it was measured: by chance a little more or less. */
  readonly publishedTps: number;
  /** Transactions a second that ended: completed where they crossed. */
  readonly endedTps: number;
  /** Share of the time that each part was busy: of like ones the busiest. */
  readonly busy: Readonly<Partial<Record<Part, number>>>;
  /** Cores that all brokers together used. */
  readonly brokerCoresUsed: number;
}

/** Longer than any transfer across shards takes. */
const WARM_UP_MS = 4_000;
/** Of few shards longer: chance evens out among many. */
const RUN_MS = { few: 7_000, many: 2_000 };
const MANY_SHARDS = 16;
/** How often producers publish, in milliseconds. */
const PUBLISH_MS = 10;
/** Way to the broker and back, in milliseconds, where nobody waits for anything. */
const ROUND_TRIP_MS = 2;
const { blockIntervalMs, maximumEntriesPerBlock, checkpointIntervalMs } = DEFAULT_PARAMETERS;
/** Of the interval, while the log is read as it comes; as in processors/execute/execute.ts. */
const EAGER_SHARE = 0.5;
const QUORUM_OF = (validators: number) => Math.floor((2 * validators) / 3) + 1;
/** Topics that `execute` writes a batch of with each block, without messages. */
const BLOCK_TOPICS = 3;

/** Runs an installation under a rate; the same seed gives the same. */
export function simulateShards(
  plan: ShardPlan,
  costs: ShardCosts,
  offeredTps: number,
  seed: number,
): ShardsSimulated {
  return new Installation(plan, costs, offeredTps, new Random(seed)).run();
}

class Installation {
  private readonly timeline = new Timeline();
  private readonly brokers: Cores;
  private readonly machine: Cores | undefined;
  private readonly parts = new Map<Part, (() => number)[]>();
  private readonly numbers: number[];
  private readonly validate: Slot[] = [];
  private readonly assign: Slot[] = [];
  private readonly execute: Slot[] = [];
  /** By shard; several validators each where they share a machine, else one stands for all. */
  private readonly votes: Slot[][] = [];
  private readonly finalize: Slot[] = [];
  private readonly relay: Slot[] = [];
  private readonly notify: Slot[] = [];
  /** Processes with cores of their own. */
  private readonly partOf = new Map<SimulatedProcess, Part>();
  /** By process and group. */
  private readonly members = new Map<SimulatedProcess, Map<string, Member>>();
  private readonly simulatedValidators: number;
  /** Validators that each simulated one stands for. */
  private readonly alike: number;
  private published = 0;
  private ended = 0;
  private isMeasured = false;

  constructor(
    private readonly plan: ShardPlan,
    private readonly costs: ShardCosts,
    private readonly tps: number,
    private readonly random: Random,
  ) {
    const { shards, sourcePartitions, validators, processes, cores, brokerCores } = plan;
    const isTogether = processes === "together";
    this.simulatedValidators = isTogether ? validators : 1;
    this.alike = validators / this.simulatedValidators;
    this.numbers = Array.from({ length: shards }, (_, index) => index + 1);
    this.machine = isTogether ? new Cores("machine", cores, this.timeline) : undefined;
    this.brokers = this.machine ?? new Cores("brokers", brokerCores, this.timeline);
    this.watch(this.machine ? "machine" : "brokers", () => this.brokers.busyMs / this.brokers.count);
    const stages = this.machine && new SimulatedProcess(this.machine, Math.min(cores, 1), this.timeline);
    const voters =
      this.machine && new SimulatedProcess(this.machine, Math.min(cores, validators), this.timeline);
    if (stages) this.watch("stages' main thread", () => stages.main.busyMs);
    if (voters) this.watch("validators' main thread", () => voters.main.busyMs);
    const own = (part: Part, checkers: number) => this.ownProcess(part, checkers);
    for (let source = 0; source < sourcePartitions; source++) {
      const process = stages ?? own("source partition", 1);
      this.validate.push(
        this.slot(process, "validate", (items, isFetch) => this.validated(source, items, isFetch)),
      );
      this.assign.push(this.slot(process, "assign", (items, isFetch) => this.assigned(items, isFetch)));
    }
    for (const shard of [MAIN_CHAIN, ...this.numbers]) {
      const of = shard === MAIN_CHAIN ? "main chain's" : "shard's";
      const rest = stages ?? own(`${of} other stages`, 0);
      this.execute.push(this.chainSlot(stages ?? own(`${of} execute`, 0), shard, "execute", "execute"));
      this.votes.push(
        Array.from({ length: this.simulatedValidators }, (_, index) =>
          this.chainSlot(voters ?? own(`${of} validator`, 1), shard, "vote", `vote ${index}`),
        ),
      );
      const votes = new Map<number, number>();
      this.finalize.push(
        this.slot(rest, "finalize", (items, isFetch) => this.finalized(shard, votes, items, isFetch)),
      );
      this.relay.push(this.slot(rest, "relay", (items, isFetch) => this.relayed(items, isFetch)));
      this.notify.push(this.slot(rest, "notify", (items, isFetch) => this.notified(items, isFetch)));
    }
  }

  run(): ShardsSimulated {
    this.publish();
    this.checkpoints();
    const kind = this.plan.shards < MANY_SHARDS ? "few" : "many";
    const runMs = RUN_MS[kind];
    this.timeline.runUntil(WARM_UP_MS);
    const before = new Map([...this.parts].map(([part, ways]) => [part, ways.map((way) => way())]));
    const brokerBefore = this.brokers.busyMs;
    this.isMeasured = true;
    this.timeline.runUntil(WARM_UP_MS + runMs);
    const busy: Partial<Record<Part, number>> = {};
    for (const [part, ways] of this.parts) {
      const shares = ways.map((way, index) => (way() - before.get(part)![index]!) / runMs);
      busy[part] = Number(Math.max(...shares).toFixed(3));
    }
    return {
      offeredTps: Math.round(this.tps),
      publishedTps: Math.round(this.published / (runMs / 1_000)),
      endedTps: Math.round(this.ended / (runMs / 1_000)),
      busy,
      brokerCoresUsed: this.machine ? 0 : Number(((this.brokers.busyMs - brokerBefore) / runMs).toFixed(2)),
    };
  }

  private watch(part: Part, way: () => number): void {
    this.parts.set(part, [...(this.parts.get(part) ?? []), way]);
  }

  /** A process with cores of its own. It is as busy as its busiest partition: the parts of a step wait for each other. */
  private ownProcess(part: Part, checkers: number): SimulatedProcess {
    const cores = new Cores(part, this.plan.cores, this.timeline);
    const process = new SimulatedProcess(cores, checkers, this.timeline);
    this.watch(
      part,
      () => process.main.busyMs + process.checkers.reduce((sum, { busyMs }) => sum + busyMs, 0),
    );
    return process;
  }

  private slot(
    process: SimulatedProcess,
    group: string,
    step: (items: readonly Item[], isFetch: boolean) => ReturnType<Installation["work"]>,
  ): Slot {
    const members = this.members.get(process) ?? new Map<string, Member>();
    this.members.set(process, members);
    const member = members.get(group) ?? new Member();
    members.set(group, member);
    const slot = new Slot(process, member, this.timeline, this.brokers, 1_000 * this.costs.signature, step);
    const part = this.partOf.get(process);
    if (part) this.watch(part, () => slot.busyMs);
    return slot;
  }

  /** What a step needs in all: its own time, and what it costs to get its input and to write its output. */
  private work(
    own: { readonly seconds: number; readonly signatures?: number; readonly brokerSeconds?: number },
    kafka: Partial<Record<KafkaItem, number>>,
    done: () => void,
    times = 1,
  ) {
    const { client, broker } = this.costs.kafka;
    let clientSeconds = own.seconds;
    let brokerSeconds = own.brokerSeconds ?? 0;
    for (const [item, count] of Object.entries(kafka) as [KafkaItem, number][]) {
      clientSeconds += count * client[item];
      brokerSeconds += count * broker[item];
    }
    const { factor } = this.costs;
    return {
      signatures: own.signatures ?? 0,
      mainMs: 1_000 * factor * clientSeconds,
      brokerMs: 1_000 * factor * brokerSeconds,
      copies: times * this.plan.replication - 1,
      done,
    };
  }

  private get readyMs(): number {
    return this.timeline.nowMs + ROUND_TRIP_MS;
  }

  /** Producers publish unevenly: between nothing and twice the mean. */
  private publish(): void {
    const mean = (this.tps * PUBLISH_MS) / 1_000 / this.validate.length;
    for (const slot of this.validate) {
      const exact = mean * 2 * this.random.fraction();
      const count = Math.floor(exact) + (this.random.chance(exact % 1) ? 1 : 0);
      if (this.isMeasured) this.published += count;
      if (count === 0) continue;
      const crossing = this.crossingOf(count);
      slot.give({ kind: "transactions", local: count - crossing, crossing }, this.readyMs);
      const load = 1_000 * count * this.costs.loadClient;
      if (this.machine) this.machine.run(load, () => undefined);
      const { batch, record } = this.costs.kafka.broker;
      this.brokers.run(1_000 * this.plan.replication * (batch + count * record), () => undefined);
    }
    this.timeline.at(this.timeline.nowMs + PUBLISH_MS, () => this.publish());
  }

  private crossingOf(count: number): number {
    const exact = count * this.plan.crossShare;
    return Math.min(count, Math.floor(exact) + (this.random.chance(exact % 1) ? 1 : 0));
  }

  /** Each shard's certified state comes to the main chain once in an interval. */
  private checkpoints(): void {
    for (const shard of this.numbers) {
      const everyMs = checkpointIntervalMs;
      const again = () => {
        this.toLog(MAIN_CHAIN, { kind: "checkpoint" });
        this.timeline.at(this.timeline.nowMs + everyMs, again);
      };
      this.timeline.at((shard * everyMs) / (this.numbers.length + 1), again);
    }
  }

  private toLog(shard: number, item: Item): void {
    this.execute[shard]!.give(item, this.readyMs);
    for (const vote of this.votes[shard]!) vote.give(item, this.readyMs);
  }

  private validated(source: number, items: readonly Item[], isFetch: boolean) {
    const all = total(items);
    const count = all.local + all.crossing;
    const brokerSeconds = count * this.costs.brokerPerTransaction.validate;
    const own = { seconds: count * this.costs.validate, signatures: count, brokerSeconds };
    return this.work(own, { ...fetches(isFetch), request: 1, batch: 1 }, () =>
      this.assign[source]!.give(all, this.readyMs),
    );
  }

  private assigned(items: readonly Item[], isFetch: boolean) {
    const all = total(items);
    const count = all.local + all.crossing;
    const length = this.numbers.length + 1;
    const local = spread(all.local, this.numbers, length, this.random);
    const crossing = spread(all.crossing, this.numbers, length, this.random);
    const targets = this.numbers.filter((shard) => local[shard]! + crossing[shard]! > 0);
    const own = {
      seconds: count * this.costs.assign,
      brokerSeconds: count * this.costs.brokerPerTransaction["shard-assign"],
    };
    return this.work(own, { ...fetches(isFetch), request: 1, batch: targets.length }, () => {
      for (const shard of targets)
        this.toLog(shard, { kind: "transactions", local: local[shard]!, crossing: crossing[shard]! });
    });
  }

  /** `execute` of a shard, or a validator's part of it: the same entries, the same blocks. */
  private chainSlot(
    process: SimulatedProcess,
    shard: number,
    stage: "execute" | "vote",
    group: string,
  ): Slot {
    const open = new OpenBlock(shard, this.numbers, this.random.fork(`${stage} ${shard}`));
    let cutHeight = 0;
    const cut = (isBehind: boolean) => {
      if (stage !== "execute" || open.weight === 0 || cutHeight === open.height) return;
      cutHeight = open.height;
      const intervalMs = isBehind ? blockIntervalMs : EAGER_SHARE * blockIntervalMs;
      const { height } = open;
      const atMs = (Math.floor(this.timeline.nowMs / intervalMs) + 1) * intervalMs;
      this.timeline.at(atMs, () => this.toLog(shard, { kind: "cut", height }));
    };
    const costs = this.costs[stage];
    return this.slot(process, group, (items, isFetch) => {
      const blocks: Block[] = [];
      let seconds = 0;
      let count = 0;
      let messages = 0;
      const close = () => {
        blocks.push(open.close());
        seconds += costs.block;
      };
      for (const item of items) {
        if (item.kind === "cut") {
          if (item.height === open.height && open.weight > 0) close();
          continue;
        }
        if (item.kind === "transactions") {
          seconds += item.local * costs.transaction + item.crossing * costs.crossing;
          count += item.local + item.crossing;
          const rest = { ...item };
          // Blocks end at the same entry for everyone, however the entries came.
          while (rest.local + rest.crossing > 0) {
            open.add(
              takeOut(rest, Math.min(rest.local + rest.crossing, maximumEntriesPerBlock - open.weight)),
            );
            if (open.weight >= maximumEntriesPerBlock) close();
          }
          continue;
        }
        if (item.kind === "bundle") {
          seconds += costs.bundle + item.count * costs[item.leg];
          messages += item.count;
        } else if (item.kind === "checkpoint") seconds += costs.checkpoint;
        open.add(item);
        if (open.weight >= maximumEntriesPerBlock) close();
      }
      cut(count >= maximumEntriesPerBlock / 2);
      const { record, fetchedRecord } = this.costs.kafka.broker;
      const brokerSeconds =
        count * this.costs.brokerPerTransaction[stage] +
        messages * (fetchedRecord + (stage === "execute" ? 2 * record : 0));
      const own = { seconds, signatures: stage === "vote" ? count : 0, brokerSeconds };
      if (stage === "vote")
        return this.work(
          own,
          { ...fetches(isFetch), ...(blocks.length > 0 && { request: 1, batch: 1, record: blocks.length }) },
          () => {
            for (const block of blocks) this.finalize[shard]!.give({ kind: "vote", block }, this.readyMs);
          },
          this.alike,
        );
      const bundles = blocks.reduce((sum, block) => sum + block.bundles.length, 0);
      const batches = BLOCK_TOPICS + (bundles > 0 ? 1 : 0);
      const written = blocks.length > 0 && {
        transaction: 1,
        batch: batches,
        record: 2 * blocks.length + bundles,
      };
      return this.work(own, { ...fetches(isFetch), ...written }, () => undefined);
    });
  }

  private finalized(shard: number, counted: Map<number, number>, items: readonly Item[], isFetch: boolean) {
    const { finalize, brokerPerTransaction } = this.costs;
    const certified: Block[] = [];
    let seconds = 0;
    let transactions = 0;
    for (const item of items) {
      if (item.kind !== "vote") continue;
      seconds += finalize.vote * this.alike;
      const quorum = this.simulatedValidators === 1 ? 1 : QUORUM_OF(this.plan.validators);
      const { height } = item.block;
      const votes = (counted.get(height) ?? 0) + 1;
      counted.set(height, votes);
      if (votes === this.simulatedValidators) counted.delete(height);
      if (votes !== quorum) continue;
      certified.push(item.block);
      seconds += finalize.changes + item.block.entries * finalize.entry;
      transactions += item.block.entries;
    }
    const own = { seconds, brokerSeconds: transactions * brokerPerTransaction.finalize };
    const written = certified.length > 0 && { transaction: 1, batch: 2, record: 2 * certified.length };
    return this.work(own, { ...fetches(isFetch), ...written }, () => {
      for (const block of certified) {
        this.relay[shard]!.give({ kind: "certificate", block }, this.readyMs);
        this.notify[shard]!.give({ kind: "certificate", block }, this.readyMs);
      }
    });
  }

  private relayed(items: readonly Item[], isFetch: boolean) {
    const { relay, kafka } = this.costs;
    const bundles = blocksOf(items).flatMap((block) => block.bundles);
    const messages = bundles.reduce((sum, { count }) => sum + count, 0);
    const seconds =
      items.length * relay.certificate + bundles.length * relay.bundle + messages * relay.message;
    const brokerSeconds = messages * (kafka.broker.record + kafka.broker.fetchedRecord);
    const written = bundles.length > 0 && {
      request: 1,
      batch: new Set(bundles.map(({ to }) => to)).size,
      record: bundles.length,
    };
    return this.work({ seconds, brokerSeconds }, { ...fetches(isFetch), ...written }, () => {
      for (const bundle of bundles) this.toLog(bundle.to, bundle);
    });
  }

  private notified(items: readonly Item[], isFetch: boolean) {
    const { notify, brokerPerTransaction } = this.costs;
    const blocks = blocksOf(items);
    const entries = blocks.reduce((sum, block) => sum + block.entries, 0);
    const own = {
      seconds: items.length * notify.certificate + entries * notify.entry,
      brokerSeconds: entries * brokerPerTransaction.notify,
    };
    return this.work(own, { ...fetches(isFetch), request: 1, batch: 1 }, () => {
      if (this.isMeasured) for (const block of blocks) this.ended += block.ended;
    });
  }
}

/** A step's input, fetched or left from the last fetch. */
function fetches(isFetch: boolean): Partial<Record<KafkaItem, number>> {
  return isFetch ? { fetch: 1, fetchedBatch: 1 } : {};
}

function total(items: readonly Item[]): Transactions {
  const all: Transactions = { kind: "transactions", local: 0, crossing: 0 };
  for (const item of items) {
    if (item.kind !== "transactions") continue;
    all.local += item.local;
    all.crossing += item.crossing;
  }
  return all;
}

function blocksOf(items: readonly Item[]): Block[] {
  return items.flatMap((item) => (item.kind === "certificate" ? [item.block] : []));
}
