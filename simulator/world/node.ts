import type { Network } from "../../ledger/genesis/genesis.js";
import type { Environment, StageDefinition } from "../../runtime/driver/environment.js";
import { type SlotStatus, StageRunner } from "../../runtime/driver/stage-runner.js";
import type { SchemaIds } from "../../runtime/kafka/schemas.js";
import { TopologyFollower } from "../../runtime/topology/live-topology.js";
import type { Broker } from "../kafka/broker.js";
import { type ClientFaults, simulatedAdmin, simulatedClient, simulatedReader } from "../kafka/client.js";
import { Connection, type NetworkWeather } from "../kafka/connection.js";
import type { EndHazard } from "../kafka/producer.js";
import { SimulatedProcess } from "../kernel/process.js";
import type { Random } from "../kernel/random.js";
import type { Scheduler } from "../kernel/scheduler.js";
import type { Disk } from "../store/disk.js";
import type { SimulatedLog } from "./log.js";

/** What all nodes share. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  readonly weather: NetworkWeather;
  readonly hazard: EndHazard;
  readonly network: Network;
  readonly schemaIds: SchemaIds;
  readonly log: SimulatedLog;
  readonly clientFaults: ClientFaults;
  /** How long local stores gather what they write, in milliseconds. */
  readonly storeGatherMs: number;
  /** What a planted fault changes in a process' surroundings. */
  readonly changed: (environment: Environment) => Environment;
}

/** As process/cluster.ts has it for a broker of ours, in milliseconds. */
const SESSION_TIMEOUT_MS = 2_000;
/** As session/children.ts: a child that ends by itself is started again after this long, in milliseconds. */
const RESTART_MS = 1_000;
/** Less often than in production: without changes it is only events. Stages that route look by themselves. */
const TOPOLOGY_LOOK_MS = 1_000;
/** As where there is processor time to spare: process/fetch-pace.ts, in milliseconds. */
const FETCH_PACE_MS = 25;

const SETTLED: ReadonlySet<SlotStatus> = new Set(["running", "halted", "without shard", "ended"]);

/** A machine with its disk, and the process that runs on it: started again whenever it dies, unless it is to stay down. */
export class Node {
  private process: SimulatedProcess | undefined;
  private runners: StageRunner[] = [];
  private isWanted = false;
  private starts = 0;

  /** @param definitions made anew for each process: a definition may keep what a process knows */
  constructor(
    readonly name: string,
    readonly disk: Disk,
    private readonly definitions: () => StageDefinition[],
    private readonly surroundings: Surroundings,
    private readonly random: Random,
    /** What its clock is ahead of the broker's, in milliseconds. */
    private readonly skewMs: number,
  ) {}

  /** The process, where one runs. */
  get running(): SimulatedProcess | undefined {
    return this.process?.isAlive ? this.process : undefined;
  }

  /** Whether every partition number that it has is being worked on, or never will be: what that means is the model's to say. */
  get isSettled(): boolean {
    return this.runners.every((runner) => runner.status().every(({ status }) => SETTLED.has(status)));
  }

  start(): void {
    this.isWanted = true;
    if (this.running) return;
    const { scheduler, broker, weather, hazard, network, schemaIds, log, clientFaults } = this.surroundings;
    const process = new SimulatedProcess(`${this.name}#${++this.starts}`, scheduler, this.skewMs, () => {
      this.runners = [];
      scheduler.after(RESTART_MS * (0.1 + this.random.fraction()), "restart", () => {
        if (this.isWanted) this.start();
      });
    });
    this.process = process;
    const connection = new Connection(process, broker, weather, this.random.fork("connection"));
    const reader = simulatedReader(connection, clientFaults.readsUncommitted);
    const topology = new TopologyFollower(
      network.genesis.network,
      network.topology,
      reader,
      process.clock,
      TOPOLOGY_LOOK_MS,
    );
    const environment: Environment = this.surroundings.changed({
      kafka: simulatedClient(connection, hazard, clientFaults),
      admin: simulatedAdmin(connection),
      reader,
      schemas: { foreign: () => undefined, prepareForeign: async () => undefined },
      schemaIds,
      network,
      topology,
      openStore: (path, wipe) => this.disk.open(path, wipe, process),
      storeGatherMs: this.surroundings.storeGatherMs,
      clock: process.clock,
      fetchPaceMs: () => FETCH_PACE_MS,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      log: log.child({ process: process.name }),
    });
    this.runners = this.definitions().map(
      (definition) => new StageRunner(definition, environment, () => process.kill()),
    );
    // As a process that can't start: it ends, and is started again.
    topology.start().catch(() => process.kill());
    for (const runner of this.runners) runner.start().catch(() => process.kill());
  }

  kill(): void {
    this.process?.kill();
  }

  /** As SIGTERM: leaves its groups, then ends; not started again until asked. */
  stop(): void {
    this.isWanted = false;
    const { process } = this;
    void Promise.all(this.runners.map((runner) => runner.stop())).then(() => process?.kill());
  }
}
