import type { StageRun } from "./stage-run.js";

/** Stages that each transaction passes, in order; vote is passed by every validator. */
export const SCALE_STAGES = ["validate", "shard-assign", "execute", "vote", "finalize", "notify"] as const;
export type ScaleStage = (typeof SCALE_STAGES)[number];

/** What a transaction costs in one stage, in CPU-seconds. */
export interface StageCost {
  /** Of threads that check signatures: as many cores as there are. */
  readonly signature: number;
  /** Of the process' main thread: one core at most. */
  readonly main: number;
  /** Of the broker, for reading and writing. */
  readonly broker: number;
}

/** What was measured, as the model takes it. */
export interface MeasuredCosts {
  readonly stages: Readonly<Record<ScaleStage, StageCost>>;
  /** Bytes that a transaction leaves on one replica's disk, of all topics. */
  readonly bytesWritten: number;
  /** Bytes of the topics that each validator reads. */
  readonly bytesPerValidator: number;
  /** Way of a record from one stage to the next on a system with nothing to do, in milliseconds. */
  readonly hopMs: number;
}

/** Topics that a validator reads. */
const VALIDATOR_TOPICS = ["shard.log", "shard.finalized"] as const;

/** Costs of one process of each stage, from its run alone. */
export function costsOf(
  runs: readonly StageRun[],
  bytesPerTransaction: Readonly<Record<string, number>>,
  hopMs: number,
): MeasuredCosts {
  const cost = (stage: ScaleStage): StageCost => {
    const run = runs.find((candidate) => candidate.stage === stage && candidate.processes === 1);
    if (!run) throw new Error(`${stage} was not measured`);
    const { signaturesPer1000, restPer1000, brokerPer1000 } = run;
    return {
      signature: signaturesPer1000 / 1_000,
      main: restPer1000 / 1_000,
      broker: brokerPer1000 / 1_000,
    };
  };
  return {
    stages: Object.fromEntries(SCALE_STAGES.map((stage) => [stage, cost(stage)])) as Record<
      ScaleStage,
      StageCost
    >,
    bytesWritten: Object.values(bytesPerTransaction).reduce((sum, bytes) => sum + bytes, 0),
    bytesPerValidator: VALIDATOR_TOPICS.reduce((sum, topic) => sum + (bytesPerTransaction[topic] ?? 0), 0),
    hopMs,
  };
}
