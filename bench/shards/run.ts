import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { SOURCE_PARTITIONS } from "../../runtime/process/found.js";
import { rounded } from "../measure/numbers.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import type { StageRun } from "../scale/stage-run.js";
import { type ShardCosts, shardCosts } from "./costs.js";
import { type KafkaCosts, measureKafka } from "./kafka-costs.js";
import { type Limit, limitOf } from "./limit.js";
import { linearity, type Row } from "./linearity.js";
import { BROKER_CORES, BROKERS, type ShardPlan, shardsApart, together } from "./plan.js";
import { measureSteps, type StepCosts } from "./step-costs.js";

export interface ShardsOptions {
  readonly seed: number;
  /** Runs of this machine that are recorded already: each stage alone, and the whole pipeline. */
  readonly recorded: {
    readonly stages: readonly StageRun[];
    readonly runs: readonly RecordedRun[];
  };
  readonly say: (line: string) => void;
}

/** A recorded run of the whole pipeline at full load. */
export interface RecordedRun {
  /** Name of the file in bench/results. */
  readonly name: string;
  readonly shards: number;
  readonly crossShare: number;
  readonly tps: number;
  /** CPU-seconds of the program that makes the load, for 1,000 transactions. */
  readonly clientPer1000: number;
}

/** What this machine does with all processes together, and what the model says. */
export interface CalibrationRun {
  readonly name: string;
  readonly shards: number;
  readonly crossShare: number;
  readonly measuredTps: number;
  /** With the costs as measured part by part. */
  readonly predictedTps: number;
  /** Predicted over measured, less 1. */
  readonly error: number;
  /** The same with the factor. */
  readonly calibratedTps: number;
  readonly calibratedError: number;
}

/** Measured: costs, part by part. Simulated: 1 to 64 shards with processes of their own. */
export interface ShardsReport {
  readonly scenario: "shards";
  readonly steps: StepCosts;
  readonly kafka: KafkaCosts;
  readonly stages: readonly StageRun[];
  readonly loadClient: number;
  /** The first run sets the factor; the others, which nothing was fitted to, show how far the model is off. */
  readonly calibration: { readonly factor: number; readonly runs: readonly CalibrationRun[] };
  readonly brokers: { readonly count: number; readonly cores: number };
  readonly series: readonly Series[];
}

/** One kind of load and of brokers, for each number of shards. */
export interface Series {
  /** "natural": as accounts lie, 1 - 1/shards. */
  readonly crossShare: number | "natural";
  readonly brokers: "fixed" | "as needed";
  readonly rows: readonly Row[];
  /** The first number of shards with less than 0.9 and 0.5 of what as many times one shard would do; null: none. */
  readonly below: { readonly nine: Row | null; readonly five: Row | null };
}

export const SHARDS = [1, 2, 4, 8, 16, 32, 64] as const;
const CROSS_SHARES = [0, 0.25, "natural"] as const;
/** Brokers "as needed": more than anything uses. */
const BROKER_CORES_UNBOUND = 100_000;
const FACTOR_STEPS = 7;

export async function runShards(options: ShardsOptions): Promise<ShardsReport> {
  const { seed, recorded, say } = options;
  const cores = availableParallelism();
  const steps = measureSteps(seed, say);
  const cluster = await openBenchCluster({ fsync: false, say });
  const kafka = await measureKafka(cluster, say).finally(() => cluster.stop());
  const [first] = recorded.runs;
  if (!first) throw new Error("no run of the pipeline is recorded to calibrate with");
  const loadClient = first.clientPer1000 / 1_000;
  const alone = shardCosts(steps, kafka, recorded.stages, loadClient);
  const here = (run: RecordedRun, costs: ShardCosts) =>
    limitOf(together(run.shards, SOURCE_PARTITIONS, run.crossShare, cores), costs, seed).tps;
  const factor = factorFor(first.tps, (costs) => here(first, costs), alone);
  const costs = { ...alone, factor };
  const runs = recorded.runs.map((run): CalibrationRun => {
    const [predictedTps, calibratedTps] = [here(run, alone), here(run, costs)];
    const error = (tps: number) => rounded(tps / run.tps - 1, 3);
    return {
      name: run.name,
      shards: run.shards,
      crossShare: run.crossShare,
      measuredTps: run.tps,
      predictedTps,
      error: error(predictedTps),
      calibratedTps,
      calibratedError: error(calibratedTps),
    };
  });
  return {
    scenario: "shards",
    steps,
    kafka,
    stages: recorded.stages,
    loadClient,
    calibration: { factor, runs },
    brokers: { count: BROKERS, cores: BROKER_CORES },
    series: await allSeries(costs, seed, say),
  };
}

/** One kind of load, with one kind of brokers. */
export interface SeriesPlan {
  readonly costs: ShardCosts;
  readonly seed: number;
  readonly crossShare: Series["crossShare"];
  readonly brokers: Series["brokers"];
}

/** All kinds of load, with as many brokers as are needed and with those there are; each in a thread of its own. */
function allSeries(costs: ShardCosts, seed: number, say: (line: string) => void): Promise<Series[]> {
  const plans = (["as needed", "fixed"] as const).flatMap((brokers) =>
    CROSS_SHARES.map((crossShare): SeriesPlan => ({ costs, seed, crossShare, brokers })),
  );
  return Promise.all(
    plans.map(
      (plan) =>
        new Promise<Series>((resolve, reject) => {
          const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: plan });
          worker.on("message", (message: string | Series) => {
            if (typeof message === "string") say(message);
            else resolve(message);
          });
          worker.on("error", reject);
        }),
    ),
  );
}

export function seriesOf(
  { costs, seed, crossShare, brokers }: SeriesPlan,
  say: (line: string) => void,
): Series {
  let guess: number | undefined;
  const limits = SHARDS.map((shards): [number, Limit] => {
    const limit = limitOf(planOf(shards, crossShare, brokers), costs, seed, guess);
    say(`${shards} shards, cross ${crossShare}, brokers ${brokers}: ${limit.tps} a second`);
    guess = guessAfter(limit.tps, guess);
    return [shards, limit];
  });
  return { crossShare, brokers, ...linearity(limits) };
}

/** Where to look for the limit of twice as many shards: as far on as this one was from the guess before. */
export function guessAfter(tps: number, guess: number | undefined): number {
  return guess === undefined ? 2 * tps : tps * Math.max(1, Math.min(2, (2 * tps) / guess));
}

export function planOf(
  shards: number,
  crossShare: Series["crossShare"],
  brokers: Series["brokers"],
): ShardPlan {
  const share = crossShare === "natural" ? 1 - 1 / shards : shards === 1 ? 0 : crossShare;
  const brokerCores = brokers === "fixed" ? BROKERS * BROKER_CORES : BROKER_CORES_UNBOUND;
  return shardsApart(shards, share, brokerCores);
}

/** By how much everything but signatures must cost more for the model to say what was measured. */
function factorFor(tps: number, limit: (costs: ShardCosts) => number, alone: ShardCosts): number {
  let [low, high] = [0.2, 5];
  for (let step = 0; step < FACTOR_STEPS; step++) {
    const middle = Math.sqrt(low * high);
    if (limit({ ...alone, factor: middle }) > tps) low = middle;
    else high = middle;
  }
  return rounded(Math.sqrt(low * high), 3);
}
