import { availableParallelism } from "node:os";
import { loadAccounts } from "../load/accounts.js";
import { rounded } from "../measure/numbers.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { runPipeline } from "../pipeline/run.js";
import { costsOf, type MeasuredCosts, SCALE_STAGES, type ScaleStage } from "./costs.js";
import { type Installation, installationFor } from "./installation.js";
import { measureStages, VALIDATORS } from "./measure.js";
import { type Simulated, simulate } from "./simulation.js";
import type { StageRun } from "./stage-run.js";

export interface ScaleOptions {
  readonly accounts: number;
  readonly seed: number;
  /** Transactions that each stage works off. */
  readonly transactions: number;
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  readonly latencySeconds: number;
  readonly say: (line: string) => void;
}

/** What a rate needs, by the model. */
export interface ScaledTo {
  readonly tps: number;
  readonly needs: Installation;
  /** Cores of all machines together. */
  readonly cores: number;
  readonly diskBytesPerDay: number;
  readonly at: Simulated;
  /** The rate at which this installation can't follow any more, and what is busy then. */
  readonly breaksAtTps: number;
  readonly breaksFirst: string;
}

/** Measured: each stage in one to n processes. Simulated: what larger rates need. */
export interface ScaleReport {
  readonly scenario: "scale";
  readonly stages: readonly StageRun[];
  readonly costs: MeasuredCosts;
  /** The whole pipeline on this machine: what the model says with the stages' own costs, and what it does. */
  readonly calibration: {
    readonly predictedTps: number;
    readonly measuredTps: number;
    /** All that isn't signatures costs so much more together than alone; the model takes it so. */
    readonly factor: number;
  };
  readonly targets: readonly ScaledTo[];
}

const TARGETS_TPS = [1_000, 10_000, 100_000] as const;
/** Records are on their way between stages so often: validate, shard-assign, execute and vote, finalize, notify, reader. */
const HOPS = 5;
/** It follows as long as so much of what comes in comes out. */
const FOLLOWS_MIN = 0.98;
const BISECTIONS = 12;
const SECONDS_PER_DAY = 86_400;

export async function runScale(options: ScaleOptions): Promise<ScaleReport> {
  const { seed, say } = options;
  const cores = availableParallelism();
  const whole = await runPipeline({
    ...options,
    validators: VALIDATORS,
    scheme: "ed25519",
    skew: "uniform",
    crossShare: 0,
    fsync: false,
  });
  const cluster = await openBenchCluster({ fsync: false, say });
  const { transactions } = options;
  const accounts = loadAccounts(options.accounts, "ed25519", seed);
  const stages = await measureStages(cluster, {
    accounts,
    seed,
    transactions,
    processesMax: cores,
    say,
  }).finally(() => cluster.stop());
  const quiet = whole.latencies[0]?.finalMs?.p50 ?? 0;
  const halfBlockMs = 100;
  const alone = costsOf(stages, whole.bytesPerTransaction, Math.max(1, (quiet - halfBlockMs) / HOPS));
  const here = thisMachine(cores);
  const predictedTps = limitOf(here, alone, seed);
  const factor = factorFor(here, alone, whole.endedTps, seed);
  const costs = scaled(alone, factor);
  return {
    scenario: "scale",
    stages,
    costs,
    calibration: { predictedTps, measuredTps: whole.endedTps, factor },
    targets: TARGETS_TPS.map((tps) => scaleTo(tps, costs, seed)),
  };
}

function scaleTo(tps: number, costs: MeasuredCosts, seed: number): ScaledTo {
  const needs = installationFor(tps, costs, VALIDATORS);
  const breaksAtTps = limitOf(needs, costs, seed);
  const beyond = simulate(needs, costs, Math.ceil(1.05 * breaksAtTps), seed);
  const [breaksFirst] = Object.entries(beyond.busy).reduce((most, part) => (part[1] > most[1] ? part : most));
  return {
    tps,
    needs,
    cores: needs.stageCores + VALIDATORS * needs.validatorCores + needs.brokers * needs.brokerCores,
    diskBytesPerDay: Math.round(tps * costs.bytesWritten * needs.replication * SECONDS_PER_DAY),
    at: simulate(needs, costs, tps, seed),
    breaksAtTps,
    breaksFirst,
  };
}

/** `npm start` on this machine: two processes and a broker on the same cores. */
function thisMachine(cores: number): Installation {
  return {
    validators: VALIDATORS,
    sourcePartitions: 4,
    shards: 4,
    processes: Object.fromEntries(SCALE_STAGES.map((stage) => [stage, 1])) as Record<ScaleStage, number>,
    stageCores: cores,
    validatorCores: 0,
    isOneMachine: true,
    brokers: 1,
    brokerCores: cores,
    replication: 1,
  };
}

/** The highest rate that an installation follows. */
function limitOf(installation: Installation, costs: MeasuredCosts, seed: number): number {
  const follows = (tps: number) => simulate(installation, costs, tps, seed).finalTps >= FOLLOWS_MIN * tps;
  let high = 1_000;
  while (follows(high)) high *= 2;
  let low = high / 2;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (follows(middle)) low = middle;
    else high = middle;
  }
  return Math.round(low);
}

/** By how much everything but signatures must cost more for the model to say what was measured. */
function factorFor(installation: Installation, costs: MeasuredCosts, tps: number, seed: number): number {
  let low = 0.2;
  let high = 5;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (limitOf(installation, scaled(costs, middle), seed) > tps) low = middle;
    else high = middle;
  }
  return rounded((low + high) / 2, 3);
}

function scaled(costs: MeasuredCosts, factor: number): MeasuredCosts {
  const stages = Object.fromEntries(
    SCALE_STAGES.map((stage) => {
      const { signature, main, broker } = costs.stages[stage];
      return [stage, { signature, main: main * factor, broker: broker * factor }];
    }),
  ) as MeasuredCosts["stages"];
  return { ...costs, stages };
}
