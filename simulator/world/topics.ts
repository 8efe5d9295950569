import type { Network } from "../../ledger/genesis/genesis.js";
import type { SchemaIds } from "../../runtime/kafka/schemas.js";
import { codec, toWire } from "../../schemas/codec.js";
import { CATALOGUE, type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Broker } from "../kafka/broker.js";

/** Registered schema ids of the simulated registry, by topic. */
export const SCHEMA_IDS: SchemaIds = new Map(CATALOGUE.map(({ name }, index) => [name, index + 1]));

/** Creates a network's topics, with spare partitions for shards to come, and writes its genesis to the main chain's log. */
export function createTopics(
  broker: Broker,
  { genesis, topology, allocation }: Network,
  sparePartitions: number,
): void {
  const counts = {
    source: genesis.sourcePartitions,
    shard: Math.max(...genesis.shards.map(({ partition }) => partition)) + 1 + sparePartitions,
    single: 1,
  };
  for (const { name, partitioning } of CATALOGUE) {
    broker.createTopic(topicOnCluster(genesis.network, name), counts[partitioning]);
  }
  const entry = codec("LogEntry").encode;
  const main = topology.shard(0).partition;
  const name: TopicName = "shard.log";
  const write = (bytes: Buffer) =>
    broker.append(topicOnCluster(genesis.network, name), main, {
      key: null,
      value: toWire(SCHEMA_IDS.get(name)!, bytes),
    });
  write(entry({ entry: { "rustorium.Genesis": genesis } }));
  for (const part of allocation) write(entry({ entry: { "rustorium.GenesisAllocation": part } }));
}
