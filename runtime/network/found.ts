import type { Network } from "../../ledger/genesis/genesis.js";
import { codec, toWire } from "../../schemas/codec.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { OutgoingMessage, PlainWriter } from "../kafka/plain-writer.js";
import type { SchemaIds } from "../kafka/schemas.js";

/**
 * Founds a network: writes genesis and allocation to the main chain's log and to their compacted copy, and the first
 * topology and validators. Topics and schemas must be there.
 */
export async function foundNetwork(
  network: Network,
  schemaIds: SchemaIds,
  writer: PlainWriter,
): Promise<void> {
  const { genesis, allocation } = network;
  const message = (
    topic: TopicName,
    key: string | null,
    partition: number,
    avroBytes: Buffer,
  ): OutgoingMessage => ({
    topic: topicOnCluster(genesis.network, topic),
    partition,
    key: key === null ? null : Buffer.from(key),
    value: toWire(schemaIds.get(topic)!, avroBytes),
  });
  const entry = codec("LogEntry").encode;
  const copy = codec("GenesisRecord").encode;
  const mainChain = network.topology.shard(0).partition;
  await writer.write([
    message("shard.log", null, mainChain, entry({ entry: { "rustorium.Genesis": genesis } })),
    message("genesis", "genesis", 0, copy({ record: { "rustorium.Genesis": genesis } })),
  ]);
  for (const part of allocation) {
    await writer.write([
      message("shard.log", null, mainChain, entry({ entry: { "rustorium.GenesisAllocation": part } })),
      message("genesis", `part-${part.part}`, 0, copy({ record: { "rustorium.GenesisAllocation": part } })),
    ]);
  }
  await writer.write([
    ...genesis.shards.map((shard) =>
      message(
        "topology",
        String(shard.shard),
        0,
        codec("ShardTopology").encode({
          ...shard,
          epoch: 0,
          parents: [],
          phase: "ACTIVE",
          ended: -1,
          since: 0,
          isPaused: false,
        }),
      ),
    ),
    ...genesis.validators.map((validator) =>
      message(
        "validators",
        String(validator.validator),
        0,
        codec("ValidatorRecord").encode({ ...validator, status: "active" }),
      ),
    ),
  ]);
}
