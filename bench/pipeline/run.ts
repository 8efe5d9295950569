import { signatureLimitTps } from "../../runtime/session/signature-rate.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import type { Skew } from "../load/load.js";
import { SignedPool } from "../load/source.js";
import { type Latencies, latenciesOf } from "../measure/latencies.js";
import { medianOf, rounded, roundedRecord } from "../measure/numbers.js";
import { residentMiB } from "../measure/processes.js";
import { signatureRate } from "../measure/signature-rate.js";
import { topicBytes } from "../measure/topic-bytes.js";
import { LoadClient } from "./client.js";
import { openBenchCluster } from "./cluster.js";
import { fullLoad } from "./full-load.js";
import { BENCH_NETWORK, type ShardCount, startBenchNetwork } from "./network.js";
import { FIRST_TRANSACTIONS, untilAtWork } from "./ready.js";
import { ledgerLoad, ledgerTarget } from "./target.js";

/** A run of the whole pipeline. */
export interface PipelineOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly skew: Skew;
  readonly crossShare: number;
  /** Besides the main chain. Default: as `npm start` has. */
  readonly shards?: ShardCount;
  readonly seed: number;
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  /** Length of each run at a share of the maximum; 0: none. */
  readonly latencySeconds: number;
  /** The broker calls fsync for each batch before it acknowledges; without it as in `npm start`: never by itself. */
  readonly fsync: boolean;
  /** Where to put CPU profiles of all Node processes, and flame graphs of them; undefined: none are made. */
  readonly profileDirectory?: string | undefined;
  readonly say: (line: string) => void;
}

/** Latencies at a share of the maximum. */
export interface AtLoad {
  readonly share: number;
  readonly tps: number;
  readonly preconfirmMs: Latencies | null;
  readonly finalMs: Latencies | null;
  readonly completeMs: Latencies | null;
}

/** What a run of the pipeline measured. */
export interface PipelineReport {
  readonly scenario: "pipeline";
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
  readonly fsync: boolean;
  /** Transactions a second that became final, and that ended (completed across shards), at full load. */
  readonly finalTps: number;
  readonly endedTps: number;
  readonly checksPerSecond: number;
  readonly signatureLimitTps: number;
  /** `endedTps` over that. */
  readonly ratioToSignatureLimit: number;
  /** At half of the maximum. */
  readonly preconfirmMs: Latencies | null;
  readonly finalMs: Latencies | null;
  readonly latencies: readonly AtLoad[];
  /** Of each process, at full load, per 1,000 transactions that ended. */
  readonly cpuSecondsPer1000: Record<string, number>;
  /**
   * Wall time of what the stages' processes do, at full load, per 1,000 transactions: each stage's steps, the threads that
   * check signatures, the main threads' collections of garbage. Longer than CPU time where threads wait for a core.
   */
  readonly busySecondsPer1000: Record<string, number>;
  readonly bytesPerTransaction: Record<string, number>;
  /** Resident memory of each process after all of it. */
  readonly residentMiB: Record<string, number>;
  readonly submitted: number;
  readonly refused: Record<string, number>;
}

/** The load's share of the signature limit that is signed beforehand: nothing gets beyond it. */
const LIMIT_SHARE_MAX = 1;
const LATENCY_SHARES = [0.25, 0.5, 0.75] as const;
/** Until a changed rate shows in what ends, in milliseconds. */
const SETTLE_MS = 3_000;

/** Starts a network, warms it up, measures it at full load and at shares of it, and checks that everything ended well. */
export async function runPipeline(options: PipelineOptions): Promise<PipelineReport> {
  const { validators, scheme, accounts: count, skew, crossShare, seed, fsync, say } = options;
  say(`making ${count} accounts`);
  const accounts = loadAccounts(count, scheme, seed);
  const rates = [signatureRate(scheme)];
  const limitNow = () => signatureLimitTps(medianOf(rates), validators);
  const cluster = await openBenchCluster({ fsync, say });
  try {
    const plan = {
      validators,
      accounts: genesisAccounts(accounts),
      profileDirectory: options.profileDirectory,
      shards: options.shards,
    };
    const network = await startBenchNetwork(cluster, plan, say);
    const { environment } = network;
    const load = { accounts, skew, crossShare, seed };
    const pool = new SignedPool(ledgerLoad(environment, load));
    const sign = (number: number) => {
      say(`signing ${number} transactions`);
      pool.sign(number);
    };
    const client = new LoadClient(ledgerTarget(environment), pool);
    await client.start();
    const { warmUpSeconds, measureSeconds } = options;

    sign(FIRST_TRANSACTIONS);
    await untilAtWork(network, client, say);
    sign(Math.ceil(limitNow() * LIMIT_SHARE_MAX * (warmUpSeconds + measureSeconds)));
    const full = await fullLoad(client, network, options);
    pool.giveBack();
    await client.drain();
    rates.push(signatureRate(scheme));
    const limit = limitNow();
    say(`${Math.round(full.endedTps)} a second of ${Math.round(limit)}`);

    const latencies: AtLoad[] = [];
    for (const share of options.latencySeconds > 0 ? LATENCY_SHARES : []) {
      const tps = Math.round(full.endedTps * share);
      sign(Math.ceil((tps * (options.latencySeconds * 1_000 + SETTLE_MS)) / 1_000));
      latencies.push(await atLoad(client, share, tps, options.latencySeconds * 1_000));
      pool.giveBack();
    }
    rates.push(signatureRate(scheme));
    const atHalf = latencies.find(({ share }) => share === 0.5);
    const { submissions } = client;
    const bytes = topicBytes(cluster.brokerLogDirectory, BENCH_NETWORK);
    const resident = residentMiB(network.pids());
    await client.stop();
    await network.stop();
    return {
      scenario: "pipeline",
      validators,
      scheme,
      accounts: count,
      skew,
      crossShare,
      seed,
      fsync,
      finalTps: Math.round(full.finalTps),
      endedTps: Math.round(full.endedTps),
      checksPerSecond: Math.round(medianOf(rates)),
      signatureLimitTps: Math.round(limitNow()),
      ratioToSignatureLimit: rounded(full.endedTps / limitNow(), 3),
      preconfirmMs: atHalf?.preconfirmMs ?? null,
      finalMs: atHalf?.finalMs ?? null,
      latencies,
      cpuSecondsPer1000: roundedRecord(full.cpuSecondsPer1000, 4),
      busySecondsPer1000: roundedRecord(full.busySecondsPer1000, 4),
      bytesPerTransaction: roundedRecord(
        new Map(Array.from(bytes, ([topic, value]) => [topic, value / submissions.endedCount])),
        0,
      ),
      residentMiB: resident,
      submitted: submissions.sentCount,
      refused: Object.fromEntries(submissions.refused),
    };
  } finally {
    await cluster.stop();
  }
}

async function atLoad(client: LoadClient, share: number, tps: number, lengthMs: number): Promise<AtLoad> {
  const startMs = Date.now();
  await client.pace(tps, SETTLE_MS + lengthMs);
  await client.drain();
  const of = (reached: "preconfirmed" | "final" | "completed") =>
    latenciesOf(client.submissions.latencies(reached, startMs + SETTLE_MS, startMs + SETTLE_MS + lengthMs));
  return {
    share,
    tps,
    preconfirmMs: of("preconfirmed"),
    finalMs: of("final"),
    completeMs: of("completed"),
  };
}
