import { openLog } from "../../runtime/log.js";
import { openEnvironment } from "../../runtime/process/environment.js";
import { prepareNetwork } from "../../runtime/process/found.js";
import { genesisAccounts, type LoadAccount } from "../load/accounts.js";
import { SignedPool } from "../load/source.js";
import { LoadClient } from "../pipeline/client.js";
import type { BenchCluster } from "../pipeline/cluster.js";
import { BENCH_CHAIN_ID } from "../pipeline/network.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";
import { runStage, type StageRun } from "./stage-run.js";

export interface MeasureOptions {
  readonly accounts: readonly LoadAccount[];
  readonly seed: number;
  readonly transactions: number;
  /** Every number of processes up to this one is measured. */
  readonly processesMax: number;
  readonly say: (line: string) => void;
}

/** Four validators: the certificates need three of them. */
export const VALIDATORS = 4;
const QUORUM = [1, 2, 3] as const;
/** Transactions in flight while the input is published: as many as there are. */
const WRITE_MS_MAX = 120_000;

/**
 * Has each stage alone work off what the one before it wrote, in one process and then in more. Stages that keep a state of
 * their own get a network of their own for each number of processes.
 */
export async function measureStages(cluster: BenchCluster, options: MeasureOptions): Promise<StageRun[]> {
  const runs: StageRun[] = [];
  for (let processes = 1; processes <= options.processesMax; processes++) {
    runs.push(...(await measureWith(cluster, processes, options)));
  }
  return runs;
}

async function measureWith(
  cluster: BenchCluster,
  processes: number,
  { accounts, seed, transactions, say }: MeasureOptions,
): Promise<StageRun[]> {
  const settings = { ...cluster.settings, network: `scale-${processes}` };
  const log = await openLog(settings, "bench");
  const plan = {
    chainId: BENCH_CHAIN_ID,
    consensus: "hybrid-pos" as const,
    validators: VALIDATORS,
    shards: 4 as const,
    accounts: genesisAccounts(accounts),
  };
  await prepareNetwork(settings, plan, log);
  const environment = await openEnvironment(settings, "rustorium-bench", log);
  try {
    const load = { accounts, skew: "uniform" as const, crossShare: 0, seed };
    const pool = new SignedPool(ledgerLoad(environment, load));
    pool.sign(transactions);
    const client = new LoadClient(ledgerTarget(environment), pool);
    await client.saturate(transactions + 1, Date.now() + WRITE_MS_MAX);
    await client.written();
    await client.stop();
  } finally {
    await environment.close();
  }
  const brokerPid = cluster.pids().get("broker") ?? 0;
  const run = (name: string, args: readonly string[], count: number) =>
    runStage({ name, args, processes: count, transactions, settings, brokerPid, say });
  const runs = [
    await run("validate", ["validate"], processes),
    await run("shard-assign", ["shard-assign"], processes),
    await run("execute", ["execute"], processes),
    await run("vote", ["vote", "--validator", "1"], processes),
  ];
  // What follows costs so little that one process is never the limit.
  if (processes > 1) return runs;
  for (const validator of QUORUM.slice(1)) await run("vote", ["vote", "--validator", String(validator)], 1);
  runs.push(await run("finalize", ["finalize"], 1), await run("notify", ["notify"], 1));
  return runs;
}
