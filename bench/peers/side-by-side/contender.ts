import { genesisAccounts, type LoadAccount } from "../../load/accounts.js";
import { LoadGenerator, type Skew } from "../../load/load.js";
import type { BenchCluster } from "../../pipeline/cluster.js";
import type { LoadedSystem } from "../../pipeline/full-load.js";
import { startBenchNetwork } from "../../pipeline/network.js";
import type { Submissions } from "../../pipeline/submissions.js";
import { FOLLOWING_PACE_MS, type LoadTarget, ledgerLoad, ledgerTarget } from "../../pipeline/target.js";
import type { PeerSignature } from "../kafka-streams/index.js";
import { CHAIN_ID, keyTopology, SCHEMA_ID } from "../kafka-streams/keyed-load.js";
import { StatusReader } from "../kafka-streams/status-reader.js";
import { VariantRun } from "../kafka-streams/variant.js";

/** Source partitions of both, and shards of ours. */
export const PARTITIONS = 4;

/** Who takes part: we with one validator, or the Kafka Streams job with one of its signature checks. */
export type ContenderName = "rustorium solo" | "kafka streams, bouncycastle" | "kafka streams, fastest";

/** What all contenders get alike. */
export interface CommonLoad {
  readonly accounts: readonly LoadAccount[];
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
}

/** A contender that runs, new and empty. */
export interface Contender extends LoadedSystem {
  readonly target: LoadTarget;
  readonly generator: LoadGenerator;
  stop(): Promise<void>;
}

/** Starts a contender on the cluster. @param round makes names of its own, so that it begins with nothing */
export async function startContender(
  name: ContenderName,
  round: number,
  cluster: BenchCluster,
  load: CommonLoad,
  say: (line: string) => void,
): Promise<Contender> {
  switch (name) {
    case "rustorium solo":
      return startOurs(round, cluster, load, say);
    case "kafka streams, bouncycastle":
      return startPeerJob("bouncycastle", cluster, load, say);
    case "kafka streams, fastest":
      return startPeerJob("fastest", cluster, load, say);
  }
}

async function startOurs(
  round: number,
  cluster: BenchCluster,
  load: CommonLoad,
  say: (line: string) => void,
): Promise<Contender> {
  const accounts = genesisAccounts(load.accounts);
  const network = await startBenchNetwork(cluster, { name: `bench-${round}`, validators: 1, accounts }, say);
  const { environment, pids, usages } = network;
  return {
    target: ledgerTarget(environment),
    generator: ledgerLoad(environment, load),
    pids,
    usages,
    stop: () => network.stop(),
  };
}

async function startPeerJob(
  signature: PeerSignature,
  cluster: BenchCluster,
  load: CommonLoad,
  say: (line: string) => void,
): Promise<Contender> {
  const { brokers } = cluster.settings;
  const brokerPid = cluster.pids().get("broker") ?? 0;
  const { directory } = cluster;
  const ground = { brokers, brokerPid, partitions: PARTITIONS, directory, log: say };
  const run = await VariantRun.open({ name: signature, signature }, ground);
  const peer = await run.startPeer();
  return {
    target: {
      kafka: run.kafka,
      topic: run.transactions,
      partitions: PARTITIONS,
      follow: async (submissions) => followStatuses(new StatusReader(run), submissions),
    },
    generator: new LoadGenerator({ chainId: CHAIN_ID, ...load }, keyTopology(PARTITIONS), SCHEMA_ID),
    pids: () => new Map([...cluster.pids(), ["peer", peer.pid]]),
    usages: async () => new Map(),
    async stop() {
      await peer.stop();
      await run.close();
    },
  };
}

/** As often as our own notifications are followed. */
function followStatuses(reader: StatusReader, submissions: Submissions): { stop(): Promise<void> } {
  let stopping = false;
  const loop = (async () => {
    while (!stopping) {
      const statuses = await reader.read();
      const nowMs = Date.now();
      for (const { sourcePartition, sourceOffset, code } of statuses)
        submissions.takeEnd(sourcePartition, sourceOffset, code, nowMs);
      await new Promise((resolve) => setTimeout(resolve, FOLLOWING_PACE_MS));
    }
    await reader.close();
  })();
  return {
    async stop() {
      stopping = true;
      await loop;
    },
  };
}
