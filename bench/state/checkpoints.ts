import { read } from "../../processors/read.js";
import { follow } from "../../runtime/session/follow.js";
import { genesisAccounts, type LoadAccount, loadAccounts } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { medianOf } from "../measure/numbers.js";
import { LoadClient } from "../pipeline/client.js";
import { type BenchCluster, openBenchCluster } from "../pipeline/cluster.js";
import { fullLoad } from "../pipeline/full-load.js";
import { type BenchNetwork, startBenchNetwork } from "../pipeline/network.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";

/** What checkpoints cost a network with one validator, and how far they are behind. */
export interface CheckpointCosts {
  /** Longest time that passed since the block of a shard's last certified checkpoint, at the steady load, in milliseconds. */
  readonly lagMsMax: number;
  /** Half of the looks found no more, in milliseconds. */
  readonly lagMsMedian: number;
  /** Checkpoints that were certified at the steady load, of all shards. */
  readonly certified: number;
  /** Transactions a second at full load, in the order measured. */
  readonly withCheckpointsTps: readonly number[];
  readonly withoutTps: readonly number[];
}

/** The load that the lag is measured at. */
export const STEADY_ACCOUNTS = 100_000;
export const STEADY_TPS = 1_000;
/** Until the trees are built and the first roots certified; then as long as some checkpoints take, in milliseconds. */
const SETTLE_MS = 40_000;
const STEADY_MS = 60_000;
const LOOK_EVERY_MS = 500;
/** Full load, each way as often. */
const ROUNDS = 2;
const WARM_UP_SECONDS = 15;
const MEASURE_SECONDS = 15;

/** Measures in networks of their own, one after the other on one cluster; takes four minutes. */
export async function measureCheckpoints(
  seed: number,
  say: (line: string) => void,
): Promise<CheckpointCosts> {
  say(`making ${STEADY_ACCOUNTS} accounts`);
  const accounts = loadAccounts(STEADY_ACCOUNTS, "ed25519", seed);
  const cluster = await openBenchCluster({ fsync: false, say });
  try {
    const lag = await onNetwork(cluster, "lag", accounts, true, say, (network, client) =>
      lagOf(network, client, say),
    );
    const withCheckpointsTps: number[] = [];
    const withoutTps: number[] = [];
    for (let round = 1; round <= ROUNDS; round++)
      for (const checkpoints of [true, false]) {
        const name = `${checkpoints ? "with" : "without"}${round}`;
        const { endedTps } = await onNetwork(cluster, name, accounts, checkpoints, say, (network, client) =>
          fullLoad(client, network, { warmUpSeconds: WARM_UP_SECONDS, measureSeconds: MEASURE_SECONDS, say }),
        );
        say(`${name}: ${Math.round(endedTps)} a second`);
        (checkpoints ? withCheckpointsTps : withoutTps).push(endedTps);
      }
    return { ...lag, withCheckpointsTps, withoutTps };
  } finally {
    await cluster.stop();
  }
}

async function onNetwork<T>(
  cluster: BenchCluster,
  name: string,
  accounts: readonly LoadAccount[],
  checkpoints: boolean,
  say: (line: string) => void,
  measure: (network: BenchNetwork, client: LoadClient) => Promise<T>,
): Promise<T> {
  const plan = { name, validators: 1, accounts: genesisAccounts(accounts), checkpoints };
  const network = await startBenchNetwork(cluster, plan, say);
  const load = { accounts, skew: "uniform" as const, crossShare: 0, seed: 1 };
  const pool = new SignedPool(ledgerLoad(network.environment, load));
  pool.endless = true;
  const client = new LoadClient(ledgerTarget(network.environment), pool);
  await client.start();
  const result = await measure(network, client);
  await client.drain();
  await client.stop();
  await network.stop();
  return result;
}

async function lagOf(
  { environment }: BenchNetwork,
  client: LoadClient,
  say: (line: string) => void,
): Promise<Pick<CheckpointCosts, "lagMsMax" | "lagMsMedian" | "certified">> {
  const { kafka, network } = environment;
  const shards = network.topology.shards.filter(({ shard }) => shard !== 0);
  const certifiedTime = new Map<number, number>();
  let certified = 0;
  const from = new Map(shards.map(({ partition }) => [partition, 0]));
  const following = follow(kafka, network.genesis.network, "shard.checkpoints", from, (records) => {
    for (const record of records) {
      const certificate = read("CheckpointCertificate", record);
      if (!certificate) continue;
      certifiedTime.set(record.partition, certificate.checkpoint.time);
      certified++;
    }
  });
  say(`${STEADY_TPS} a second for ${(SETTLE_MS + STEADY_MS) / 1_000} s`);
  await client.pace(STEADY_TPS, SETTLE_MS);
  certified = 0;
  const lags: number[] = [];
  const looking = setInterval(() => {
    for (const { partition } of shards) lags.push(Date.now() - (certifiedTime.get(partition) ?? 0));
  }, LOOK_EVERY_MS);
  await client.pace(STEADY_TPS, STEADY_MS);
  clearInterval(looking);
  const result = { lagMsMax: Math.max(...lags), lagMsMedian: medianOf(lags), certified };
  await following.stop();
  return result;
}
