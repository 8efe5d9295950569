import type { Command } from "commander";
import { connectKafka } from "../runtime/kafka/client.js";
import { Schemas } from "../runtime/kafka/schemas.js";
import { checkTopics, createTopics, type PartitionCounts } from "../runtime/kafka/topics.js";
import { SOURCE_PARTITIONS } from "../runtime/process/found.js";
import { SettingError, type Settings } from "../runtime/settings.js";
import { SPARE_PARTITIONS } from "../runtime/topology/partition-keeper.js";
import { CATALOGUE, partitionsOf, topicOnCluster } from "../topics/catalogue.js";
import { brokerConfiguration } from "../topics/configuration.js";
import { EXIT } from "./failure.js";
import { settingsOf, withSettings } from "./settings-flags.js";

const out = (line: string) => process.stdout.write(`${line}\n`);

/** `rustorium topics create|describe|check`. */
export function topicsCommand(program: Command): void {
  const topics = program
    .command("topics")
    .description("the catalogue of topics, and what a cluster has of it");
  sub(
    topics,
    "create",
    "create the topics that are missing, and register all schemas",
    async (settings, counts) => {
      const kafka = kafkaOf(settings);
      const admin = kafka.admin();
      await admin.connect();
      const created = await createTopics(admin, settings.network, counts, settings.replication);
      await admin.disconnect();
      for (const name of created) out(`created ${name}`);
      if (!settings.registry) throw new SettingError("no registry: --registry or RUSTORIUM_REGISTRY");
      const ids = await new Schemas(settings.registry).registerAll(settings.network);
      out(
        `${CATALOGUE.length - created.length} topics were there, ${created.length} created, ${ids.size} schemas registered`,
      );
      return EXIT.ok;
    },
  );
  sub(topics, "describe", "print the catalogue", async (settings, counts, json) => {
    const rows = CATALOGUE.map((topic) => ({
      ...topic,
      topic: topicOnCluster(settings.network, topic.name),
      partitions: partitionsOf(topic.name, counts),
      configuration: brokerConfiguration(topic),
    }));
    if (json) out(JSON.stringify(rows));
    for (const row of json ? [] : rows) {
      out(`${row.topic}  (${row.partitions} partitions, ${row.retention.kind}, value ${row.value})`);
      out(`  ${row.about}`);
      out(`  key ${row.key}; written by ${row.writers.join(", ")}; read by ${row.readers.join(", ")}`);
    }
    return EXIT.ok;
  });
  sub(
    topics,
    "check",
    "compare the cluster with the catalogue; exit code 1 where they differ",
    async (settings, counts, json) => {
      const admin = kafkaOf(settings).admin();
      await admin.connect();
      const differences = await checkTopics(admin, settings.network, counts);
      await admin.disconnect();
      if (json) out(JSON.stringify(differences));
      for (const { topic, setting, expected, found, unsafe } of json ? [] : differences) {
        out(`${topic}: ${setting} is ${found}, should be ${expected}${unsafe ? " (unsafe)" : ""}`);
      }
      if (!json && differences.length === 0) out(`all ${CATALOGUE.length} topics are as the catalogue says`);
      return differences.length === 0 ? EXIT.ok : EXIT.wrong;
    },
  );
}

function sub(
  parent: Command,
  name: string,
  about: string,
  action: (settings: Settings, counts: PartitionCounts, json: boolean) => Promise<number>,
): void {
  withSettings(
    parent
      .command(name)
      .description(about)
      .option("--shards <number>", "shards besides the main chain: 1, 2 or 4", "4")
      .option("--json", "print JSON"),
  ).action(async (flags: Record<string, unknown>) => {
    const counts = { source: SOURCE_PARTITIONS, shard: Number(flags.shards) + 1 + SPARE_PARTITIONS };
    process.exitCode = await action(settingsOf(flags), counts, flags.json === true);
  });
}

function kafkaOf(settings: Settings) {
  if (settings.brokers.length === 0)
    throw new SettingError("no brokers: --brokers, RUSTORIUM_BROKERS or rustorium.toml");
  return connectKafka({ brokers: settings.brokers, clientId: "rustorium-topics", log: () => undefined });
}
