import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedSystem, startEmbedded, type UnexpectedEnd } from "../../runtime/embedded/index.js";
import { markOf } from "../../runtime/embedded/ownership.js";

const projectRoot = fileURLToPath(new URL("../../", import.meta.url));
const dataDirectory = mkdtempSync(join(tmpdir(), "rustorium-embedded-"));
const TOPIC = "test.accounts";
const GROUP = "test-group";
/** A restart takes some 5 s; a busy machine may need several times that. */
const RESTART_TIMEOUT_MS = 60_000;
const SUBJECT = `${TOPIC}-value`;

/** A record schema with these fields. */
function schema(...fields: { name: string; type: string; default?: number }[]) {
  const record = { type: "record", name: "Account", namespace: "test", fields };
  return { type: SchemaType.AVRO as const, schema: JSON.stringify(record) };
}

function start(): Promise<EmbeddedSystem> {
  return startEmbedded({ dataDirectory, projectRoot, log: () => {} });
}

function client(system: EmbeddedSystem): Kafka {
  return new Kafka({
    brokers: system.brokers,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 5, maxRetryTime: 30, retries: 50 },
  });
}

/** The topic's committed values, from the beginning up to a value that ends it. */
async function readUntil(kafka: Kafka, last: string): Promise<string[]> {
  const consumer = kafka.consumer({
    groupId: `${GROUP}-${last}`,
    readUncommitted: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          values.push(String(message.value));
          if (values.at(-1) === last) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return values;
}

/** One transaction: these values, and an offset of the group. */
async function transact(kafka: Kafka, values: string[], offset: string, commit: boolean): Promise<void> {
  const producer = kafka.producer({
    transactionalId: "test-transactions",
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: TOPIC, messages: values.map((value) => ({ value, partition: 0 })) });
  await transaction.sendOffsets({
    consumerGroupId: GROUP,
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, offset }] }],
  });
  await (commit ? transaction.commit() : transaction.abort());
  await producer.disconnect();
}

async function committedOffset(kafka: Kafka): Promise<string | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] });
  await admin.disconnect();
  return offsets[0]?.partitions[0]?.offset;
}

describe("the embedded system", () => {
  let system: EmbeddedSystem;
  let firstId: number;

  beforeAll(async () => {
    system = await start();
  });

  afterAll(async () => {
    await system.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  it("creates topics with their settings", async () => {
    const admin = client(system).admin();
    await admin.connect();
    const configEntries = [{ name: "message.timestamp.type", value: "LogAppendTime" }];
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: TOPIC, numPartitions: 2, configEntries }],
    });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: TOPIC, configNames: ["message.timestamp.type"] }],
    });
    await admin.disconnect();
    expect(resources[0]?.configEntries[0]?.configValue).toBe("LogAppendTime");
  });

  it("commits and aborts transactions with their offsets", async () => {
    const kafka = client(system);
    await transact(kafka, ["one", "two"], "2", true);
    await transact(kafka, ["never"], "3", false);
    await transact(kafka, ["three"], "4", true);
    expect(await readUntil(kafka, "three")).toEqual(["one", "two", "three"]);
    expect(await committedOffset(kafka)).toBe("4");
  });

  it("registers schemas, and refuses one that cannot read what was written", async () => {
    const registry = new SchemaRegistry({ host: system.registryUrl });
    const amount = { name: "amount", type: "long" };
    ({ id: firstId } = await registry.register(schema(amount), { subject: SUBJECT }));
    const note = { name: "note", type: "int" };
    await expect(registry.register(schema(amount, note), { subject: SUBJECT })).rejects.toThrow(
      /[Ii]ncompatible/,
    );
    const later = await registry.register(schema(amount, { ...note, default: 0 }), { subject: SUBJECT });
    expect(await registry.getLatestSchemaId(SUBJECT)).toBe(later.id);
    expect((await fetch(`${system.registryUrl}/schemas/ids/424242`)).status).toBe(404);
  });

  it("refuses a second owner of its data", async () => {
    await expect(start()).rejects.toMatchObject({ code: "DATA_DIRECTORY_IN_USE" });
  });

  it("keeps records, offsets and schema ids across a stop, and leaves no child", {
    timeout: RESTART_TIMEOUT_MS,
  }, async () => {
    const { brokerPid, registryPid } = system;
    await system.stop();
    expect([markOf(brokerPid), markOf(registryPid)]).toEqual([undefined, undefined]);
    system = await start();
    const kafka = client(system);
    expect(await committedOffset(kafka)).toBe("4");
    await transact(kafka, ["four"], "5", true);
    expect(await readUntil(kafka, "four")).toEqual(["one", "two", "three", "four"]);
    const registry = new SchemaRegistry({ host: system.registryUrl });
    expect(await registry.getRegistryId(SUBJECT, 1)).toBe(firstId);
    const other = await registry.register(schema({ name: "other", type: "int" }), {
      subject: "test.other-value",
    });
    expect(other.id).toBeGreaterThan(await registry.getLatestSchemaId(SUBJECT));
  });

  it("reports a broker that ends unasked, and stops the rest", async () => {
    const end = new Promise<UnexpectedEnd>((resolve) => system.onExit(resolve));
    process.kill(system.brokerPid, "SIGKILL");
    expect(await end).toMatchObject({ child: "broker", signal: "SIGKILL" });
    await system.stop();
    expect(markOf(system.registryPid)).toBeUndefined();
  });
});
