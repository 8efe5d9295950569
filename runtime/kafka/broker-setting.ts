import { connectKafka } from "./client.js";
import { ConfigResourceTypes } from "./kafkajs.js";

/** Changes a setting of every broker of a cluster while they run; not all settings can be. */
export async function setOnBrokers(brokers: readonly string[], name: string, value: string): Promise<void> {
  const admin = connectKafka({ brokers, clientId: "rustorium-settings", log: () => undefined }).admin();
  await admin.connect();
  try {
    // One by one: kafkajs doesn't let the empty name through, which is Kafka's for all brokers at once.
    const { brokers: members } = await admin.describeCluster();
    const resources = members.map(({ nodeId }) => ({
      type: ConfigResourceTypes.BROKER,
      name: String(nodeId),
      configEntries: [{ name, value }],
    }));
    await admin.alterConfigs({ validateOnly: false, resources });
  } finally {
    await admin.disconnect();
  }
}
