import { PROJECT_ROOT } from "../../cli/project-root.js";
import { openLog } from "../../runtime/log.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import type { FoundingPlan } from "../../runtime/process/found.js";
import type { ProcessUsage } from "../../runtime/process/usage.js";
import { startSystem } from "../../runtime/session/system.js";
import type { GenesisAccount } from "../../schemas/generated.js";
import { drawProfiles, profilingFlags } from "../profile/profiles.js";
import type { BenchCluster } from "./cluster.js";

export const BENCH_NETWORK = "bench";
export const BENCH_CHAIN_ID = 7_891;

/** How many shards a new network may have. */
export type ShardCount = FoundingPlan["shards"];
const SHARDS: ShardCount = 4;

/** A network of its own for a measurement, as `npm start` runs one. */
export interface BenchNetwork {
  readonly environment: OpenEnvironment;
  /** Process ids by name, the cluster's among them. */
  readonly pids: () => Map<string, number>;
  /** What each process of stages spends its time with, by name. */
  readonly usages: () => Promise<Map<string, ProcessUsage>>;
  /** Starts what measures shards and splits and merges them. @param flags of `rustorium scale` @param name of the process */
  startScaler(flags: readonly string[], name?: string): Promise<string>;
  /** Stops its processes; the cluster goes on. */
  stop(): Promise<void>;
}

/** What a measurement may choose of a network; all else is as in production. */
export interface BenchNetworkOptions {
  /** Default: BENCH_NETWORK. */
  readonly name?: string;
  /** One is consensus `solo`. */
  readonly validators: number;
  readonly accounts: readonly GenesisAccount[];
  readonly profileDirectory?: string | undefined;
  /** Besides the main chain. Default: as `npm start` has. */
  readonly shards?: ShardCount | undefined;
  /** Protocol parameters that differ from the defaults. */
  readonly parameters?: FoundingPlan["parameters"];
  /** Whether validators certify state roots, as in production. Default: they do. */
  readonly checkpoints?: boolean;
}

/** Founds a network on the cluster and starts all its processes. */
export async function startBenchNetwork(
  cluster: BenchCluster,
  options: BenchNetworkOptions,
  say: (line: string) => void,
): Promise<BenchNetwork> {
  const { validators, accounts, profileDirectory, shards = SHARDS, checkpoints = true } = options;
  const settings = { ...cluster.settings, network: options.name ?? BENCH_NETWORK };
  const log = await openLog(settings, "bench");
  const plan = {
    chainId: BENCH_CHAIN_ID,
    consensus: validators === 1 ? ("solo" as const) : ("hybrid-pos" as const),
    validators,
    shards,
    accounts,
    ...(options.parameters && { parameters: options.parameters }),
  };
  const nodeFlags = profileDirectory === undefined ? [] : profilingFlags(profileDirectory);
  const system = await startSystem(settings, plan, PROJECT_ROOT, {
    fresh: false,
    say,
    log,
    nodeFlags,
    checkpoints,
  });
  const environment = await openEnvironment(settings, "rustorium-bench", log);
  return {
    environment,
    pids: () => new Map([...cluster.pids(), ...system.pids()]),
    usages: () => system.usages(),
    startScaler: (flags, name) => system.startScaler(flags, name),
    async stop() {
      const names = new Map(Array.from(system.pids(), ([name, pid]) => [pid, name]));
      await environment.close();
      await system.stop();
      if (profileDirectory !== undefined) await drawProfiles(profileDirectory, names, say);
    },
  };
}
