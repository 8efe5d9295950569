import { join } from "node:path";
import type { Admin, Kafka } from "kafkajs";
import type { Logger } from "pino";
import { systemClock } from "../clock.js";
import type { Environment } from "../driver/environment.js";
import { Home } from "../home.js";
import { connectKafka } from "../kafka/client.js";
import { PartitionReader } from "../kafka/partition-reader.js";
import { Schemas } from "../kafka/schemas.js";
import { loadNetwork } from "../network/load.js";
import { AskTurns } from "../placement/ask-turns.js";
import { topicSource } from "../proofs/topic-source.js";
import { DEFAULT_SESSION_TIMEOUT_MS, SettingError, type Settings } from "../settings.js";
import { LevelStore } from "../store/level-store.js";
import { TopologyFollower } from "../topology/live-topology.js";
import { FetchPace } from "./fetch-pace.js";
import { groupMembers } from "./group-members.js";
import { ProcessUse } from "./process-use.js";

/** How long local stores gather what they write, in milliseconds. */
const STORE_GATHER_MS = 5_000;

/** An environment with the means to close it. */
export interface OpenEnvironment extends Environment {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly reader: PartitionReader;
  readonly log: Logger;
  readonly home: Home;
  readonly storesDirectory: string;
  close(): Promise<void>;
}

/**
 * Connects to cluster and registry, and loads the network that lives there.
 * Throws SettingError, GenesisError, or what kafkajs throws where nothing answers.
 */
export async function openEnvironment(
  settings: Settings,
  clientId: string,
  log: Logger,
): Promise<OpenEnvironment> {
  if (settings.brokers.length === 0)
    throw new SettingError("no brokers: --brokers, RUSTORIUM_BROKERS or rustorium.toml");
  if (!settings.registry)
    throw new SettingError("no registry: --registry, RUSTORIUM_REGISTRY or rustorium.toml");
  const home = new Home(settings.home, settings.network);
  const kafka = connectKafka({
    brokers: settings.brokers,
    clientId,
    log: (message, details) => log.debug({ kafka: details }, message),
  });
  const admin = kafka.admin();
  await admin.connect();
  const reader = new PartitionReader(kafka);
  const schemas = new Schemas(settings.registry);
  const expected = home.genesisHash();
  // At once: a stage that died is back the sooner.
  const [founded, schemaIds] = await Promise.all([
    loadNetwork(reader, settings.network, expected),
    schemas.lookUpAll(settings.network),
  ]);
  if (!expected)
    log.warn({ code: "GENESIS_TRUSTED" }, "no genesis hash configured: the cluster is trusted for it");
  const pace = new FetchPace();
  const topology = new TopologyFollower(settings.network, founded.topology, reader, systemClock);
  await topology.start();
  const network = {
    ...founded,
    get topology() {
      return topology.current;
    },
  };
  const use = new ProcessUse();
  const storesDirectory = settings.stores ? join(settings.stores, settings.network) : home.storesDirectory;
  return {
    kafka,
    admin,
    reader,
    history: topicSource(settings.network, reader, admin),
    schemas,
    schemaIds,
    network,
    topology,
    home,
    openStore: (path, wipe, writeBufferBytes) =>
      LevelStore.open(join(storesDirectory, path), wipe, writeBufferBytes),
    storeGatherMs: STORE_GATHER_MS,
    storesDirectory,
    clock: systemClock,
    fetchPaceMs: () => pace.ms,
    sessionTimeoutMs: settings.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS,
    log,
    placement: {
      strategy: settings.placement,
      weight: settings.weight,
      moveCost: settings.moveCost / 100,
      intervalMsMin: settings.placementIntervalMs,
      use,
      turns: new AskTurns(settings.placementIntervalMs),
      groupMembers: (groupId) => groupMembers(admin, groupId),
    },
    async close() {
      pace.stop();
      topology.stop();
      use.stop();
      await reader.close();
      await admin.disconnect();
    },
  };
}
