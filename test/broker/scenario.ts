import { SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedModelPath } from "../../cli/project-root.js";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { SCALING_DEFAULTS } from "../../ml/scaling/policy.js";
import { Kafka, logLevel } from "../../runtime/kafka/kafkajs.js";
import { openScaling } from "../../runtime/scaling/open.js";
import { TRAIN_EVERY_MS } from "../../runtime/scaling/training.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { ONE } from "../../simulator/world/network.js";
import { CATALOGUE, subjectOf, type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import { badCases } from "./bad-cases.js";
import { expectSound, lastStatuses, recordsOf } from "./chain.js";
import { Client, outcomeOf } from "./client.js";
import {
  type ClusterSettings,
  found,
  makeWallets,
  memoryLog,
  START_TIMEOUT_MS,
  Stages,
  TEST_TIMEOUT_MS,
  until,
} from "./support.js";

/** A broker and registry to run on. */
export interface OpenedCluster {
  settings(network: string): ClusterSettings;
  stop(): Promise<void>;
}

/** An account that can't take any more: transfers to it are refused, or refunded. */
const FULL = { account: Buffer.alloc(20, 0xee), balance: AMOUNT_LIMIT - 1n, nonce: 0 };

/** The whole pipeline on a cluster: transfers of both schemes within and across shards, and every kind of bad input. */
export function describePipeline(where: string, open: () => Promise<OpenedCluster>): void {
  describe(`the pipeline on ${where}`, { timeout: TEST_TIMEOUT_MS }, () => {
    const { wallets, wallet } = makeWallets();
    const { log, lines } = memoryLog();
    let cluster: OpenedCluster;
    let settings: ClusterSettings;
    let stages: Stages;
    let client: Client;

    beforeAll(async () => {
      cluster = await open();
      settings = cluster.settings("pipeline");
      await found(settings, wallets, [FULL]);
      stages = await Stages.start(settings, undefined, log);
      client = await Client.open(stages.environment);
    }, START_TIMEOUT_MS);

    afterAll(async () => {
      await client?.close();
      await stages?.stop();
      await cluster?.stop();
    });

    it("applies transfers of both schemes, within a shard and across", async () => {
      await client.play(wallets, 300, 300, 1);
      await client.settled();
      await expectSound(stages.environment, client, wallets);
      const tracked = [...client.tracker.submissions.values()];
      const across = tracked.filter(({ crossShard }) => crossShard);
      expect(across.length).toBeGreaterThan(100);
      expect(tracked.length - across.length).toBeGreaterThan(30);
      for (const { sentMs, preconfirmedMs, finalMs, crossShard, settledMs } of tracked) {
        expect(preconfirmedMs).toBeGreaterThanOrEqual(sentMs);
        expect(finalMs).toBeGreaterThanOrEqual(preconfirmedMs!);
        expect(settledMs !== undefined).toBe(crossShard);
      }
    });

    it("takes fee-market and access-list transactions of any wallet", async () => {
      const [from, to] = [wallet(3, 1), wallet(1)];
      const fields = { recipient: to.account, amount: ONE, gasPrice: 2n };
      const typed = [
        from.ethereum(
          { ...fields, nonce: from.nonce++ },
          { type: "feeMarket", feeMax: 9n, priorityFeeMax: 2n },
        ),
        from.ethereum({ ...fields, nonce: from.nonce++ }, { type: "accessList", accessList: [] }),
      ];
      for (const transaction of typed) {
        void client.publish(from.account, transaction, "applied");
        client.moved(from, to, ONE, 42_000n);
      }
      await client.settled();
      await expectSound(stages.environment, client, wallets);
    });

    it("refuses every kind of bad input with its own code, and changes nothing", async () => {
      const { schemaIds, network } = stages.environment;
      const schemas = { transactions: schemaIds.get("transactions")!, other: schemaIds.get("genesis")! };
      const bytesMax = network.rules.transactionBytesMax;
      const [alice, bob] = [wallet(1), wallet(2, 1)];
      client.pay(alice, bob, ONE);
      const cases = badCases(alice, bob, schemas, bytesMax);
      for (const { outcome, key, value } of cases) void client.publishBytes(key, value, outcome);
      client.pay(alice, bob, ONE);
      await client.settled();
      await expectSound(stages.environment, client, wallets);
    });

    it("refuses, and across shards refunds, what the recipient can't hold", async () => {
      const home = stages.environment.network.topology.shardOf(FULL.account);
      const near = wallet(home);
      const far = wallet(home === 1 ? 2 : 1);
      const refused = near.pay(FULL.account, ONE, { nonce: near.nonce });
      void client.publish(near.account, refused, "refused BALANCE_OVERFLOW");
      void client.publish(far.account, far.pay(FULL.account, ONE), "refunded BALANCE_OVERFLOW");
      await client.settled();
      await expectSound(stages.environment, client, wallets);
    });

    it("applies a transaction once, however often and wherever it is published", async () => {
      const [from, to] = [wallet(4), wallet(4, 2)];
      const transaction = from.pay(to, ONE);
      client.moved(from, to, ONE);
      const copies = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          // Without a key the copies come through different partitions, and race.
          client.publish(index % 2 === 0 ? from.account : null, transaction, "applied|refused NONCE_USED"),
        ),
      );
      await client.settled();
      expect(copies.map(outcomeOf).filter((outcome) => outcome === "applied")).toHaveLength(1);
      await expectSound(stages.environment, client, wallets);
    });

    it("takes transactions in a schema that a producer registered, if it resolves to ours", async () => {
      const registry = new SchemaRegistry({ host: settings.registry });
      const own = codec("SignedTransaction").schema as { fields: object[] };
      const memo = { name: "memo", type: "string", default: "" };
      const { id } = await registry.register(
        { type: SchemaType.AVRO, schema: JSON.stringify({ ...own, fields: [memo, ...own.fields] }) },
        { subject: "a-producer-of-its-own" },
      );
      expect(id).not.toBe(stages.environment.schemaIds.get("transactions"));
      const [from, to] = [wallet(2), wallet(3)];
      const transaction = from.pay(to, ONE);
      client.moved(from, to, ONE);
      const value = await registry.encode(id, { ...transaction, memo: "rent" });
      void client.publishBytes(from.account, value, "applied");
      await client.settled();
      await expectSound(stages.environment, client, wallets);
      const stored = await recordsOf(stages.environment, "shard.receipts");
      expect(stored.some(({ key }) => key?.equals(transactionIdOf(transaction)))).toBe(true);
    });

    it("tells each submission exactly one last status, on the topic", async () => {
      const statuses = await lastStatuses(stages.environment);
      expect(statuses.size).toBe(client.tracker.submissions.size);
      const otherwise = [...statuses].filter(([, texts]) => texts.size !== 1 || texts.has("UNSETTLED"));
      expect(otherwise).toEqual([]);
    });

    it("can be read by an Avro client that knows nothing but the registry: every topic", async () => {
      const registry = new SchemaRegistry({ host: settings.registry });
      const kafka = new Kafka({ brokers: [...settings.brokers], logLevel: logLevel.NOTHING });
      const faults: string[] = [];
      const consumer = kafka.consumer({ groupId: "analyst" });
      await consumer.connect();
      const scaling = await openScaling(stages.environment, {
        ...{ settings: SCALING_DEFAULTS, isDryRun: true, capacity: undefined },
        architecture: "lstm",
        shippedModelPath: shippedModelPath("lstm"),
        trainEveryMs: TRAIN_EVERY_MS,
        onFailure: (error) => faults.push(`scaling: ${String(error)}`),
      });
      // Nobody proposed to change the shard tree here, and nothing was unusual.
      const unwritten: readonly TopicName[] = ["topology.proposals", "scaling.decisions", "metrics.alerts"];
      const written = CATALOGUE.filter(({ name }) => !unwritten.includes(name));
      const wanted = new Map(written.map((topic) => [topicOnCluster(settings.network, topic.name), topic]));
      await consumer.subscribe({ topics: [...wanted.keys()], fromBeginning: true });
      const seen = new Map<string, unknown>();
      await consumer.run({
        eachMessage: async ({ topic, message: { value } }) => {
          if (!value || seen.has(topic)) return;
          try {
            const { name, value: type } = wanted.get(topic)!;
            const { avroBytes, schemaId } = fromWire(value)!;
            const [decoded, latest] = [
              await registry.decode(value),
              await registry.getLatestSchemaId(subjectOf(settings.network, name)),
            ];
            seen.set(topic, decoded);
            // Decimals apart, which a plain client gets as bytes, it reads what our stages read.
            const ours = codec(type).decode(avroBytes);
            if (schemaId !== latest)
              faults.push(`${topic} names schema ${schemaId}, the latest is ${latest}`);
            if (plain(decoded) !== plain(ours))
              faults.push(`${topic}: ${plain(decoded)}, not ${plain(ours)}`);
          } catch (error) {
            // Anyone writes this topic, nonsense too.
            if (!topic.endsWith(".transactions")) faults.push(`${topic}: ${String(error)}`);
          }
        },
      });
      await until(
        () => `a record of ${[...wanted.keys()].filter((topic) => !seen.has(topic)).join(", ")}`,
        () => seen.size === wanted.size || faults.length > 0,
      );
      await Promise.all([consumer.disconnect(), scaling.stop()]);
      expect(faults).toEqual([]);
      expect(plain(seen.get("pipeline.genesis"))).toContain('"network":"pipeline"');
    });

    it("did all that without an alert, a fault or a stage that stopped", () => {
      expect(lines.filter(({ level, code }) => level >= 50 || code !== undefined)).toEqual([]);
      expect(stages.crashes).toEqual([]);
    });
  });
}

/** Text of a decoded value in which a decimal is its bytes, and a union's branch isn't named. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") {
      const hex = inner.toString(16);
      const even = hex.length % 2 === 1 ? `0${hex}` : hex;
      return [...Buffer.from(even >= "8" ? `00${even}` : even, "hex")].join();
    }
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    const bytes = inner as { type?: string; data?: number[] };
    if (bytes.type === "Buffer") return bytes.data!.join();
    const [name, ...others] = Object.keys(inner);
    return others.length === 0 && name?.startsWith("rustorium.") ? Object.values(inner)[0] : inner;
  });
}
