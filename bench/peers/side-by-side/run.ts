import { loadAccounts } from "../../load/accounts.js";
import type { Skew } from "../../load/load.js";
import { SignedPool } from "../../load/source.js";
import { type Latencies, latenciesOf } from "../../measure/latencies.js";
import { medianOf, rounded, roundedRecord } from "../../measure/numbers.js";
import { signatureRate } from "../../measure/signature-rate.js";
import { LoadClient } from "../../pipeline/client.js";
import { openBenchCluster } from "../../pipeline/cluster.js";
import { fullLoad } from "../../pipeline/full-load.js";
import { type CommonLoad, type ContenderName, PARTITIONS, startContender } from "./contender.js";

export interface PeersOptions {
  readonly accounts: number;
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  readonly latencySeconds: number;
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

/** One contender in one round. */
export interface PeerRound {
  readonly endedTps: number;
  /** Of each process, per 1,000 transactions. */
  readonly cpuSecondsPer1000: Record<string, number>;
  /** At half of our own maximum, alike for all: from when a transaction was due until its last status was read. */
  readonly atTps: number;
  readonly endedMs: Latencies | null;
}

/** Both systems on one broker, one after another, round by round; so a slow minute of the machine hurts all. */
export interface PeersReport {
  readonly scenario: "peers";
  readonly accounts: number;
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
  readonly partitions: number;
  readonly fsync: boolean;
  readonly checksPerSecond: number;
  readonly rounds: Readonly<Record<ContenderName, readonly PeerRound[]>>;
  /** Median of the rounds; of two: the better. */
  readonly endedTps: Readonly<Record<ContenderName, number>>;
  /** Ours over each. */
  readonly ratio: Readonly<Record<ContenderName, number>>;
}

const ROUNDS = 2;
/** With the most that each could do on two cores; so many are signed. */
const CONTENDERS: readonly (readonly [ContenderName, tpsMax: number])[] = [
  ["rustorium solo", 15_000],
  ["kafka streams, bouncycastle", 22_000],
  ["kafka streams, fastest", 36_000],
];
/** Enough for the fastest one with two commits on a transaction's way. */
const IN_FLIGHT = 24_000;
/** Until a changed rate shows in what ends, in milliseconds. */
const SETTLE_MS = 3_000;

/** Measures the peers beside our `solo` mode: same broker, client, accounts, amounts, partitions and cross share. */
export async function runPeers(options: PeersOptions): Promise<PeersReport> {
  const { skew, crossShare, seed, fsync, say } = options;
  say(`making ${options.accounts} accounts`);
  const accounts = loadAccounts(options.accounts, "ed25519", seed);
  const load: CommonLoad = { accounts, skew, crossShare, seed };
  const rounds: Record<ContenderName, PeerRound[]> = {
    "rustorium solo": [],
    "kafka streams, bouncycastle": [],
    "kafka streams, fastest": [],
  };
  const rates = [signatureRate("ed25519")];
  const cluster = await openBenchCluster({ fsync, say });
  try {
    let commonTps: number | undefined;
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [name, tpsMax] of CONTENDERS) {
        say(`round ${round} of ${ROUNDS}: ${name}`);
        const contender = await startContender(name, round, cluster, load, say);
        const pool = new SignedPool(contender.generator);
        const client = new LoadClient(contender.target, pool);
        await client.start();
        const { warmUpSeconds, measureSeconds, latencySeconds } = options;
        pool.sign(tpsMax * (warmUpSeconds + measureSeconds));
        const full = await fullLoad(client, contender, options, IN_FLIGHT);
        pool.giveBack();
        await client.drain();
        commonTps ??= Math.round(full.endedTps / 2);
        pool.sign(Math.ceil((commonTps * (latencySeconds * 1_000 + SETTLE_MS)) / 1_000));
        const startMs = Date.now() + SETTLE_MS;
        await client.pace(commonTps, SETTLE_MS + latencySeconds * 1_000);
        await client.drain();
        const { submissions } = client;
        const endedMs = submissions.latencies("completed", startMs, startMs + latencySeconds * 1_000);
        if (submissions.refused.size > 0)
          throw new Error(`${name} refused good transfers: ${[...submissions.refused.keys()].join(", ")}`);
        rounds[name].push({
          endedTps: Math.round(full.endedTps),
          cpuSecondsPer1000: roundedRecord(full.cpuSecondsPer1000, 4),
          atTps: commonTps,
          endedMs: latenciesOf(endedMs),
        });
        say(`${name}: ${Math.round(full.endedTps)} a second`);
        await client.stop();
        await contender.stop();
        rates.push(signatureRate("ed25519"));
      }
    }
  } finally {
    await cluster.stop();
  }
  const tpsOf = (name: ContenderName) => medianOf(rounds[name].map(({ endedTps }) => endedTps));
  const ours = tpsOf("rustorium solo");
  const each = <T>(of: (name: ContenderName) => T) =>
    Object.fromEntries(CONTENDERS.map(([name]) => [name, of(name)])) as Record<ContenderName, T>;
  return {
    scenario: "peers",
    accounts: options.accounts,
    skew,
    crossShare,
    seed,
    partitions: PARTITIONS,
    fsync,
    checksPerSecond: Math.round(medianOf(rates)),
    rounds,
    endedTps: each(tpsOf),
    ratio: each((name) => rounded(ours / tpsOf(name), 3)),
  };
}
