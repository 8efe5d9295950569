import type { ProcessUsage } from "../../runtime/process/usage.js";
import { signatureLimitTps } from "../../runtime/session/signature-rate.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { LoadGenerator, type LoadTransaction, type Skew } from "../load/load.js";
import { type Latencies, latenciesOf } from "../measure/latencies.js";
import { cpuBetween, type ProcessUse, usesOf } from "../measure/processes.js";
import { signatureRate } from "../measure/signature-rate.js";
import { topicBytes } from "../measure/topic-bytes.js";
import { LoadClient } from "./client.js";
import { BENCH_CHAIN_ID, BENCH_NETWORK, type BenchNetwork, startBenchNetwork } from "./network.js";

/** A run of the whole pipeline. */
export interface PipelineOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  /** Length of each run at a share of the maximum; 0: none. */
  readonly latencySeconds: number;
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

/** Transactions in flight at full load: enough that no stage ever waits for more. */
const IN_FLIGHT = 12_000;
/** The load's share of the signature limit that is signed beforehand: nothing gets beyond it. */
const LIMIT_SHARE_MAX = 1;
const LATENCY_SHARES = [0.25, 0.5, 0.75] as const;
/** Until a changed rate shows in what ends, in milliseconds. */
const SETTLE_MS = 3_000;
const MIB = 1_024 * 1_024;

/** Starts a network, warms it up, measures it at full load and at shares of it, and checks that everything ended well. */
export async function runPipeline(options: PipelineOptions): Promise<PipelineReport> {
  const { validators, scheme, accounts: count, skew, crossShare, seed, say } = options;
  say(`making ${count} accounts`);
  const accounts = loadAccounts(count, scheme, seed);
  const rates = [signatureRate(scheme)];
  const limitNow = () => signatureLimitTps(medianOf(rates), validators);
  const network = await startBenchNetwork({ validators, accounts: genesisAccounts(accounts), say });
  const { environment } = network;
  try {
    const load = { chainId: BENCH_CHAIN_ID, accounts, skew, crossShare, seed };
    const schemaId = environment.schemaIds.get("transactions")!;
    const generator = new LoadGenerator(load, environment.network.topology, schemaId);
    const pool: LoadTransaction[] = [];
    const sign = (number: number) => {
      say(`signing ${number} transactions`);
      // The client takes from the end, so what is made goes in reversed: a sender's nonces must come in order.
      pool.length = 0;
      for (let index = 0; index < number; index++) pool.push(generator.next());
      pool.reverse();
    };
    const client = new LoadClient(environment, pool);
    await client.start();

    sign(Math.ceil(limitNow() * LIMIT_SHARE_MAX * (options.warmUpSeconds + options.measureSeconds)));
    const full = await fullLoad(client, network, options);
    await leave(client, pool, generator);
    rates.push(signatureRate(scheme));
    const limit = limitNow();
    say(`${Math.round(full.endedTps)} a second of ${Math.round(limit)}`);

    const latencies: AtLoad[] = [];
    for (const share of options.latencySeconds > 0 ? LATENCY_SHARES : []) {
      const tps = Math.round(full.endedTps * share);
      sign(Math.ceil((tps * (options.latencySeconds * 1_000 + SETTLE_MS)) / 1_000));
      latencies.push(await atLoad(client, share, tps, options.latencySeconds * 1_000));
      await leave(client, pool, generator);
    }
    rates.push(signatureRate(scheme));
    const atHalf = latencies.find(({ share }) => share === 0.5);
    const { submissions } = client;
    const bytes = topicBytes(network.brokerLogDirectory, BENCH_NETWORK);
    const resident = usesOf(network.system.pids());
    await client.stop();
    return {
      scenario: "pipeline",
      validators,
      scheme,
      accounts: count,
      skew,
      crossShare,
      seed,
      finalTps: Math.round(full.finalTps),
      endedTps: Math.round(full.endedTps),
      checksPerSecond: Math.round(medianOf(rates)),
      signatureLimitTps: Math.round(limitNow()),
      ratioToSignatureLimit: rounded(full.endedTps / limitNow(), 3),
      preconfirmMs: atHalf?.preconfirmMs ?? null,
      finalMs: atHalf?.finalMs ?? null,
      latencies,
      cpuSecondsPer1000: record(full.cpuSecondsPer1000, (value) => rounded(value, 4)),
      busySecondsPer1000: record(full.busySecondsPer1000, (value) => rounded(value, 4)),
      bytesPerTransaction: record(bytes, (value) => Math.round(value / submissions.endedCount)),
      residentMiB: record(resident, ({ residentBytes }) => Math.round(residentBytes / MIB)),
      submitted: submissions.sentCount,
      refused: Object.fromEntries(submissions.refused),
    };
  } finally {
    await network.stop();
  }
}

async function fullLoad(client: LoadClient, network: BenchNetwork, options: PipelineOptions) {
  const { say, warmUpSeconds, measureSeconds } = options;
  const { submissions } = client;
  const processes = () => new Map([...network.system.pids(), ["client", process.pid] as const]);
  say(`full load: ${warmUpSeconds} s of warm-up, then ${measureSeconds} s measured`);
  const startMs = Date.now();
  const look = (): Look => ({
    atMs: Date.now(),
    final: submissions.finalCount,
    ended: submissions.endedCount,
    uses: usesOf(processes()),
    usages: network.system.usages(),
  });
  let from: Look | undefined;
  let until: Look | undefined;
  const progress = setInterval(() => {
    say(`sent ${submissions.sentCount}, final ${submissions.finalCount}, ended ${submissions.endedCount}`);
  }, 5_000);
  const marks = [
    setTimeout(() => {
      from = look();
    }, warmUpSeconds * 1_000),
    setTimeout(
      () => {
        until = look();
      },
      (warmUpSeconds + measureSeconds) * 1_000,
    ),
  ];
  try {
    await client.saturate(IN_FLIGHT, startMs + (warmUpSeconds + measureSeconds) * 1_000 + TAIL_MS);
  } finally {
    clearInterval(progress);
    for (const mark of marks) clearTimeout(mark);
  }
  if (!from) throw new Error("the load was over before the warm-up was");
  until ??= look();
  const seconds = (until.atMs - from.atMs) / 1_000;
  const ended = until.ended - from.ended;
  return {
    finalTps: (until.final - from.final) / seconds,
    endedTps: ended / seconds,
    cpuSecondsPer1000: new Map(
      [...cpuBetween(from.uses, until.uses)].map(([name, spent]) => [name, (1_000 * spent) / ended]),
    ),
    busySecondsPer1000: new Map(
      [...busyBetween(await from.usages, await until.usages)].map(([name, ms]) => [name, ms / ended]),
    ),
  };
}

/** What stages' steps, signature threads and collections of garbage took between two looks, in milliseconds. */
function busyBetween(
  before: ReadonlyMap<string, ProcessUsage>,
  after: ReadonlyMap<string, ProcessUsage>,
): Map<string, number> {
  const busy = new Map<string, number>();
  const add = (name: string, ms: number) => busy.set(name, (busy.get(name) ?? 0) + ms);
  for (const [process, usage] of after) {
    const earlier = before.get(process);
    if (!earlier) continue;
    for (const [stage, ms] of Object.entries(usage.stepMs)) add(stage, ms - (earlier.stepMs[stage] ?? 0));
    add("signature threads", usage.signatureMs - earlier.signatureMs);
    add("garbage", usage.garbageMs - earlier.garbageMs);
  }
  return busy;
}

interface Look {
  readonly atMs: number;
  readonly final: number;
  readonly ended: number;
  readonly uses: Map<string, ProcessUse>;
  readonly usages: Promise<Map<string, ProcessUsage>>;
}

/** The load goes on a little beyond the measurement, so that its end isn't in it. */
const TAIL_MS = 500;

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

/** Lets everything end; what was signed and not sent is forgotten. */
async function leave(client: LoadClient, pool: LoadTransaction[], generator: LoadGenerator): Promise<void> {
  generator.takeBack(pool);
  pool.length = 0;
  await client.drain();
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function record<T>(map: ReadonlyMap<string, T>, by: (value: T) => number): Record<string, number> {
  return Object.fromEntries([...map].map(([name, value]) => [name, by(value)]));
}
