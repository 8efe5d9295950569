import type { InputRecord } from "../../processors/stage.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Environment } from "../driver/environment.js";
import { readBack } from "../kafka/read-back.js";

/** The end of a topic's partition, back to the first record (from the end) that is enough. */
export async function tail(
  { admin, reader, network }: Environment,
  name: TopicName,
  partition: number,
  enough: (record: InputRecord) => boolean,
): Promise<InputRecord[]> {
  const topic = topicOnCluster(network.genesis.network, name);
  const bounds = (await admin.fetchTopicOffsets(topic)).find((entry) => entry.partition === partition);
  if (!bounds) throw new Error(`${topic} has no partition ${partition}`);
  return readBack(
    reader,
    name,
    topic,
    partition,
    { low: Number(bounds.low), high: Number(bounds.high) },
    enough,
  );
}
