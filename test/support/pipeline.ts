import type { PlantedRules } from "../../ledger/block/executed-block.js";
import type { InputRecord, OutputRecord, StageName } from "../../processors/stage.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { GenesisShard, LogEntry, SignedTransaction } from "../../schemas/generated.js";
import type { Chance } from "../../simulator/kernel/random.js";
import { MAC_KEY, START_MS, type TestNetwork, type Wallet } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import type { TopicName } from "../../topics/catalogue.js";
import { type CrashPoint, Slot } from "./slot.js";
import { allStages, type SimulatedEnvironment } from "./stages.js";
import { type MemoryStore, Topics } from "./topics.js";

/** Records that a task gets in one step at most, unless chance decides. */
const STEP_RECORDS_MAX = 500;
/** More steps than any test needs: beyond it something goes round in circles. */
const STEPS_MAX = 200_000;

export interface RunOptions {
  /** Chooses task, input and number of records; without it tasks take turns. */
  readonly chance?: Chance;
  /** Called before each step: whether the task dies in it, and where. */
  readonly crashes?: (slot: Slot, step: number) => CrashPoint | undefined;
  /** Stop after this many steps, quiet or not. */
  readonly steps?: number;
}

/** As the topic topology has a shard of the genesis. */
export function topologyRecord(shard: GenesisShard): OutputRecord {
  const value = codec("ShardTopology").encode({
    ...{ ...shard, epoch: 0, parents: [], phase: "ACTIVE", ended: -1, since: 0, isPaused: false },
  });
  return { topic: "topology", partition: 0, key: Buffer.from(String(shard.shard)), value };
}

/**
 * All stages of a small network on topics in memory, with a clock that moves a millisecond a step. Deterministic: the
 * same calls give the same records.
 */
export class Pipeline {
  nowMs = START_MS;
  steps = 0;
  readonly topics = new Topics(() => this.nowMs);
  readonly slots: readonly Slot[];
  private readonly environment: SimulatedEnvironment;

  constructor(
    readonly net: TestNetwork,
    options: { plant?: PlantedRules["applyTransaction"] } = {},
  ) {
    const { network } = net;
    const stores = new Map<string, MemoryStore>();
    this.environment = { network, topics: this.topics, macKey: MAC_KEY, stores, ...options };
    const sources = Array.from({ length: network.genesis.sourcePartitions }, (_, index) => index);
    const shards = network.genesis.shards.map(({ partition }) => partition);
    this.slots = allStages(net.validatorKeys).flatMap((stage) => {
      const bySource = stage.inputs.some((input) => input.startsWith("transactions"));
      const byShard = stage.inputs.some((input) => input.startsWith("shard."));
      const partitions = new Set([...(bySource ? sources : []), ...(byShard ? shards : [])]);
      return Array.from(partitions, (partition) => new Slot(stage, partition, this.environment));
    });
    for (const shard of network.genesis.shards) this.topics.write(topologyRecord(shard));
    for (const genesis of [
      { "rustorium.Genesis": network.genesis },
      ...Array.from(network.allocation, (part) => ({ "rustorium.GenesisAllocation": part })),
    ]) {
      this.appendLog(0, { entry: genesis } as LogEntry);
    }
  }

  slot(name: string): Slot {
    const found = this.slots.find((slot) => slot.name === name);
    if (!found) throw new RangeError(`no slot ${name}`);
    return found;
  }

  of(stage: StageName): Slot[] {
    return this.slots.filter((slot) => slot.stage.name === stage);
  }

  /** Publishes a signed transaction as any Kafka producer does; the key decides the partition. */
  submit(transaction: SignedTransaction, key: Buffer | null = null, partition?: number): InputRecord {
    const value = toWire(SCHEMA_IDS.get("transactions")!, codec("SignedTransaction").encode(transaction));
    return this.publish(value, key, partition);
  }

  /** Publishes raw bytes, or a tombstone. */
  publish(value: Buffer | null, key: Buffer | null = null, partition?: number): InputRecord {
    const count = this.net.network.genesis.sourcePartitions;
    const chosen = partition ?? (key === null ? 0 : key[0]! % count);
    return this.topics.append("transactions", chosen, key, value);
  }

  /** Signs and publishes with the sender as key, so that a sender's transactions keep their order. */
  pay(from: Wallet, ...payment: Parameters<Wallet["pay"]>): InputRecord {
    return this.submit(from.pay(...payment), from.account);
  }

  /** Appends an entry to a shard's log, past the stages. */
  appendLog(shard: number, entry: LogEntry): InputRecord {
    const { partition } = this.net.network.topology.shard(shard);
    return this.topics.write({
      topic: "shard.log",
      partition,
      key: null,
      value: codec("LogEntry").encode(entry),
    });
  }

  /** Appends copies of records that are there already, as a writer does that was thought dead. */
  redeliver(name: TopicName, partition: number, from = 0, count = Number.POSITIVE_INFINITY): void {
    for (const { key, value } of this.topics.records(name, partition).slice(from, from + count)) {
      this.topics.append(name, partition, key, value);
    }
  }

  /** Stops all tasks of a stage or group; they open again with `resume`. */
  stop(group: string): void {
    for (const slot of this.slots) if (slot.stage.group === group) slot.stopped = true;
  }

  resume(group: string): void {
    for (const slot of this.slots) {
      if (slot.stage.group !== group) continue;
      slot.stopped = false;
      slot.crash();
    }
  }

  /** A right execute takes the place of one with a planted fault. */
  repair(): void {
    delete this.environment.plant;
    for (const slot of this.of("execute")) slot.crash();
  }

  /** The operator gives validate and execute another key, which takes a restart. */
  changeMacKey(macKey: Buffer): void {
    this.environment.macKey = macKey;
    for (const slot of [...this.of("validate"), ...this.of("execute")]) slot.crash();
  }

  /** Runs until nobody has records to read and nobody waits for time. */
  runUntilQuiet(options: RunOptions = {}): void {
    const { chance } = options;
    const until = this.steps + (options.steps ?? STEPS_MAX);
    while (this.steps < until) {
      const ready = this.slots.flatMap((slot) => slot.ready.map((input) => ({ slot, input })));
      if (chance && ready.length > 0) {
        if (chance(8) === 0) {
          if (this.fireTimers(options)) continue;
        }
        const { slot, input } = ready[chance(ready.length)]!;
        this.step(slot, input, 1 + chance(chance(4) === 0 ? 50 : 4), options);
        continue;
      }
      for (const { slot, input } of ready) {
        // What an earlier task of this round did may have stopped this one.
        if (slot.ready.includes(input)) this.step(slot, input, STEP_RECORDS_MAX, options);
      }
      if (ready.length === 0 && !this.fireTimers(options)) return;
    }
    if (options.steps === undefined) throw new Error(`not quiet after ${STEPS_MAX} steps`);
  }

  private step(slot: Slot, input: TopicName, max: number, { crashes }: RunOptions): void {
    this.nowMs++;
    this.steps++;
    slot.step(input, max, this.nowMs, crashes?.(slot, this.steps));
  }

  /** Moves the clock to the first time that a task waits for; false: nobody waits. */
  private fireTimers({ crashes }: RunOptions): boolean {
    const waiting = this.slots.filter((slot) => slot.isUp && slot.wakeAtMs !== undefined);
    if (waiting.length === 0) return false;
    this.nowMs = Math.max(this.nowMs + 1, Math.min(...waiting.map(({ wakeAtMs }) => wakeAtMs!)));
    for (const slot of waiting) {
      if (slot.wakeAtMs === undefined || slot.wakeAtMs > this.nowMs) continue;
      this.steps++;
      slot.timer(this.nowMs, crashes?.(slot, this.steps));
    }
    return true;
  }

  /** All alerts and faults so far, `slot: CODE`. */
  get troubles(): string[] {
    return this.slots.flatMap((slot) => [
      ...slot.alerts.map(({ code }) => `${slot.name}: ${code}`),
      ...slot.faults.map(({ code }) => `${slot.name}: ${code}`),
    ]);
  }
}
