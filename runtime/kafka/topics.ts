import type { Admin } from "kafkajs";
import { CATALOGUE, partitionsOf, topicOnCluster } from "../../topics/catalogue.js";
import { brokerConfiguration, SAFETY_SETTINGS } from "../../topics/configuration.js";
import { ConfigResourceTypes } from "./kafkajs.js";

/** How long the cluster may take to make topics and elect their leaders, in milliseconds. */
const CREATE_TIMEOUT_MS = 30_000;
const LEADER_POLL_MS = 100;

/** How many partitions the two kinds of topics have. */
export interface PartitionCounts {
  readonly source: number;
  readonly shard: number;
}

/** Something that a cluster has otherwise than the catalogue says. */
export interface TopicDifference {
  readonly topic: string;
  readonly setting: string;
  readonly expected: string;
  readonly found: string;
  /** Whether running on it is unsafe: start-up refuses it. */
  readonly unsafe: boolean;
}

/** A topic to make. */
export interface WantedTopic {
  /** Name on the cluster. */
  readonly topic: string;
  readonly partitions: number;
  readonly configuration: Readonly<Record<string, string>>;
}

/** Creates the catalogue's topics that are missing. Returns the names of those it made. */
export function createTopics(
  admin: Admin,
  network: string,
  counts: PartitionCounts,
  replicationFactor: number,
): Promise<string[]> {
  const wanted = CATALOGUE.map((topic) => ({
    topic: topicOnCluster(network, topic.name),
    partitions: partitionsOf(topic.name, counts),
    configuration: brokerConfiguration(topic),
  }));
  return createMissing(admin, wanted, replicationFactor);
}

/** Creates those of the topics that are missing. Returns the names of those it made. */
export async function createMissing(
  admin: Admin,
  wanted: readonly WantedTopic[],
  replicationFactor: number,
): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const missing = wanted.filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return [];
  await admin.createTopics({
    // kafkajs waits for leaders too, but gives up where a broker doesn't know the topic yet.
    waitForLeaders: false,
    timeout: CREATE_TIMEOUT_MS,
    topics: missing.map(({ topic, partitions, configuration }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(configuration).map(([name, value]) => ({ name, value })),
    })),
  });
  const names = missing.map(({ topic }) => topic);
  await untilLed(admin, names);
  return names;
}

/**
 * Adds partitions to the topics that have one a shard, where there are fewer. What is there stays as it is.
 * @returns whether any had fewer
 */
export async function growShardTopics(
  admin: Pick<Admin, "fetchTopicMetadata" | "createPartitions">,
  network: string,
  partitions: number,
): Promise<boolean> {
  const names = CATALOGUE.filter(({ partitioning }) => partitioning === "shard").map(({ name }) =>
    topicOnCluster(network, name),
  );
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const short = topics.filter((topic) => topic.partitions.length < partitions);
  if (short.length === 0) return false;
  await admin.createPartitions({
    timeout: CREATE_TIMEOUT_MS,
    topicPartitions: short.map(({ name }) => ({ topic: name, count: partitions })),
  });
  return true;
}

/** Waits until every partition has a leader. Throws what the broker says last. */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  const giveUpAtMs = Date.now() + CREATE_TIMEOUT_MS;
  for (;;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics });
      const led = metadata.topics.every(
        ({ partitions }) => partitions.length > 0 && partitions.every((p) => p.leader >= 0),
      );
      if (led) return;
      if (Date.now() > giveUpAtMs) throw new Error("some new partitions have no leader");
    } catch (error) {
      if (Date.now() > giveUpAtMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LEADER_POLL_MS));
  }
}

/** Compares the cluster with the catalogue. */
export async function checkTopics(
  admin: Admin,
  network: string,
  counts: PartitionCounts,
): Promise<TopicDifference[]> {
  const existing = new Set(await admin.listTopics());
  const differences: TopicDifference[] = [];
  const present = CATALOGUE.filter((topic) => {
    const name = topicOnCluster(network, topic.name);
    if (existing.has(name)) return true;
    differences.push({ topic: name, setting: "topic", expected: "present", found: "missing", unsafe: true });
    return false;
  });
  if (present.length === 0) return differences;
  const names = present.map(({ name }) => topicOnCluster(network, name));
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  for (const topic of present) {
    const name = topicOnCluster(network, topic.name);
    const found = topics.find((metadata) => metadata.name === name)?.partitions.length ?? 0;
    const expected = partitionsOf(topic.name, counts);
    // Those of shards grow with the shard tree.
    if (topic.partitioning === "shard" ? found < expected : found !== expected) {
      differences.push({
        topic: name,
        setting: "partitions",
        expected: String(expected),
        found: String(found),
        unsafe: true,
      });
    }
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? [];
    for (const [setting, value] of Object.entries(brokerConfiguration(topic))) {
      const actual = entries.find((entry) => entry.configName === setting)?.configValue ?? "(none)";
      if (actual === value) continue;
      const unsafe = (SAFETY_SETTINGS as readonly string[]).includes(setting);
      differences.push({ topic: name, setting, expected: value, found: actual, unsafe });
    }
  }
  return differences;
}
