import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../ledger/block/header.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { OpenTask, StageDriver } from "../../runtime/driver/environment.js";
import { perform } from "../../runtime/driver/perform.js";
import type { Home } from "../../runtime/home.js";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import { stageDefinitions } from "../../runtime/process/stages.js";
import { executeStage } from "../../runtime/stages/execute.js";
import { codec, toWire } from "../../schemas/codec.js";
import { ONE } from "../../simulator/world/network.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { expectSound, recordsOf } from "./chain.js";
import { Client } from "./client.js";
import {
  allStages,
  type ClusterSettings,
  found,
  makeWallets,
  SILENT,
  START_TIMEOUT_MS,
  Stages,
  TEST_TIMEOUT_MS,
  TestCluster,
  until,
} from "./support.js";

const NETWORK = "scale";
/** Stages that get a second member, and how many partition numbers they share out. */
const SCALED = [
  ["validate", 4],
  ["execute", 5],
] as const;

describe("a stage with two members", { timeout: TEST_TIMEOUT_MS }, () => {
  const { wallets, wallet } = makeWallets();
  let cluster: TestCluster;
  let settings: ClusterSettings;
  let first: Stages;
  let second: Stages | undefined;
  let client: Client;

  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  /** A second member, as on another machine: its own connections and stores. */
  const join2nd = () =>
    Stages.start({ ...settings, stores: join(cluster.home, "stores-2") }, (home: Home) =>
      SCALED.flatMap(([name]) => stageDefinitions(name, home, [])),
    );

  beforeAll(async () => {
    cluster = await TestCluster.start();
    // Two members of one process have one thread's load between them: placement.test.ts has processes for that.
    settings = { ...cluster.settings(NETWORK), placement: "round-robin" };
    await found(settings, wallets);
    first = await Stages.start(settings);
    client = await Client.open(first.environment);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await client?.close();
    await second?.stop();
    await first?.stop();
    await cluster?.stop();
  });

  it("shares the partitions under load, and gives them back; nothing is lost or done twice", async () => {
    let playing = client.play(wallets, 400, 80, 1);
    await until("load under way", () => client.ended > 40);
    second = await join2nd();
    for (const [group, count] of SCALED) {
      // The sum alone is also right before the first member hears of the second.
      const least = Math.floor(count / 2);
      await until(
        () => `${group} shared: ${first.running(group).join()} and ${second!.running(group).join()}`,
        () => {
          const shares = [first.running(group).length, second!.running(group).length];
          return Math.min(...shares) >= least && shares[0]! + shares[1]! === count;
        },
      );
      expect([...first.running(group), ...second.running(group)].sort()).toEqual(numbers(count));
      await expectCopartitioned(group);
    }
    await playing;
    await client.settled();
    await expectSound(first.environment, client, wallets);

    playing = client.play(wallets, 200, 80, 2);
    const endedBefore = client.ended;
    await until("load under way", () => client.ended > endedBefore + 20);
    await second.stop();
    second = undefined;
    for (const [group, count] of SCALED) {
      await until(`${group} back with one member`, () => first.running(group).length === count);
      expect(first.running(group)).toEqual(numbers(count));
    }
    await playing;
    await client.settled();
    await expectSound(first.environment, client, wallets);
  });

  /** Whether each member has the same partition numbers of all inputs, by the broker's word. */
  async function expectCopartitioned(group: string): Promise<void> {
    const { admin } = first.environment;
    const described = (await admin.describeGroups([`${NETWORK}.${group}`])).groups[0]!;
    expect(described.members).toHaveLength(2);
    const { inputs } = first.runner(group).definition;
    for (const { memberAssignment } of described.members) {
      const { assignment } = AssignerProtocol.MemberAssignment.decode(memberAssignment)!;
      const shares = Object.values(assignment).map((partitions) => [...partitions].sort());
      expect(shares).toHaveLength(inputs.length);
      for (const share of shares) expect(share).toEqual(shares[0]);
    }
  }

  it("fences the older of two executors of a partition: its commit fails and nothing of it appears", async () => {
    // Everything but execute runs: the log grows, and nobody closes a block.
    await first.stop();
    first = await Stages.start(settings, (home) => allStages(home).filter(({ name }) => name !== "execute"));
    const reopened = await Client.open(first.environment, client);
    await client.close();
    client = reopened;
    const { environment } = first;
    const { partition } = environment.network.topology.shard(1);
    const logged = async () =>
      (await recordsOf(environment, "shard.log")).filter((record) => record.partition === partition);
    const before = (await logged()).length;
    client.pay(wallet(1), wallet(1, 1), ONE);
    await until("the entry in shard.log", async () => (await logged()).length === before + 1);

    const older = await openExecutor("older");
    const newer = await openExecutor("newer");
    try {
      const height = await headOf(environment, partition);
      const cut = codec("LogEntry").encode({ entry: { "rustorium.Cut": { height: height + 1 } } });
      await older.driver.writer.write([
        {
          topic: topicOnCluster(NETWORK, "shard.log"),
          partition,
          key: null,
          value: toWire(environment.schemaIds.get("shard.log")!, cut),
        },
      ]);
      const log = await logged();
      await expect(executeTail(older, log)).rejects.toThrow(/fenced|epoch|newer/i);
      expect(await headOf(environment, partition)).toBe(height);
      await executeTail(newer, log);
      // The broker answers a commit before read_committed clients see what it committed.
      const committed = async () => (await headOf(environment, partition)) === height + 1;
      await until("the newer one's block", committed);
      await client.settled();
      await expect(executeTail(older, log)).rejects.toThrow();
    } finally {
      for (const executor of [older, newer]) await executor.close();
    }
    await first.stop();
    first = await Stages.start(settings);
    const again = await Client.open(first.environment, client);
    await client.close();
    client = again;
    client.pay(wallet(1), wallet(1, 1), ONE);
    await client.settled();
    await expectSound(first.environment, client, wallets);
  });

  interface Executor {
    readonly open: OpenTask;
    readonly driver: StageDriver;
    close(): Promise<void>;
  }

  /** The task of shard 1 with stores of its own, outside of any group: what a member is that wrongly thinks it has it. */
  async function openExecutor(name: string): Promise<Executor> {
    const stores = join(cluster.home, `stores-${name}`);
    const environment: OpenEnvironment = await openEnvironment({ ...settings, stores }, name, SILENT);
    const definition = executeStage(environment.home.macKey());
    const writer = new PlainWriter(environment.kafka);
    const open = await definition.open(environment.network.topology.shard(1).partition, environment, false);
    return {
      open,
      driver: { definition, environment, writer },
      async close() {
        await open.transactional!.close();
        await open.store!.close();
        await writer.close();
        await environment.close();
      },
    };
  }
});

/** Executes the log from where the task stands and writes what comes of it. */
async function executeTail(
  { open, driver }: { open: OpenTask; driver: StageDriver },
  log: readonly InputRecord[],
): Promise<void> {
  const from = open.task.startAt!.get("shard.log")!;
  const result = open.task.step(
    log.filter(({ offset }) => offset >= from),
    Date.now(),
  );
  expect(result.records.map(({ topic }) => topic)).toContain("shard.blocks");
  await perform(result, open, driver);
}

/** Height of the last header of a partition that execute wrote; fails where two headers are of one height. */
async function headOf(environment: OpenEnvironment, partition: number): Promise<number> {
  const headers = (await recordsOf(environment, "shard.blocks"))
    .filter((record) => record.partition === partition)
    .map((record) => read("BlockHeader", record)!);
  headers.forEach((header, index) => {
    expect(header.height).toBe(index + 1);
    if (index > 0) expect(header.parent).toEqual(digestOf(headers[index - 1]!));
  });
  return headers.length;
}
