import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Home } from "../../runtime/home.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import { Children, networkPlan } from "../../runtime/session/children.js";
import { type Chain, changed, expectSound } from "./chain.js";
import { Client } from "./client.js";
import {
  type ClusterSettings,
  found,
  makeWallets,
  PROJECT_ROOT,
  SILENT,
  START_TIMEOUT_MS,
  Stages,
  TEST_TIMEOUT_MS,
  TestCluster,
  until,
  VALIDATORS,
} from "./support.js";

const NETWORK = "restart";

describe("a network that is interrupted", { timeout: TEST_TIMEOUT_MS }, () => {
  const { wallets } = makeWallets();
  let cluster: TestCluster;
  let settings: ClusterSettings;
  let stages: Stages | undefined;
  let client: Client | undefined;
  let chain: Chain;

  async function start(): Promise<void> {
    stages = await Stages.start(settings);
    client = await Client.open(stages.environment, client);
  }

  async function stop(): Promise<void> {
    await client?.close();
    await stages?.stop();
    stages = undefined;
  }

  /** Nothing that was written before is otherwise now. */
  function expectContinued(before: Chain, after: Chain): void {
    expect(changed(before.certificates, after.certificates)).toEqual([]);
    expect(changed(before.blocks, after.blocks)).toEqual([]);
    expect(changed(before.votes, after.votes)).toEqual([]);
    for (const shard of [0, 1, 2, 3, 4]) {
      const height = (of: Chain) =>
        [...of.certificates.keys()].filter((name) => name.startsWith(`${shard}/`)).length;
      expect(height(after), `height of shard ${shard}`).toBeGreaterThan(height(before));
    }
  }

  beforeAll(async () => {
    cluster = await TestCluster.start();
    settings = cluster.settings(NETWORK);
    expect((await found(settings, wallets)).founded).toBe(true);
    await start();
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await stop();
    await cluster?.stop();
  });

  it("continues its chain after everything was stopped, the broker too", async () => {
    await client!.play(wallets, 200, 200, 1);
    await client!.settled();
    const before = await expectSound(stages!.environment, client!, wallets);
    const { hash } = stages!.environment.network;
    await stop();
    await cluster.restart();
    settings = cluster.settings(NETWORK);
    const { founded, network } = await found(settings, wallets);
    expect(founded).toBe(false);
    expect(network.hash).toEqual(hash);
    await start();
    await client!.play(wallets, 100, 200, 2);
    await client!.settled();
    chain = await expectSound(stages!.environment, client!, wallets);
    expectContinued(before, chain);
  });

  it("rebuilds lost local stores from the topics: the same digests, nothing written or signed again", async () => {
    await stop();
    const directory = new Home(settings.home, NETWORK).storesDirectory;
    const stores = () =>
      readdirSync(directory)
        .flatMap((name) => readdirSync(join(directory, name)))
        .sort();
    const names = stores();
    expect(names).toHaveLength(5 * (1 + 2 * VALIDATORS.length));
    rmSync(directory, { recursive: true });
    expect(existsSync(directory)).toBe(false);
    await start();
    await client!.play(wallets, 100, 200, 3);
    await client!.settled();
    const after = await expectSound(stages!.environment, client!, wallets);
    expectContinued(chain, after);
    expect(stores()).toEqual(names);
    chain = after;
  });

  it("loses nothing and doubles nothing when the stages and a validator are killed under load", async () => {
    await stop();
    const ends: string[] = [];
    const children = new Children(PROJECT_ROOT, environmentOf(settings), (line) => void ends.push(line));
    const plan = networkPlan(VALIDATORS.length, 3);
    let environment: OpenEnvironment | undefined;
    try {
      await Promise.all(plan.map((child) => children.start(child)));
      environment = await openEnvironment(settings, "rustorium-test", SILENT);
      client = await Client.open(environment, client);
      const playing = client.play(wallets, 600, 60, 4);
      for (const { name } of [plan[0]!, plan[1]!]) {
        const endedBefore = client.ended;
        await until(`progress before ${name} is killed`, () => client!.ended > endedBefore + 30);
        const pid = children.pids().get(name)!;
        process.kill(pid, "SIGKILL");
        await until(
          `${name} to be started again`,
          () => ![pid, undefined].includes(children.pids().get(name)),
        );
      }
      await playing;
      await client.settled();
      expectContinued(chain, await expectSound(environment, client, wallets));
      expect(ends).toHaveLength(2);
    } finally {
      await client?.close();
      await environment?.close();
      await children.stop();
    }
  });
});

function environmentOf(settings: ClusterSettings): NodeJS.ProcessEnv {
  return {
    RUSTORIUM_BROKERS: settings.brokers.join(","),
    RUSTORIUM_REGISTRY: settings.registry,
    RUSTORIUM_NETWORK: settings.network,
    RUSTORIUM_HOME: settings.home,
    RUSTORIUM_LOG_LEVEL: settings.logLevel,
  };
}
