import { connectKafka } from "./client.js";
import { ConfigResourceTypes } from "./kafkajs.js";

/** Sets a default of all brokers of a cluster while they run; not all settings can be changed so. */
export async function setClusterDefault(
  brokers: readonly string[],
  name: string,
  value: string,
): Promise<void> {
  const admin = connectKafka({ brokers, clientId: "rustorium-settings", log: () => undefined }).admin();
  await admin.connect();
  try {
    await admin.alterConfigs({
      validateOnly: false,
      // Kafka's name for "every broker" is the empty one.
      resources: [{ type: ConfigResourceTypes.BROKER, name: "", configEntries: [{ name, value }] }],
    });
  } finally {
    await admin.disconnect();
  }
}
