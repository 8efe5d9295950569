import { pause } from "../../runtime/embedded/time.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { rounded } from "../measure/numbers.js";
import { LoadClient } from "../pipeline/client.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { FULL_LOAD_IN_FLIGHT } from "../pipeline/full-load.js";
import { startBenchNetwork } from "../pipeline/network.js";
import { FIRST_TRANSACTIONS } from "../pipeline/ready.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";
import { type MeasuredShard, Measures } from "./measures.js";

export interface CapacityOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly seed: number;
  readonly warmUpSeconds: number;
  /** Of each load, after it settled. */
  readonly measureSeconds: number;
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

/** A shard at a load. */
export interface LoadedShard extends MeasuredShard {
  /** Of the shard's throughput when it is saturated; null: it is. */
  readonly share: number | null;
  /** Transactions a second that ended, as the client saw it. */
  readonly endedTps: number;
}

/** The capacity that is measured of a shard, beside what it reaches when it is saturated. */
export interface CapacityReport {
  readonly scenario: "capacity";
  readonly validators: number;
  readonly accounts: number;
  readonly seed: number;
  /** Mean of the measurements before and after the others. */
  readonly saturatedTps: number;
  readonly loads: readonly (LoadedShard & {
    readonly lawOverSaturated: number;
    readonly saidOverSaturated: number;
  })[];
  readonly submitted: number;
  readonly refused: Record<string, number>;
}

const SHARDS = 2;
/** The shard whose accounts send. */
const SHARD = 1;
const SHARES = [0.4, 0.6] as const;
/** What is measured is averaged over ten seconds: so long a load goes on before it counts, in milliseconds. */
const SETTLE_MS = 20_000;
/** A load that any network bears, and for how long, in milliseconds. */
const CALM_TPS = 100;
const CALM_MS = 8_000;
/** It only measures. */
const SCALER = ["--dry-run", "--train-every", "0"];

/** Measures a shard's capacity at parts of its load, and how much it really takes. */
export async function runCapacity(options: CapacityOptions): Promise<CapacityReport> {
  const { validators, scheme, seed, fsync, say, measureSeconds } = options;
  const accounts = loadAccounts(options.accounts, scheme, seed);
  const cluster = await openBenchCluster({ fsync, say });
  try {
    const plan = { validators, accounts: genesisAccounts(accounts), shards: SHARDS } as const;
    const network = await startBenchNetwork(cluster, plan, say);
    const { environment } = network;
    const sends = (shard: number) => shard === SHARD;
    const load = { accounts, skew: "uniform", crossShare: 0, sends, seed } as const;
    const pool = new SignedPool(ledgerLoad(environment, load));
    const client = new LoadClient(ledgerTarget(environment), pool);
    await client.start();
    pool.sign(FIRST_TRANSACTIONS);
    await client.first(FIRST_TRANSACTIONS);
    pool.endless = true;
    await network.startScaler(SCALER);
    // A task that never caught up since it began doesn't say for a minute what it works.
    await client.pace(CALM_TPS, CALM_MS);
    const measures = new Measures(environment, SHARD);
    const measured = async (share: number | null, perSecond: number, settleMs: number) => {
      const allMs = settleMs + 1_000 * measureSeconds;
      const running =
        share === null
          ? client.saturate(FULL_LOAD_IN_FLIGHT, Date.now() + allMs)
          : client.pace(perSecond * share, allMs);
      await pause(settleMs);
      await measures.law();
      const before = { atMs: Date.now(), ended: client.submissions.endedCount };
      await pause(1_000 * measureSeconds - LEFT_MS);
      const seconds = (Date.now() - before.atMs) / 1_000;
      const endedTps = Math.round((client.submissions.endedCount - before.ended) / seconds);
      const one = { share, endedTps, ...(await measures.law()) };
      await running;
      pool.giveBack();
      await client.drain();
      say(
        `${share ?? "full"}: ${endedTps} a second, work ${one.work} in ${one.bottleneck}, law ${one.lawTps}, said ${one.saidTps}`,
      );
      return one;
    };
    const first = await measured(null, 0, 1_000 * options.warmUpSeconds);
    const loads: LoadedShard[] = [first];
    for (const share of SHARES) loads.push(await measured(share, first.endedTps, SETTLE_MS));
    const last = await measured(null, 0, SETTLE_MS);
    loads.push(last);
    const saturatedTps = Math.round((first.endedTps + last.endedTps) / 2);
    const { submissions } = client;
    const report: CapacityReport = {
      ...{ scenario: "capacity", validators, accounts: accounts.length, seed, saturatedTps },
      loads: loads.map((one) => ({
        ...one,
        lawOverSaturated: rounded(one.lawTps / saturatedTps, 3),
        saidOverSaturated: rounded(one.saidTps / saturatedTps, 3),
      })),
      submitted: submissions.sentCount,
      refused: Object.fromEntries(submissions.refused),
    };
    await measures.close();
    await client.stop();
    await network.stop();
    return report;
  } finally {
    await cluster.stop();
  }
}

/** The measurement ends so long before its load, in milliseconds. */
const LEFT_MS = 500;
