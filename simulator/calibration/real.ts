import { systemClock } from "../../runtime/clock.js";
import { connectKafka } from "../../runtime/kafka/client.js";
import { PartitionReader } from "../../runtime/kafka/partition-reader.js";
import type { CalibrationCluster, CalibrationScript, Observation } from "./cluster.js";
import { until } from "./until.js";

/** Runs a script on a real cluster, under names of its own; what it opened is closed afterwards. */
export async function runReal(script: CalibrationScript, brokers: readonly string[]): Promise<Observation[]> {
  const prefix = script.name.replaceAll(/[^a-z]+/g, "-");
  const kafka = connectKafka({ brokers, clientId: prefix, log: () => undefined });
  const admin = kafka.admin();
  await admin.connect();
  const reader = new PartitionReader(kafka);
  const closing: (() => Promise<void>)[] = [];
  const cluster: CalibrationCluster = {
    kafka: {
      consumer: (config) => {
        const consumer = kafka.consumer(config);
        closing.push(() => consumer.disconnect());
        return consumer;
      },
      producer: (config) => {
        const producer = kafka.producer(config);
        closing.push(() => producer.disconnect());
        return producer;
      },
    },
    admin,
    reader,
    clock: systemClock,
    unique: (name) => `${prefix}.${name}`,
    async createTopic(name, numPartitions) {
      const topic = `${prefix}.${name}`;
      const configEntries = [{ name: "message.timestamp.type", value: "LogAppendTime" }];
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, configEntries }] });
      await until(cluster, `leaders of ${topic}`, async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
        const partitions = topics[0]?.partitions ?? [];
        return partitions.length === numPartitions && partitions.every(({ leader }) => leader >= 0);
      });
      return topic;
    },
  };
  try {
    return await script.run(cluster);
  } finally {
    await Promise.all(closing.map((close) => close().catch(() => undefined)));
    await reader.close();
    await admin.disconnect();
  }
}
