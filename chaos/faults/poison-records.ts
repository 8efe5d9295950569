import { randomBytes } from "node:crypto";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import type { TopicName } from "../../topics/catalogue.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { poisonCases } from "../load/poison.js";
import type { Fault } from "./fault.js";

/** Topics of ours that get nonsense, in every partition. A Kafka cluster without ACLs lets anyone do so. */
const OWN_TOPICS: readonly TopicName[] = ["transactions.validated", "shard.log", "shard.votes"];
const NONSENSE_BYTES = 40;

/** Nonsense as transactions, each of which must be rejected with its code, and in topics that only stages write. */
export const poisonRecords: Fault = async ({ network, load }) => {
  const { admin, kafka, schemaIds, network: loaded } = network.environment;
  const cases = poisonCases(schemaIds.get("transactions")!);
  const published = cases.map((publication) => load.publish(publication));
  const messages = [];
  for (const name of OWN_TOPICS) {
    const topic = topicOnCluster(loaded.genesis.network, name);
    for (const { partition } of await admin.fetchTopicOffsets(topic)) {
      messages.push({ topic, partition, key: null, value: randomBytes(NONSENSE_BYTES) });
      messages.push({ topic, partition, key: randomBytes(4), value: null });
    }
  }
  const writer = new PlainWriter(kafka);
  await writer.write(messages).finally(() => writer.close());
  await Promise.all(published);
  const hit = `${cases.length} bad transactions, ${messages.length} records in ${OWN_TOPICS.join(", ")}`;
  return { hit, overMs: Date.now() };
};
