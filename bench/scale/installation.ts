import { type MeasuredCosts, SCALE_STAGES, type ScaleStage } from "./costs.js";

/** Processes, partitions and machines of an installation. */
export interface Installation {
  readonly validators: number;
  /** Partitions of `transactions*`: the most processes that validate and shard-assign can have. */
  readonly sourcePartitions: number;
  /** Partitions of `shard.*`: the most processes of the other stages, and of each validator. */
  readonly shards: number;
  /** Processes of each stage; of vote: of each validator. */
  readonly processes: Readonly<Record<ScaleStage, number>>;
  /** Cores that the stages but vote share. */
  readonly stageCores: number;
  /** Cores of each validator. */
  readonly validatorCores: number;
  /** Whether validators and broker run on the stages' cores, as with `npm start`. */
  readonly isOneMachine: boolean;
  readonly brokers: number;
  readonly brokerCores: number;
  /** Copies of each partition. */
  readonly replication: number;
}

/** Everything is planned to be busy no more than this share of the time: queues stay short, and one broker may be lost. */
const BUSY_MAX = 0.6;
const BROKER_CORES = 8;
/** What a disk takes in, and a network card either way, in bytes a second: an ordinary SSD, 10 Gbit/s. */
export const DISK_BYTES_PER_SECOND = 400e6;
export const NETWORK_BYTES_PER_SECOND = 1.25e9;
const REPLICATION = 3;

/** Brokers' work for a transaction: reads and writes as measured, and once more for each further copy. */
export function brokerCpu(costs: MeasuredCosts, validators: number, replication: number): number {
  const once = SCALE_STAGES.reduce(
    (sum, stage) => sum + costs.stages[stage].broker * (stage === "vote" ? validators : 1),
    0,
  );
  return once * replication;
}

/** The least installation that carries a rate without being busier than BUSY_MAX anywhere. */
export function installationFor(tps: number, costs: MeasuredCosts, validators: number): Installation {
  const processes = Object.fromEntries(
    SCALE_STAGES.map((stage) => [stage, Math.ceil((tps * costs.stages[stage].main) / BUSY_MAX)]),
  ) as Record<ScaleStage, number>;
  const cpu = (stage: ScaleStage) => costs.stages[stage].main + costs.stages[stage].signature;
  const stageCpu = SCALE_STAGES.filter((stage) => stage !== "vote").reduce(
    (sum, stage) => sum + cpu(stage),
    0,
  );
  const cores = (seconds: number) => Math.max(1, Math.ceil((tps * seconds) / BUSY_MAX));
  const brokerSeconds = tps * brokerCpu(costs, validators, REPLICATION);
  const bytes = tps * costs.bytesWritten;
  const read = bytes + tps * costs.bytesPerValidator * validators;
  const brokers = Math.max(
    REPLICATION,
    Math.ceil(brokerSeconds / (BROKER_CORES * BUSY_MAX)),
    Math.ceil((bytes * REPLICATION) / (DISK_BYTES_PER_SECOND * BUSY_MAX)),
    Math.ceil((read + bytes * (REPLICATION - 1)) / (NETWORK_BYTES_PER_SECOND * BUSY_MAX)),
  );
  return {
    validators,
    sourcePartitions: powerOfTwo(Math.max(processes.validate, processes["shard-assign"])),
    shards: powerOfTwo(Math.max(processes.execute, processes.vote, processes.finalize, processes.notify)),
    processes,
    stageCores: cores(stageCpu),
    validatorCores: cores(cpu("vote")),
    isOneMachine: false,
    brokers,
    brokerCores: BROKER_CORES,
    replication: REPLICATION,
  };
}

/** Shards are halves of halves. */
function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
}
