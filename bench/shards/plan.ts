/** An installation by what matters for the number of shards. */
export interface ShardPlan {
  readonly shards: number;
  readonly sourcePartitions: number;
  readonly validators: number;
  /** Share of the transfers that go to another shard, 0 to 1. */
  readonly crossShare: number;
  /**
   * apart: `validate` and `shard-assign` of a source partition in a process, each shard's `execute` in one, its other stages in
   * one, and each validator's part of it in one, every process with cores of its own, and brokers on theirs.
   * together: as `npm start` has it, stages in one process and validators in another, on the broker's machine.
   */
  readonly processes: "apart" | "together";
  /** Of a process (apart), or of the machine (together). */
  readonly cores: number;
  /** Cores of all brokers; apart only. */
  readonly brokerCores: number;
  readonly replication: number;
}

/** What bounds an installation: the part that was busiest. */
export type Part =
  | "source partition"
  | "shard's execute"
  | "shard's validator"
  | "shard's other stages"
  | "main chain's execute"
  | "main chain's validator"
  | "main chain's other stages"
  | "brokers"
  | "machine"
  | "stages' main thread"
  | "validators' main thread";

export const VALIDATORS = 4;
const PROCESS_CORES = 2;
export const BROKERS = 3;
export const BROKER_CORES = 8;
const REPLICATION = 3;

/** One process for each shard's `execute`, and for each validator's part of it; as many source partitions as shards. */
export function shardsApart(shards: number, crossShare: number, brokerCores: number): ShardPlan {
  return {
    shards,
    sourcePartitions: shards,
    validators: VALIDATORS,
    crossShare,
    processes: "apart",
    cores: PROCESS_CORES,
    brokerCores,
    replication: REPLICATION,
  };
}

/** This machine with `npm start`. */
export function together(
  shards: number,
  sourcePartitions: number,
  crossShare: number,
  cores: number,
): ShardPlan {
  return {
    shards,
    sourcePartitions,
    validators: VALIDATORS,
    crossShare,
    processes: "together",
    cores,
    brokerCores: 0,
    replication: 1,
  };
}
