import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { openLog } from "../../runtime/log.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import { type RunningSystem, startSystem } from "../../runtime/session/system.js";
import { loadSettings } from "../../runtime/settings.js";
import type { GenesisAccount } from "../../schemas/generated.js";

export const BENCH_NETWORK = "bench";
export const BENCH_CHAIN_ID = 7_891;

/** A network of its own for a measurement, as `npm start` runs one, in a temporary directory. */
export interface BenchNetwork {
  readonly environment: OpenEnvironment;
  readonly system: RunningSystem;
  /** Where the broker keeps its partitions. */
  readonly brokerLogDirectory: string;
  stop(): Promise<void>;
}

/** What a measurement may choose of a network; all else is as in production. */
export interface BenchNetworkOptions {
  readonly validators: number;
  readonly accounts: readonly GenesisAccount[];
  readonly say: (line: string) => void;
}

/** Starts the cluster and all processes of a new network. One validator is consensus `solo`. */
export async function startBenchNetwork(options: BenchNetworkOptions): Promise<BenchNetwork> {
  const { validators, accounts, say } = options;
  const home = await mkdtemp(join(tmpdir(), "rustorium-bench-"));
  const settings = { ...loadSettings({}), brokers: [], home, network: BENCH_NETWORK };
  const log = await openLog(settings, "bench");
  const plan = {
    chainId: BENCH_CHAIN_ID,
    consensus: validators === 1 ? ("solo" as const) : ("hybrid-pos" as const),
    validators,
    shards: 4 as const,
    accounts,
  };
  const system = await startSystem(settings, plan, PROJECT_ROOT, { fresh: false, say, log });
  const environment = await openEnvironment(system.settings, "rustorium-bench", log);
  return {
    environment,
    system,
    brokerLogDirectory: join(home, "cluster", "broker", "log"),
    async stop() {
      await environment.close();
      await system.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
