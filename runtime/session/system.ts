import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Network } from "../../ledger/genesis/genesis.js";
import { type Cluster, openCluster } from "../process/cluster.js";
import { type FoundingPlan, prepareNetwork } from "../process/found.js";
import type { ProcessUsage } from "../process/usage.js";
import { SettingError, type Settings } from "../settings.js";
import { CHECKPOINTS, Children, networkPlan } from "./children.js";

/** A network running on this machine: cluster, stages, validators. */
export interface RunningSystem {
  /** Settings that point at the running cluster. */
  readonly settings: Settings & { readonly registry: string };
  readonly network: Network;
  readonly founded: boolean;
  /** Process ids of all children, by name. */
  pids(): Map<string, number>;
  /** What each process of stages spends its time with, by name. */
  usages(): Promise<Map<string, ProcessUsage>>;
  /** Starts what measures shards and splits and merges them. @param name of the child, where there is more than one */
  startScaler(flags?: readonly string[], name?: string): Promise<string>;
  /** Starts a gateway; resolves with its address. */
  startGateway(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts everything that a network needs, each process a child of this one.
 * @param fresh forget the data of earlier runs first (the embedded cluster's and the local stores)
 */
export async function startSystem(
  settings: Settings,
  plan: FoundingPlan,
  projectRoot: string,
  options: {
    readonly fresh: boolean;
    readonly say: (line: string) => void;
    readonly log: Logger;
    /** Further flags for Node, of every process of stages. */
    readonly nodeFlags?: readonly string[];
    /** Whether validators certify state roots; default true. */
    readonly checkpoints?: boolean;
  },
): Promise<RunningSystem> {
  const { fresh, say, log, nodeFlags = [], checkpoints = true } = options;
  if (fresh && settings.brokers.length > 0) {
    throw new SettingError(
      "--fresh forgets the embedded cluster's data; on a configured cluster choose another --network",
    );
  }
  if (fresh) {
    // Not the logs: this process writes one already.
    for (const name of ["stores", "validators", "mac.key", "genesis.hash"]) {
      await rm(join(settings.home, settings.network, name), { recursive: true, force: true });
    }
  }
  const cluster: Cluster = await openCluster(settings, projectRoot, settings.home, fresh, say);
  const pointed = {
    ...settings,
    brokers: cluster.brokers,
    registry: cluster.registry,
    sessionTimeoutMs: settings.sessionTimeoutMs ?? cluster.sessionTimeoutMs,
  };
  const children = new Children(projectRoot, environmentOf(pointed), say);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= children.stop().then(() => cluster.stop());
    return stopped;
  };
  try {
    const { network, founded } = await prepareNetwork(pointed, plan, log);
    say(
      `network ${settings.network} ${founded ? "founded" : "continues"}, genesis ${network.hash.toString("hex").slice(0, 16)}…`,
    );
    await Promise.all(
      networkPlan(network.genesis.validators.length, availableParallelism())
        .filter(({ name }) => checkpoints || name !== CHECKPOINTS)
        .map((child) => children.start({ ...child, nodeFlags })),
    );
    say(`stages and ${network.genesis.validators.length} validators are running`);
    return {
      settings: pointed,
      network,
      founded,
      pids: () => new Map([...cluster.pids(), ...children.pids()]),
      usages: () => children.usages(),
      startScaler: (flags = [], name = "scaler") => children.start({ name, args: ["scale", ...flags] }),
      startGateway: () => children.start({ name: "gateway", args: ["gateway"] }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Settings as a child process takes them. */
export function environmentOf(settings: Settings & { readonly registry: string }): NodeJS.ProcessEnv {
  return {
    RUSTORIUM_BROKERS: settings.brokers.join(","),
    RUSTORIUM_REGISTRY: settings.registry,
    RUSTORIUM_NETWORK: settings.network,
    RUSTORIUM_HOME: settings.home,
    RUSTORIUM_HOST: settings.host,
    RUSTORIUM_PORT: String(settings.port),
    RUSTORIUM_LOG_LEVEL: settings.logLevel,
    RUSTORIUM_LOG_RETENTION_DAYS: String(settings.logRetentionDays),
    RUSTORIUM_PLACEMENT: settings.placement,
    RUSTORIUM_WEIGHT: String(settings.weight),
    RUSTORIUM_MOVE_COST: String(settings.moveCost),
    RUSTORIUM_PLACEMENT_INTERVAL_MS: String(settings.placementIntervalMs),
    ...(settings.sessionTimeoutMs && { RUSTORIUM_SESSION_TIMEOUT_MS: String(settings.sessionTimeoutMs) }),
    ...(settings.stores && { RUSTORIUM_STORES: settings.stores }),
  };
}
