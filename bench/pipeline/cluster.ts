import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { setOnBrokers } from "../../runtime/kafka/broker-setting.js";
import { openCluster } from "../../runtime/process/cluster.js";
import { loadSettings, type Settings } from "../../runtime/settings.js";

/** A broker and a registry of a measurement's own, as `npm start` has them, in a temporary directory. */
export interface BenchCluster {
  /** Settings that point at it; the network's name is the caller's to choose. */
  readonly settings: Settings & { readonly registry: string };
  /** Where the broker keeps its partitions. */
  readonly brokerLogDirectory: string;
  /** A directory for what else the measurement writes; gone with the cluster. */
  readonly directory: string;
  /** Process ids by name. */
  pids(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface BenchClusterOptions {
  /** The broker calls fsync for each batch before it acknowledges it. */
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

export async function openBenchCluster({ fsync, say }: BenchClusterOptions): Promise<BenchCluster> {
  const directory = await mkdtemp(join(tmpdir(), "rustorium-bench-"));
  const settings = { ...loadSettings({}), brokers: [], home: directory };
  const cluster = await openCluster(settings, PROJECT_ROOT, directory, false, say);
  // Of all topics, the broker's own among them.
  if (fsync) await setOnBrokers(cluster.brokers, "log.flush.interval.messages", "1");
  const { brokers, registry, sessionTimeoutMs } = cluster;
  return {
    settings: { ...settings, brokers, registry, sessionTimeoutMs },
    brokerLogDirectory: join(directory, "cluster", "broker", "log"),
    directory,
    pids: () => cluster.pids(),
    async stop() {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
