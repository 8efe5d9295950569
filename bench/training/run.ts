import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REMEMBERED_S } from "../../ml/scaling/load-history.js";
import { pause } from "../../runtime/embedded/time.js";
import { TRAIN_EVERY_MS, TRAINING_ENDS } from "../../runtime/scaling/training.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { rounded } from "../measure/numbers.js";
import { processUse } from "../measure/processes.js";
import { LoadClient } from "../pipeline/client.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { FULL_LOAD_IN_FLIGHT, fullLoad } from "../pipeline/full-load.js";
import { BENCH_NETWORK, startBenchNetwork } from "../pipeline/network.js";
import { FIRST_TRANSACTIONS, untilAtWork } from "../pipeline/ready.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";
import { type Compared, compared, MODES, type Mode, Scalers, type Span } from "./modes.js";
import { writePast } from "./past.js";

export interface TrainingOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly rounds: number;
  readonly seed: number;
  readonly warmUpSeconds: number;
  /** Of each mode in each round. */
  readonly spanSeconds: number;
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

/** What a scaler that trains takes of the stages' throughput at full load. */
export interface TrainingReport {
  readonly scenario: "training";
  readonly validators: number;
  readonly accounts: number;
  readonly seed: number;
  /** Made-up history of each shard that is learned from. */
  readonly historySeconds: number;
  readonly spanSeconds: number;
  readonly spans: readonly Span[];
  /** What a training takes: processor time, and, by the share of it that the scaler gets beside full load, time. */
  readonly trainingCpuSeconds: number;
  readonly trainingSeconds: number;
  readonly trainingBesideIdle: Compared;
  readonly trainingBesideNone: Compared;
  readonly idleBesideNone: Compared;
  /** Share of the throughput that trainings take over a whole cycle of training and waiting. */
  readonly lostOfCycle: number;
  readonly submitted: number;
  readonly refused: Record<string, number>;
}

/** After a mode begins nothing is measured for so long, in milliseconds. */
const SETTLE_MS = 1_500;
/** Beyond what is expected so much is signed beforehand. */
const SIGNED_FACTOR = 1.15;
/** A scaler that starts has read its past, and trains, after so long, in milliseconds. */
const STARTED_MS = 18_000;
/** The load goes on so long after what is measured, in milliseconds. */
const TAIL_MS = 2_000;
/** Two trainings end by then, without load; looked at so often; in milliseconds. */
const TRAININGS_BOUND_MS = 90_000;
const LOOK_MS = 100;
/** Less than this share of a core isn't told from none. */
const CORES_MIN = 0.01;
/** Trainings' ends are told in the log. */
const DRY = ["--log-level", "info", "--dry-run", "--train-every"];
/** A pause between trainings that is none, in seconds. */
const NO_PAUSE_S = "0.001";

/** Runs the pipeline at full load beside no scaler, one that is idle and one that trains, in turn. */
export async function runTraining(options: TrainingOptions): Promise<TrainingReport> {
  const { validators, scheme, seed, fsync, rounds, spanSeconds, say } = options;
  const accounts = loadAccounts(options.accounts, scheme, seed);
  const cluster = await openBenchCluster({ fsync, say });
  try {
    const plan = { validators, accounts: genesisAccounts(accounts) };
    const network = await startBenchNetwork(cluster, plan, say);
    const { environment } = network;
    const pool = new SignedPool(ledgerLoad(environment, { accounts, skew: "uniform", crossShare: 0, seed }));
    const client = new LoadClient(ledgerTarget(environment), pool);
    await client.start();
    pool.sign(FIRST_TRANSACTIONS);
    await untilAtWork(network, client, say);
    await writePast(environment, REMEMBERED_S, seed);
    pool.endless = true;
    const warm = await fullLoad(client, network, { ...options, measureSeconds: 5 });
    await client.drain();
    const spanMs = rounds * MODES.length * (SETTLE_MS + 1_000 * spanSeconds);
    const wanted = Math.ceil((SIGNED_FACTOR * warm.endedTps * (spanMs + STARTED_MS)) / 1_000);
    say(`${Math.round(warm.endedTps)} a second; signing ${wanted}`);
    pool.sign(wanted);
    await network.startScaler([...DRY, "0"], "scaler idle");
    await network.startScaler([...DRY, NO_PAUSE_S], "scaler training");
    const pidOf = (name: string) => network.pids().get(name)!;
    const pids = { idle: pidOf("scaler idle"), training: pidOf("scaler training") };
    const scalers = new Scalers(pids.idle, pids.training);

    const load = client.saturate(FULL_LOAD_IN_FLIGHT, Date.now() + STARTED_MS + spanMs + TAIL_MS);
    await pause(STARTED_MS);
    const spans: Span[] = [];
    for (let round = 0; round < rounds; round++) {
      // Turned round once, so that what comes after what counts for none; not oftener, so that none stands still for long.
      for (const mode of 2 * round < rounds ? MODES : [...MODES].reverse()) {
        scalers.turnTo(mode);
        await pause(SETTLE_MS);
        const span = await measured(client, mode === "none" ? undefined : pids[mode], 1_000 * spanSeconds);
        spans.push({ round, mode, ...span });
        say(`round ${round + 1}, ${mode}: ${span.endedTps} a second, scaler ${span.scalerCores} cores`);
      }
    }
    scalers.release();
    await load;
    pool.giveBack();
    await client.drain();
    const trainingCpuSeconds = await cpuOfTraining(
      join(cluster.directory, BENCH_NETWORK, "logs"),
      pids.training,
    );
    const cores = (mode: Mode) =>
      spans.reduce((sum, one) => sum + (one.mode === mode ? one.scalerCores / rounds : 0), 0);
    const trainingSeconds = trainingCpuSeconds / Math.max(CORES_MIN, cores("training") - cores("idle"));
    const besideIdle = compared(spans, "training", "idle");
    const { submissions } = client;
    const report: TrainingReport = {
      ...{ scenario: "training", validators, accounts: accounts.length, seed },
      ...{ historySeconds: REMEMBERED_S, spanSeconds, spans },
      trainingCpuSeconds: rounded(trainingCpuSeconds, 1),
      trainingSeconds: rounded(trainingSeconds, 1),
      trainingBesideIdle: besideIdle,
      trainingBesideNone: compared(spans, "training", "none"),
      idleBesideNone: compared(spans, "idle", "none"),
      lostOfCycle: rounded(
        (Math.max(0, 1 - besideIdle.ratio) * trainingSeconds) / (trainingSeconds + TRAIN_EVERY_MS / 1_000),
        4,
      ),
      submitted: submissions.sentCount,
      refused: Object.fromEntries(submissions.refused),
    };
    await client.stop();
    await network.stop();
    return report;
  } finally {
    await cluster.stop();
  }
}

async function measured(
  { submissions }: LoadClient,
  pid: number | undefined,
  ms: number,
): Promise<Pick<Span, "endedTps" | "scalerCores">> {
  const cpu = () => {
    const use = pid === undefined ? { cpuSeconds: 0 } : processUse(pid);
    if (!use) throw new Error("the scaler ended");
    return use.cpuSeconds;
  };
  const before = { atMs: Date.now(), ended: submissions.endedCount, cpu: cpu() };
  await pause(ms);
  const seconds = (Date.now() - before.atMs) / 1_000;
  return {
    endedTps: Math.round((submissions.endedCount - before.ended) / seconds),
    scalerCores: rounded((cpu() - before.cpu) / seconds, 3),
  };
}

/** Processor time from one training's end to the next one's, with nothing else to do; in seconds. */
async function cpuOfTraining(logDirectory: string, pid: number): Promise<number> {
  const untilMs = Date.now() + TRAININGS_BOUND_MS;
  const nextEnd = async () => {
    const before = trainingsIn(logDirectory, pid);
    while (trainingsIn(logDirectory, pid) === before) {
      if (Date.now() > untilMs) throw new Error("no training ended");
      await pause(LOOK_MS);
    }
    return processUse(pid)?.cpuSeconds ?? Number.NaN;
  };
  const first = await nextEnd();
  return (await nextEnd()) - first;
}

/** Trainings that a scaler's log tells the end of. */
function trainingsIn(directory: string, pid: number): number {
  return readdirSync(directory)
    .filter((file) => file.startsWith(`scale-${pid}.`))
    .flatMap((file) => readFileSync(join(directory, file), "utf8").split("\n"))
    .filter((line) => line.includes(TRAINING_ENDS)).length;
}
