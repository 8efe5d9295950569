import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { type Latencies, latenciesOf } from "../measure/latencies.js";
import { rounded } from "../measure/numbers.js";
import { LoadClient, type Stream } from "../pipeline/client.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { fullLoad } from "../pipeline/full-load.js";
import { startBenchNetwork } from "../pipeline/network.js";
import { FIRST_TRANSACTIONS, untilAtWork } from "../pipeline/ready.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";
import { type ZipfShares, zipfShares } from "./shares.js";

export interface HotOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  /** Exponent of Zipf's law. */
  readonly zipf: number;
  readonly seed: number;
  readonly warmUpSeconds: number;
  /** Of each phase. */
  readonly measureSeconds: number;
  readonly say: (line: string) => void;
}

/** Transactions of the other shards while the hottest one is at rest or has more than it can take. */
export interface Phase {
  readonly hot: boolean;
  /** Of the hottest shard, that ended a second. */
  readonly hotTps: number;
  /** Of the other shards, that ended a second. */
  readonly othersTps: number;
  readonly finalMs: Latencies | null;
  readonly hotFinalMs: Latencies | null;
}

export interface HotReport {
  readonly scenario: "hot";
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly zipf: number;
  readonly seed: number;
  readonly shares: ZipfShares;
  /** The whole load by Zipf's law, as much as goes. */
  readonly endedTps: number;
  /** What the other shards are offered in each phase. */
  readonly othersOfferedTps: number;
  readonly phases: readonly Phase[];
  /** Final latency of the other shards beside the hot one, over that without it (mean of the phases around). */
  readonly p50Ratio: number;
  readonly p99Ratio: number;
}

/** The other shards' load, as a share of what the network does in all. */
const OTHERS_SHARE = 0.2;
/** The hottest shard's transactions in flight, in seconds of what the network does in all: it always has more than it can take. */
const HOT_IN_FLIGHT_SECONDS = 3;
/** The first of them come all at once; this is left out, in milliseconds. */
const SETTLE_MS = 6_000;
const HOT: Stream["number"] = 1;
/** Without, with, without, …: what the machine does meanwhile falls on both. */
const PHASES = [false, true, false, true, false] as const;

/** Measures the other shards' latency side by side: alone, and beside a shard that is offered more than it can take. */
export async function runHot(options: HotOptions): Promise<HotReport> {
  const { validators, scheme, accounts: count, zipf, seed, measureSeconds, say } = options;
  const accounts = loadAccounts(count, scheme, seed);
  const cluster = await openBenchCluster({ fsync: false, say });
  try {
    const network = await startBenchNetwork(
      cluster,
      { validators, accounts: genesisAccounts(accounts) },
      say,
    );
    const { environment } = network;
    const { topology } = environment.network;
    const shares = zipfShares(
      accounts.map(({ id }) => topology.shardOf(id)),
      zipf,
    );
    const load = { accounts, skew: { zipf }, crossShare: 0, seed };
    const others = new SignedPool(
      ledgerLoad(environment, { ...load, sends: (shard) => shard !== shares.shard }),
    );
    const hot = new SignedPool(
      ledgerLoad(environment, { ...load, sends: (shard) => shard === shares.shard }),
    );
    const all = new InTurn(others, hot, shares.hottestShard);
    const client = new LoadClient(ledgerTarget(environment), all);
    await client.start();
    all.sign(FIRST_TRANSACTIONS);
    await untilAtWork(network, client, say);
    all.endless = true;
    const full = await fullLoad(client, network, options);
    await client.drain();
    const othersTps = Math.round(full.endedTps * OTHERS_SHARE);
    const inFlight = Math.ceil(full.endedTps * HOT_IN_FLIGHT_SECONDS);
    say(`${Math.round(full.endedTps)} a second in all; ${othersTps} a second to the others from now on`);
    const phases: Phase[] = [];
    for (const isHot of PHASES) {
      others.sign(Math.ceil((othersTps * (SETTLE_MS + measureSeconds * 1_000)) / 1_000));
      if (isHot) hot.sign(Math.ceil(full.endedTps * (SETTLE_MS / 1_000 + measureSeconds) + inFlight));
      phases.push(
        await phase(client, others, isHot ? { hot, inFlight } : undefined, othersTps, measureSeconds * 1_000),
      );
      others.giveBack();
      hot.giveBack();
      const { finalMs, hotTps } = phases.at(-1)!;
      say(
        `${isHot ? `beside ${hotTps} a second` : "alone"}: final p50 ${finalMs?.p50}, p99 ${finalMs?.p99} ms`,
      );
    }
    const { refused } = client.submissions;
    if (refused.size > 0) throw new Error(`refused: ${JSON.stringify(Object.fromEntries(refused))}`);
    await client.stop();
    await network.stop();
    const mean = (isHot: boolean, of: "p50" | "p99") => {
      const values = phases.filter(({ hot: own }) => own === isHot).map(({ finalMs }) => finalMs?.[of] ?? 0);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const ratio = (of: "p50" | "p99") => rounded(mean(true, of) / mean(false, of), 2);
    return {
      scenario: "hot",
      validators,
      scheme,
      accounts: count,
      zipf,
      seed,
      shares,
      endedTps: Math.round(full.endedTps),
      othersOfferedTps: othersTps,
      phases,
      p50Ratio: ratio("p50"),
      p99Ratio: ratio("p99"),
    };
  } finally {
    await cluster.stop();
  }
}

async function phase(
  client: LoadClient,
  others: SignedPool,
  beside: { readonly hot: SignedPool; readonly inFlight: number } | undefined,
  othersTps: number,
  lengthMs: number,
): Promise<Phase> {
  const { submissions } = client;
  const startMs = Date.now();
  const fromMs = startMs + SETTLE_MS;
  const untilMs = fromMs + lengthMs;
  let before: number[] = [];
  let after: number[] = [];
  const look = () => [submissions.endedCountOf(0), submissions.endedCountOf(HOT)];
  const marks = [
    setTimeout(() => {
      before = look();
    }, SETTLE_MS),
    setTimeout(() => {
      after = look();
    }, SETTLE_MS + lengthMs),
  ];
  const runs = [client.pace(othersTps, SETTLE_MS + lengthMs, { number: 0, source: others })];
  if (beside) runs.push(client.saturate(beside.inFlight, untilMs, { number: HOT, source: beside.hot }));
  await Promise.all(runs).finally(() => {
    if (Date.now() < untilMs) for (const mark of marks) clearTimeout(mark);
  });
  await client.drain();
  const rate = (stream: number) =>
    Math.round(((after[stream] ?? 0) - (before[stream] ?? 0)) / (lengthMs / 1_000));
  const latencies = (stream: Stream["number"]) =>
    latenciesOf(submissions.latencies("final", fromMs, untilMs, stream));
  return {
    hot: beside !== undefined,
    hotTps: rate(HOT),
    othersTps: rate(0),
    finalMs: latencies(0),
    hotFinalMs: latencies(HOT),
  };
}

/** Both loads mixed as the law has them, for the measurement of all together. */
class InTurn {
  private owed = 0;

  constructor(
    private readonly others: SignedPool,
    private readonly hot: SignedPool,
    private readonly hotShare: number,
  ) {}

  set endless(isEndless: boolean) {
    this.others.endless = isEndless;
    this.hot.endless = isEndless;
  }

  sign(count: number): void {
    this.others.sign(count);
    this.hot.sign(count);
  }

  take(count: number) {
    this.owed += count * this.hotShare;
    const hot = Math.floor(this.owed);
    this.owed -= hot;
    return [...this.hot.take(hot), ...this.others.take(count - hot)];
  }
}
