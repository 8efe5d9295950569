import { verifyEd25519 } from "../../ledger/crypto/ed25519.js";
import { poseidonPair } from "../../ledger/crypto/poseidon.js";
import { codec } from "../../schemas/codec.js";
import { CATALOGUE, type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { FaultClass, FaultCounts } from "../faults/classes.js";
import { noFaults } from "../faults/classes.js";
import { inject, type Targets } from "../faults/injector.js";
import { Poisoner } from "../faults/poison.js";
import { Weather } from "../faults/weather.js";
import { Broker } from "../kafka/broker.js";
import type { Entry, Partition } from "../kafka/partition.js";
import type { Random } from "../kernel/random.js";
import { Scheduler } from "../kernel/scheduler.js";
import { Model } from "../model/model.js";
import type { Violation } from "../model/violations.js";
import type { Plant } from "../plants/plant.js";
import { Disk } from "../store/disk.js";
import { layoutOf, type ProcessPlan, stageDefinitions } from "./layout.js";
import { Load } from "./load.js";
import { SimulatedLog } from "./log.js";
import { START_MS, type TestNetwork } from "./network.js";
import { Node, type Surroundings } from "./node.js";
import { Resharder } from "./resharder.js";
import { createTopics, SCHEMA_IDS } from "./topics.js";

/** Validators whose stake may be dishonest: less than a third. */
const DISHONEST_SHARE_MAX = 3;
const SKEW_MS_MAX = 2_000;
/** In one network of so many local stores gather what they write; in the others each write goes to disk at once. */
const STORES_GATHER_IN = 4;
/** How long, in milliseconds: shorter than in production, as a whole run takes only seconds. */
const STORE_GATHER_MS = 200;

/** A whole simulated network with everything around it. */
export class World {
  readonly scheduler = new Scheduler(START_MS);
  readonly faults: FaultCounts = noFaults();
  readonly violations: Violation[] = [];
  readonly model: Model;
  readonly broker: Broker;
  readonly nodes: Node[];
  readonly load: Load;
  readonly resharder: Resharder;
  readonly log: SimulatedLog;
  /** When the last record became readable, in milliseconds since 1970. */
  lastRecordMs = START_MS;
  private readonly targets: Targets;
  private readonly topicNames = new Map<string, TopicName>();

  constructor(
    readonly net: TestNetwork,
    private readonly random: Random,
    isAllowed: (fault: FaultClass) => boolean,
    realSignatures: boolean,
    plant: Plant | undefined,
    sparePartitions = 0,
  ) {
    const { network } = net;
    const prefix = network.genesis.network;
    for (const { name } of CATALOGUE) this.topicNames.set(topicOnCluster(prefix, name), name);
    const note = (fault: FaultClass) => {
      this.faults[fault]++;
    };
    const dishonest = this.drawDishonest(isAllowed("dishonest-validator"));
    const weather = new Weather(this.scheduler, random.fork("weather"), note);
    this.broker = new Broker(
      this.scheduler,
      () => weather.markerDelayMs(),
      (entry, partition) => this.readable(entry, partition),
    );
    this.log = new SimulatedLog(() => this.scheduler.nowMs);
    this.model = new Model({
      genesis: codec("Genesis").encode(network.genesis),
      allocation: network.allocation.parts,
      // Real signatures are judged by another library than the stages use, and real roots by another Poseidon.
      ...(!realSignatures && {
        verify: (key, message, signature) => verifyEd25519(signature, message, key),
        hashPair: (left, right) => poseidonPair(left, right),
      }),
      dishonest: dishonest === undefined ? [] : [dishonest],
      onViolation: (violation) => this.violations.push(violation),
    });
    createTopics(this.broker, network, sparePartitions);
    this.resharder = new Resharder(net, this.broker, this.scheduler, random.fork("reshard"));
    const surroundings: Surroundings = {
      scheduler: this.scheduler,
      broker: this.broker,
      weather,
      hazard: weather,
      network: plant?.network?.(network) ?? network,
      schemaIds: SCHEMA_IDS,
      log: this.log,
      clientFaults: plant?.client ?? {},
      // By the network, not by chance: what a seed draws stays as it was.
      storeGatherMs: network.hash[0]! % STORES_GATHER_IN === 0 ? STORE_GATHER_MS : 0,
      changed: plant?.environment ?? ((environment) => environment),
    };
    const planted = (plan: ProcessPlan): ProcessPlan => ({
      ...plan,
      definitions: () =>
        plan.definitions().map((definition) => plant?.definition?.(definition) ?? definition),
    });
    const skewed = random.fork("clocks");
    const skewMs = () => {
      if (!isAllowed("clock-skew") || !skewed.chance(0.5)) return 0;
      note("clock-skew");
      return skewed.between(-SKEW_MS_MAX, SKEW_MS_MAX);
    };
    const make = (plan: ProcessPlan) => {
      const own = random.fork(plan.name);
      return new Node(
        plan.name,
        new Disk(own.fork("disk")),
        planted(plan).definitions,
        surroundings,
        own,
        skewMs(),
      );
    };
    this.nodes = layoutOf(net.validatorKeys, random.fork("layout")).map(make);
    const spare = make({ name: "spare", definitions: stageDefinitions });
    this.load = new Load(net, this.broker, this.model, this.scheduler, random.fork("load"));
    this.targets = {
      scheduler: this.scheduler,
      broker: this.broker,
      weather,
      poisoner: new Poisoner(this.broker, network, random.fork("poison")),
      networkName: prefix,
      nodes: [...this.nodes, spare],
      spare,
      dishonest:
        dishonest === undefined
          ? undefined
          : { validator: dishonest, keyPair: net.validatorKeys[dishonest - 1]! },
      shardPartitions: this.broker
        .partitions(topicOnCluster(prefix, "shard.log"))
        .map((partition) => partition.number),
      note,
      onPoison: (place) => this.model.submitted({ kind: "rejected", ...place }),
    };
  }

  private drawDishonest(isAllowed: boolean): number | undefined {
    const { validators } = this.net.network.genesis;
    const total = validators.reduce((sum, { stake }) => sum + stake, 0);
    const weak = validators.filter(({ stake }) => stake * DISHONEST_SHARE_MAX < total);
    if (!this.random.chance(0.3) || !isAllowed || weak.length === 0) return undefined;
    return this.random.pick(weak).validator;
  }

  private readable(entry: Entry, partition: Partition): void {
    this.lastRecordMs = this.scheduler.nowMs;
    const { offset, timeMs, key, value } = entry;
    this.scheduler.trace.addBytes(value);
    // The model judges what stages wrote; that nobody falls for this shows in what they make of it.
    const name = this.topicNames.get(partition.topic)!;
    if (name === "topology") this.resharder?.heard(value);
    if (this.targets?.poisoner.isForging) return;
    this.model.record({
      topic: name,
      partition: partition.number,
      offset,
      timeMs,
      key,
      value,
    });
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  /** Faults that happened. */
  get faultCount(): number {
    return Object.values(this.faults).reduce((sum, count) => sum + count, 0);
  }

  /** @returns whether anything came of it at once */
  inject(fault: FaultClass, random: Random): boolean {
    const before = this.faultCount;
    inject(fault, this.targets, random);
    return this.faultCount > before;
  }

  /** Whether every node is up and working on all that it has. */
  get isUp(): boolean {
    return this.targets.nodes.every((node) => node.isSettled) && this.nodes.every((node) => node.running);
  }

  /** Ends every fault that still lasts: broker up, nothing frozen or about to die, the spare member gone. */
  heal(): void {
    this.broker.isDown = false;
    for (const node of this.targets.nodes) {
      const process = node.running;
      if (!process) continue;
      process.crashAt = undefined;
      process.resume();
    }
    this.targets.spare.stop();
  }
}
