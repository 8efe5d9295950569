import type { OutputRecord, StepResult } from "../../processors/stage.js";
import { toWire } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { OutgoingMessage } from "../kafka/plain-writer.js";
import type { SchemaIds } from "../kafka/schemas.js";
import type { OpenTask, StageDriver } from "./environment.js";

/**
 * Does what a step asked for: writes the records (in one Kafka transaction where the stage is transactional;
 * shard.log never is, so that every reader sees it in the same order), then the local store.
 * @returns once everything is acknowledged
 */
export async function perform(
  result: StepResult,
  open: OpenTask,
  { environment, writer }: StageDriver,
): Promise<void> {
  const network = environment.network.genesis.network;
  const toMessage = (record: OutputRecord) => outgoing(record, network, environment.schemaIds);
  if (open.transactional) {
    const plain: OutgoingMessage[] = [];
    const inTransaction: OutgoingMessage[] = [];
    for (const record of result.records) {
      (record.topic === "shard.log" ? plain : inTransaction).push(toMessage(record));
    }
    await Promise.all([
      writer.write(plain),
      inTransaction.length > 0 ? open.transactional.write(inTransaction) : undefined,
    ]);
  } else {
    await writer.write(result.records.map(toMessage));
  }
  if (result.store && result.store.length > 0) await open.store?.write(result.store);
  for (const changes of result.storedChanges ?? []) open.state?.stored(changes);
}

/** A record in wire format, for its topic on the cluster. Throws where the topic's schema has no id. */
export function outgoing(record: OutputRecord, network: string, schemaIds: SchemaIds): OutgoingMessage {
  const schemaId = schemaIds.get(record.topic);
  if (schemaId === undefined) throw new Error(`no schema id for ${record.topic}`);
  return {
    topic: topicOnCluster(network, record.topic),
    key: record.key,
    value: record.value && toWire(schemaId, record.value),
    ...(record.partition !== undefined && { partition: record.partition }),
  };
}
