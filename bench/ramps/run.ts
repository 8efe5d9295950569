import type { ScalingSettings } from "../../ml/scaling/policy.js";
import { read } from "../../processors/read.js";
import { PartitionReader } from "../../runtime/kafka/partition-reader.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import type { ScalingDecision } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { LoadClient } from "../pipeline/client.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { startBenchNetwork } from "../pipeline/network.js";
import { FIRST_TRANSACTIONS } from "../pipeline/ready.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";
import { RAMP, type Ramp, reachedAfterMs, risingMs, shareAt, TOP_MS } from "./ramp.js";

export interface RampsOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  /** Of all shards. */
  readonly accounts: number;
  readonly runs: number;
  /** What the scaler decides by. */
  readonly policy: ScalingSettings["looksAt"];
  readonly seed: number;
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

/** One ramp and what the scaler made of it; times in milliseconds from the ramp's beginning on. */
export interface RampRun {
  /** The generated load reaches these shares of the capacity. */
  readonly at80Ms: number;
  readonly at100Ms: number;
  /** When the split was decided, by the record; null: none was. */
  readonly decidedMs: number | null;
  readonly rule: string;
  readonly source: string;
  readonly model: string;
  /** Generated load when it was decided, as a share of the capacity. */
  readonly shareWhenDecided: number | null;
  /** Both halves active; null: never. */
  readonly doneMs: number | null;
  /** Decided below 80 %, and done below 100 %. */
  readonly isAhead: boolean;
  /** Done above 100 %, or never. */
  readonly isLate: boolean;
  /** A split that is decided when the load is at 80 %, and takes as long as this one, is not done at 100 %. */
  readonly isThresholdLate: boolean;
}

export interface RampsReport {
  readonly scenario: "ramps";
  readonly validators: number;
  readonly accounts: number;
  readonly seed: number;
  readonly policy: ScalingSettings["looksAt"];
  readonly ramp: Ramp;
  readonly runs: readonly RampRun[];
  readonly ahead: number;
  readonly late: number;
  readonly thresholdLate: number;
  readonly submitted: number;
  readonly lost: number;
  readonly refused: Record<string, number>;
}

const SHARDS = 2;
/** The shard whose accounts send. */
const SHARD = 1;
const SPLIT_LEVEL = 0.8;
/** The rate changes so often, in milliseconds. */
const PIECE_MS = 100;
/** At the foot before the first ramp, and before each, in milliseconds. */
const FIRST_FOOT_MS = 60_000;
const FOOT_MS = 25_000;
/** The halves are one shard again by then, in milliseconds. */
const MERGED_BOUND_MS = 120_000;
/** Of the scaler: siblings are merged after so many seconds of low load, so that the next ramp finds one shard. */
const MERGE_AFTER_S = 12;

/** Lets the load of one shard rise from below 80 % to above 100 % of its capacity in less time than a split takes, again and again. */
export async function runRamps(options: RampsOptions): Promise<RampsReport> {
  const { validators, scheme, policy, seed, fsync, say } = options;
  const accounts = loadAccounts(options.accounts, scheme, seed);
  const cluster = await openBenchCluster({ fsync, say });
  try {
    const plan = {
      validators,
      accounts: genesisAccounts(accounts),
      shards: SHARDS,
      parameters: { reshardCooldownMs: 0 },
    } as const;
    const network = await startBenchNetwork(cluster, plan, say);
    const { environment } = network;
    const sends = (shard: number) => shard === SHARD;
    const pool = new SignedPool(
      ledgerLoad(environment, { accounts, skew: "uniform", crossShare: 0, sends, seed }),
    );
    const client = new LoadClient(
      ledgerTarget(environment, () => undefined),
      pool,
    );
    await client.start();
    pool.sign(FIRST_TRANSACTIONS);
    await client.first(FIRST_TRANSACTIONS);
    say("first transactions are final");
    pool.endless = true;
    await network.startScaler([
      ...["--capacity", String(RAMP.capacity), "--merge-after", String(MERGE_AFTER_S), "--cooldown", "0"],
      ...["--value-max", "0", "--accounts-max", "1000000000", "--policy", policy],
    ]);
    const follower = new DecisionFollower(environment);
    await steady(client, RAMP, FIRST_FOOT_MS);
    const runs: RampRun[] = [];
    while (runs.length < options.runs) {
      await steady(client, RAMP, FOOT_MS);
      await untilMerged(client, environment);
      await follower.skip();
      const run = await ramp(client, environment, follower);
      runs.push(run);
      const share =
        run.shareWhenDecided === null ? "never" : `at ${Math.round(100 * run.shareWhenDecided)} %`;
      say(
        `ramp ${runs.length}: decided ${share} (${run.rule} ${run.source}), done after ${run.doneMs} ms, 100 % after ${Math.round(run.at100Ms)} ms: ${run.isAhead ? "ahead" : run.isLate ? "late" : "not ahead, in time"}`,
      );
    }
    await client.drain().catch((error: unknown) => say(String(error)));
    const { submissions } = client;
    const report: RampsReport = {
      ...{ scenario: "ramps", validators, accounts: accounts.length, seed, policy, ramp: RAMP, runs },
      ahead: runs.filter(({ isAhead }) => isAhead).length,
      late: runs.filter(({ isLate }) => isLate).length,
      thresholdLate: runs.filter(({ isThresholdLate }) => isThresholdLate).length,
      submitted: submissions.sentCount,
      lost: submissions.pending,
      refused: Object.fromEntries(submissions.refused),
    };
    await follower.close();
    await client.stop();
    await network.stop();
    return report;
  } finally {
    await cluster.stop();
  }
}

/** The ramp's foot, for so long. */
async function steady(client: LoadClient, { capacity, foot }: Ramp, ms: number): Promise<void> {
  await client.pace(capacity * foot, ms);
}

async function untilMerged(client: LoadClient, { topology }: OpenEnvironment): Promise<void> {
  const untilMs = Date.now() + MERGED_BOUND_MS;
  const isOne = () =>
    topology.current.live.every(({ path, isBeginning }) => !path.includes(".") && !isBeginning);
  while (!isOne()) {
    if (Date.now() > untilMs) throw new Error("the halves were not merged");
    await steady(client, RAMP, 1_000);
  }
  // The new shard has to be known to be calm.
  await steady(client, RAMP, 5_000);
}

async function ramp(
  client: LoadClient,
  { topology }: OpenEnvironment,
  follower: DecisionFollower,
): Promise<RampRun> {
  const startMs = Date.now();
  let doneMs: number | null = null;
  const epoch = topology.current.epoch;
  const forget = topology.onChange(() => {
    const begun = topology.current.begunIn(epoch + 1);
    if (begun.length === 2 && begun.every(({ isBeginning }) => !isBeginning)) doneMs ??= Date.now() - startMs;
  });
  const endMs = startMs + risingMs(RAMP) + TOP_MS;
  while (Date.now() < endMs) await client.pace(RAMP.capacity * shareAt(RAMP, Date.now() - startMs), PIECE_MS);
  forget();
  const decision = (await follower.news()).find(({ kind }) => kind === "SPLIT");
  const at80Ms = reachedAfterMs(RAMP, SPLIT_LEVEL);
  const at100Ms = reachedAfterMs(RAMP, 1);
  const decidedMs = decision ? decision.at - startMs : null;
  const splitMs = decidedMs !== null && doneMs !== null ? doneMs - decidedMs : null;
  return {
    at80Ms,
    at100Ms,
    decidedMs,
    rule: decision?.rule ?? "",
    source: decision?.source ?? "",
    model: decision?.model ?? "",
    shareWhenDecided: decidedMs === null ? null : shareAt(RAMP, decidedMs),
    doneMs,
    isLate: doneMs === null || doneMs > at100Ms,
    isAhead: decidedMs !== null && doneMs !== null && decidedMs < at80Ms && doneMs < at100Ms,
    isThresholdLate: splitMs === null || at80Ms + splitMs > at100Ms,
  };
}

/** Reads decisions as they are written. */
class DecisionFollower {
  private readonly reader: PartitionReader;
  private readonly topic: string;
  private next = 0;

  constructor({ kafka, network }: OpenEnvironment) {
    this.reader = new PartitionReader(kafka);
    this.topic = topicOnCluster(network.genesis.network, "scaling.decisions");
  }

  async news(): Promise<ScalingDecision[]> {
    const decisions: ScalingDecision[] = [];
    for await (const records of this.reader.readToEnd("scaling.decisions", this.topic, 0, this.next)) {
      for (const record of records) {
        this.next = record.offset + 1;
        const value = read("ScalingRecord", record)?.record;
        if (value && "rustorium.ScalingDecision" in value) decisions.push(value["rustorium.ScalingDecision"]);
      }
    }
    return decisions;
  }

  async skip(): Promise<void> {
    await this.news();
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
