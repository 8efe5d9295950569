import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { totalAllocated } from "../../ledger/genesis/genesis.js";
import { accountKey, keyBytes } from "../../ledger/state/key.js";
import { accountValue, asAccount } from "../../ledger/state/state.js";
import { encodeStateValue } from "../../processors/chain/store-layout.js";
import { read } from "../../processors/read.js";
import { systemClock } from "../../runtime/clock.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import { certifiedState } from "../../runtime/proofs/certified-state.js";
import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import { toWire } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { recordsOf } from "./chain.js";
import { Client } from "./client.js";
import { buildProgram, Program } from "./program.js";
import {
  type ClusterSettings,
  found,
  makeWallets,
  START_TIMEOUT_MS,
  Stages,
  TEST_TIMEOUT_MS,
  TestCluster,
  until,
} from "./support.js";

const NETWORK = "verified";
const TRANSFERS = 300;

describe("rustorium verify chain", { timeout: TEST_TIMEOUT_MS }, () => {
  const { wallets, wallet } = makeWallets();
  const directory = mkdtempSync(join(tmpdir(), "rustorium-verify-test-"));
  const program = new Program(directory);
  let cluster: TestCluster;
  let settings: ClusterSettings;
  let stages: Stages;
  let client: Client;

  beforeAll(async () => {
    buildProgram();
    cluster = await TestCluster.start();
    settings = cluster.settings(NETWORK);
    await found(settings, wallets);
    stages = await Stages.start(settings);
    client = await Client.open(stages.environment);
  }, START_TIMEOUT_MS);

  afterEach(() => program.end());

  afterAll(async () => {
    await client?.close();
    await stages?.stop();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function verify(...more: string[]) {
    const { brokers, home } = settings;
    return program.run(
      "verify",
      "chain",
      "--brokers",
      brokers.join(","),
      "--network",
      NETWORK,
      "--home",
      home,
      ...more,
    );
  }

  it("finds no difference while the network is at work", async () => {
    const playing = client.play(wallets, TRANSFERS, 60, 3);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { code, stdout, stderr } = await verify("--json");
    await playing;
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const { ok, shards, value } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(value.found).toBe(value.expected);
    expect(shards.length).toBe(5);
  });

  it("finds everything equal when it is quiet, and says how much it compared", async () => {
    await client.settled();
    const { network, reader } = stages.environment;
    const audited = await auditWhenQuiet(network, reader);
    const { code, stdout, stderr } = await verify("--json");
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const result = JSON.parse(stdout);
    const total = String(totalAllocated(network));
    expect(result).toMatchObject({
      ok: true,
      network: NETWORK,
      genesis: network.hash.toString("hex"),
      value: { expected: total, found: total },
      firstDifference: null,
    });
    for (const { id, height } of audited.shards) {
      const { shard, blocks, certified, receiptsCompared, changesCompared } = result.shards[id];
      expect([shard, certified, changesCompared]).toEqual([id, blocks, blocks]);
      // The main chain may have taken in a certified state meanwhile: a block without receipts.
      if (id === 0) expect(blocks).toBeGreaterThanOrEqual(height);
      else expect([blocks, receiptsCompared]).toEqual([height, height]);
    }
    // Each transfer's, and three of each certificate's at least.
    expect(result.checkedSignatures).toBeGreaterThanOrEqual(TRANSFERS + 3 * audited.certificatesVerified);
  });

  it("begins with the shards' certified states where it is told to, and has less to do", async () => {
    const begun = async () => {
      const { code, stdout, stderr } = await verify("--from-checkpoint", "--json");
      expect(code, `${stdout}\n${stderr}`).toBe(0);
      return JSON.parse(stdout);
    };
    // A shard that is idle for an interval has its last state certified.
    await until("checkpoints of all shards", async () =>
      (await begun()).shards.every(({ from }: { from: number }) => from > 0),
    );
    client.pay(wallet(1), wallet(2), 3n);
    await client.settled();
    const whole = JSON.parse((await verify("--json")).stdout);
    const result = await begun();
    const total = String(totalAllocated(stages.environment.network));
    expect(result).toMatchObject({ ok: true, value: { expected: total, found: total } });
    for (const [shard, { from, blocks, stateKeys }] of result.shards.entries()) {
      expect(from + blocks).toBeGreaterThanOrEqual(whole.shards[shard].blocks);
      expect(blocks).toBeLessThan(whole.shards[shard].blocks);
      expect(stateKeys).toBeGreaterThan(0);
    }
    expect(result.checkedSignatures).toBeLessThan(whole.checkedSignatures);
  });

  it("names a coin that was minted in shard.state, ends with 1, and says so to people too", async () => {
    const { environment } = stages;
    const { account, shard } = wallet(3);
    const { partition } = environment.network.topology.shard(shard);
    const key = keyBytes(accountKey(account));
    const right = (await recordsOf(environment, "shard.state"))
      .filter((record) => record.key?.equals(key))
      .at(-1)!;
    const { height, digest, value } = read("StateRecord", right)!;
    const held = asAccount(value)!;
    const minted = encodeStateValue(height, digest, accountValue({ ...held, balance: held.balance + 1n }));
    const writer = new PlainWriter(environment.kafka);
    const wire = toWire(environment.schemaIds.get("shard.state")!, minted);
    const topic = topicOnCluster(NETWORK, "shard.state");
    await writer.write([{ topic, partition, key, value: wire }]);
    await writer.close();
    const ended = await verify("--json");
    expect(ended.code, ended.stderr).toBe(1);
    const { ok, firstDifference } = JSON.parse(ended.stdout);
    expect(ok).toBe(false);
    expect(firstDifference).toMatchObject({ code: "STATE_DIFFERS", shard });
    expect(firstDifference.message).toContain(key.toString("hex"));
    const said = await verify();
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(/^FAIL STATE_DIFFERS at shard 3, height \d+: shard\.state: key /m);
  });

  it("names a genesis that is not the configured one", async () => {
    mkdirSync(join(directory, NETWORK));
    writeFileSync(join(directory, NETWORK, "genesis.hash"), `${"5a".repeat(32)}\n`);
    const { code, stdout } = await verify("--json", "--home", directory);
    expect(code).toBe(1);
    const { genesis, firstDifference } = JSON.parse(stdout);
    expect([genesis, firstDifference.code]).toEqual([null, "GENESIS_DIFFERS"]);
  });

  it.each([
    ["a network that isn't there", ["--network", "nowhere"], "NO_GENESIS"],
    ["a log whose beginning was deleted", [], "LOG_TRIMMED"],
  ])("ends with 2 for %s", async (_, more, stable) => {
    if (stable === "LOG_TRIMMED") {
      const topic = topicOnCluster(NETWORK, "shard.log");
      const partitions = [{ partition: 1, offset: "1" }];
      await stages.environment.admin.deleteTopicRecords({ topic, partitions });
    }
    const { code, stdout, stderr } = await verify("--json", ...more);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`rustorium: ${stable}: `);
  });

  it("needs no log from before the certified states", async () => {
    const { code, stdout } = await verify("--from-checkpoint", "--json");
    expect(code).toBe(1);
    // The coin of the test above, not the log's lost beginning.
    expect(JSON.parse(stdout).firstDifference).toMatchObject({ code: "STATE_DIFFERS", shard: 3 });
  });

  it("restores what it has lost at a trimmed log, and the network goes on", async () => {
    const { network, history, admin, storesDirectory } = stages.environment;
    const { partition } = network.topology.shard(1);
    const certified = await certifiedState(network, history!, 1, systemClock, () => undefined);
    if (!certified.ok) throw new Error(certified.message);
    const { nextOffset, height } = certified.position;
    const topic = topicOnCluster(NETWORK, "shard.log");
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(nextOffset) }] });
    const before = client;
    await before.close();
    await stages.stop();
    rmSync(storesDirectory, { recursive: true, force: true });

    stages = await Stages.start(settings);
    client = await Client.open(stages.environment, before);
    client.pay(wallet(1), wallet(1, 1), 2n);
    client.pay(wallet(1, 1), wallet(2), 2n);
    await client.settled();
    expect(client.surprises()).toEqual([]);
    const again = await certifiedState(
      stages.environment.network,
      stages.environment.history!,
      1,
      systemClock,
      () => undefined,
    );
    expect(again.ok && again.position.height).toBeGreaterThanOrEqual(height);
    // None of them has lost its state for good.
    await until("votes of all validators on the last block", async () => {
      const votes = (await recordsOf(stages.environment, "shard.votes"))
        .filter((record) => record.partition === partition)
        .map((record) => read("Vote", record)!);
      const last = Math.max(...votes.map(({ header }) => header.height));
      const voted = votes.filter(({ header }) => header.height === last).map(({ validator }) => validator);
      return new Set(voted).size === 4;
    });
  });
});
