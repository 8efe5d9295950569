import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { type Latencies, latenciesOf } from "../measure/latencies.js";
import { rounded } from "../measure/numbers.js";
import { residentMiB } from "../measure/processes.js";
import { LoadClient } from "../pipeline/client.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { fullLoad } from "../pipeline/full-load.js";
import { startBenchNetwork } from "../pipeline/network.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";

export interface SoakOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly crossShare: number;
  readonly seed: number;
  readonly minutes: number;
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  readonly say: (line: string) => void;
}

/** One minute of a soak. */
export interface SoakMinute {
  readonly minute: number;
  readonly endedTps: number;
  readonly finalMs: Latencies | null;
  /** Most of the looks in this minute. */
  readonly residentMiB: Record<string, number>;
}

/** A steady load for long: what grows, grows without bound. */
export interface SoakReport {
  readonly scenario: "soak";
  readonly validators: number;
  readonly accounts: number;
  readonly crossShare: number;
  readonly maximumTps: number;
  readonly tps: number;
  readonly minutes: readonly SoakMinute[];
  /** By process: memory in the last fifth of the time over that in the second fifth, when all caches are full. */
  readonly memoryGrowth: Record<string, number>;
  readonly refused: Record<string, number>;
}

/** Share of the maximum. */
const SHARE = 0.7;
const MINUTE_MS = 60_000;
/** Between two looks at memory, in milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** Finds the maximum, then runs at a share of it and looks at memory and latencies minute by minute. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { validators, scheme, crossShare, seed, say } = options;
  const accounts = loadAccounts(options.accounts, scheme, seed);
  const cluster = await openBenchCluster({ fsync: false, say });
  try {
    const network = await startBenchNetwork(
      cluster,
      { validators, accounts: genesisAccounts(accounts) },
      say,
    );
    const { environment, pids } = network;
    const load = { accounts, skew: "uniform" as const, crossShare, seed };
    const pool = new SignedPool(ledgerLoad(environment, load));
    // Signed on the way, at full load too: the steady load pays for it likewise.
    pool.endless = true;
    const client = new LoadClient(ledgerTarget(environment), pool);
    await client.start();
    const { endedTps: maximum } = await fullLoad(client, network, options);
    await client.drain();
    const tps = Math.round(SHARE * maximum);
    say(`${Math.round(maximum)} a second at most; ${options.minutes} minutes at ${tps}`);
    const { submissions } = client;
    const startMs = Date.now();
    const minuteNow = () => Math.floor((Date.now() - startMs) / MINUTE_MS);
    const memory: Record<string, number>[] = [];
    const ended: number[] = [submissions.endedCount];
    const looking = setInterval(() => {
      const minute = minuteNow();
      if (minute >= ended.length) {
        ended.push(submissions.endedCount);
        say(`minute ${minute}: ${JSON.stringify(memory[minute - 1])}`);
      }
      const most = memory[minute] ?? {};
      for (const [name, mib] of Object.entries(residentMiB(pids())))
        most[name] = Math.max(most[name] ?? 0, mib);
      memory[minute] = most;
    }, LOOK_EVERY_MS);
    await client.pace(tps, options.minutes * MINUTE_MS);
    clearInterval(looking);
    await client.drain();
    ended[options.minutes] = submissions.endedCount;
    const minutes = Array.from({ length: options.minutes }, (_, minute): SoakMinute => {
      const fromMs = startMs + minute * MINUTE_MS;
      return {
        minute: minute + 1,
        endedTps: Math.round((1_000 * (ended[minute + 1]! - ended[minute]!)) / MINUTE_MS),
        finalMs: latenciesOf(submissions.latencies("final", fromMs, fromMs + MINUTE_MS)),
        residentMiB: memory[minute] ?? {},
      };
    });
    await client.stop();
    await network.stop();
    return {
      scenario: "soak",
      validators,
      accounts: options.accounts,
      crossShare,
      maximumTps: Math.round(maximum),
      tps,
      minutes,
      memoryGrowth: growth(minutes),
      refused: Object.fromEntries(submissions.refused),
    };
  } finally {
    await cluster.stop();
  }
}

function growth(minutes: readonly SoakMinute[]): Record<string, number> {
  const fifth = Math.max(1, Math.floor(minutes.length / 5));
  const mean = (part: readonly SoakMinute[], name: string) =>
    part.reduce((sum, minute) => sum + (minute.residentMiB[name] ?? 0), 0) / part.length;
  const names = Object.keys(minutes.at(-1)?.residentMiB ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      rounded(mean(minutes.slice(-fifth), name) / mean(minutes.slice(fifth, 2 * fifth), name), 3),
    ]),
  );
}
