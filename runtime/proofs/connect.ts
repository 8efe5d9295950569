import type { Kafka } from "kafkajs";
import type { Network } from "../../ledger/genesis/genesis.js";
import { systemClock } from "../clock.js";
import { Home } from "../home.js";
import { connectKafka } from "../kafka/client.js";
import { PartitionReader } from "../kafka/partition-reader.js";
import { loadNetwork } from "../network/load.js";
import { SettingError, type Settings } from "../settings.js";
import { TopologyFollower } from "../topology/live-topology.js";
import { type TopicSource, topicSource } from "./topic-source.js";

/** A network's topics, connected for reading. */
export interface ConnectedTopics {
  readonly kafka: Kafka;
  /** With all shards that there are and were. */
  readonly network: Network;
  readonly source: TopicSource;
  close(): Promise<void>;
}

/**
 * Connects to a network without a registry: what we read is decoded by the compiled-in schemas.
 * @param genesisHash 32 bytes, checked; undefined: the cluster is trusted for the genesis
 * @throws GenesisError, or what kafkajs throws where nothing answers
 */
export async function connectNetwork(
  brokers: readonly string[],
  name: string,
  genesisHash: Buffer | undefined,
  clientId: string,
): Promise<ConnectedTopics> {
  const kafka = connectKafka({ brokers, clientId, log: () => undefined });
  const admin = kafka.admin();
  const reader = new PartitionReader(kafka);
  const close = async () => {
    await Promise.all([reader.close(), admin.disconnect()]);
  };
  try {
    await admin.connect();
    const founded = await loadNetwork(reader, name, genesisHash);
    const follower = new TopologyFollower(name, founded.topology, reader, systemClock);
    const network = { ...founded, topology: await follower.refresh() };
    return { kafka, network, source: topicSource(name, reader, admin), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same by settings; the genesis is compared with the hash in the home directory, where there is one. */
export async function connectTopics(
  settings: Settings,
  clientId: string,
): Promise<ConnectedTopics & { readonly isGenesisTrusted: boolean }> {
  if (settings.brokers.length === 0)
    throw new SettingError("no brokers: --brokers, RUSTORIUM_BROKERS or rustorium.toml");
  const expected = new Home(settings.home, settings.network).genesisHash();
  const topics = await connectNetwork(settings.brokers, settings.network, expected, clientId);
  return { ...topics, isGenesisTrusted: expected === undefined };
}
