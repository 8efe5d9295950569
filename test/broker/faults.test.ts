import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountKey, keyBytes } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { read } from "../../processors/read.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import { executeStage } from "../../runtime/stages/execute.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { withEnvironment } from "../../simulator/plants/seams.js";
import { ONE, type Wallet } from "../../simulator/world/network.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { creditTooMuch, WRONG_AMOUNT } from "../support/wrong-credit.js";
import { accountsOf, chainWithAllVotes, changed, expectSound, recordsOf, twice } from "./chain.js";
import { Client } from "./client.js";
import {
  allStages,
  type ClusterSettings,
  found,
  makeWallets,
  memoryLog,
  START_TIMEOUT_MS,
  Stages,
  TEST_TIMEOUT_MS,
  TestCluster,
  until,
  VALIDATORS,
} from "./support.js";

const NETWORK = "faults";

describe("a network with a faulty execute and a forger", { timeout: TEST_TIMEOUT_MS }, () => {
  const { wallets, wallet } = makeWallets();
  const { log, lines } = memoryLog();
  let cluster: TestCluster;
  let settings: ClusterSettings;
  let stages: Stages;
  let client: Client;

  beforeAll(async () => {
    cluster = await TestCluster.start();
    settings = cluster.settings(NETWORK);
    await found(settings, wallets);
    stages = await Stages.start(
      settings,
      (home) => [
        ...allStages(home).filter(({ name }) => name !== "execute"),
        withEnvironment(executeStage(home.macKey()), (environment) => ({
          ...environment,
          planted: { applyTransaction: creditTooMuch },
        })),
      ],
      log,
    );
    client = await Client.open(stages.environment);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await client?.close();
    await stages?.stop();
    await cluster?.stop();
  });

  const partitionOf = (shard: number) => stages.environment.network.topology.shard(shard).partition;
  const coded = () => lines.filter(({ code }) => code !== undefined);

  /** Every balance that shard.state ever showed of an account, tombstones apart. */
  async function balancesShown({ account }: Wallet): Promise<bigint[]> {
    const key = keyBytes(accountKey(account));
    const shown: bigint[] = [];
    for (const record of await recordsOf(stages.environment, "shard.state")) {
      if (!record.key?.equals(key)) continue;
      const held = record.value && asAccount(read("StateRecord", record)?.value);
      if (held) shown.push(held.balance);
    }
    return shown;
  }

  it("applies what bears a forged MAC and a true signature; a forged signature is void with it", async () => {
    const [from, to] = [wallet(2), wallet(2, 1)];
    client.pay(from, to, ONE);
    await client.settled();
    const { environment } = stages;
    const writer = new PlainWriter(environment.kafka);
    // Far above any offset of the topic `transactions`, so that the entries are not taken for repeats.
    let sourceOffset = 1_000_000;
    const forge = async (transaction: SignedTransaction) => {
      const forged = {
        mac: Buffer.alloc(32, 0x5a),
        sourcePartition: 0,
        sourceOffset: sourceOffset++,
        submittedAt: Date.now(),
        sender: from.account,
        transactionId: transactionIdOf(transaction),
        transaction,
      };
      const bytes = codec("LogEntry").encode({ entry: { "rustorium.UserTransaction": forged } });
      const topic = topicOnCluster(NETWORK, "shard.log");
      const value = toWire(environment.schemaIds.get("shard.log")!, bytes);
      await writer.write([{ topic, partition: partitionOf(2), key: null, value }]);
      return forged.transactionId;
    };
    try {
      const unsigned = { ...from.pay(to, 2n * ONE, { nonce: from.nonce }), signature: Buffer.alloc(64, 1) };
      const voided = await forge(unsigned);
      // In the log behind the void one, with the same nonce: what is final here has passed that one by.
      const applied = await forge(from.pay(to, 3n * ONE));
      client.moved(from, to, 3n * ONE);
      const certified = async () => (await accountsOf(environment, [to]))[0]?.balance === client.balance(to);
      await until("the signed transfer in shard.state", certified);
      await expectSound(environment, client, wallets);
      const receipts = (await recordsOf(environment, "shard.receipts")).map(({ key }) =>
        key?.toString("hex"),
      );
      expect(receipts).toContain(applied.toString("hex"));
      expect(receipts).not.toContain(voided.toString("hex"));
      expect(coded()).toEqual([]);
    } finally {
      await writer.close();
    }
  });

  it("never certifies a wrong credit of execute: the validators' digest is, and the fault is named", async () => {
    const [from, to] = [wallet(1), wallet(1, 1)];
    const { environment } = stages;
    client.pay(from, to, ONE);
    await client.settled();
    const before = client.balance(to);
    client.pay(from, to, WRONG_AMOUNT);
    const contradictions = () =>
      lines.filter(({ stage, code }) => stage === "execute" && code === "DIGEST_CONTRADICTED");
    // Once it forgets its store and executes again; with the same result it stays down.
    await until(
      () => `two contradictions, not ${JSON.stringify(coded())}`,
      () => contradictions().length === 2,
    );
    expect(contradictions().map(({ partition }) => partition)).toEqual([partitionOf(1), partitionOf(1)]);
    const halted = stages
      .runner("execute")
      .status()
      .filter(({ status }) => status === "halted");
    expect(halted.map(({ partition }) => partition)).toEqual([partitionOf(1)]);

    const chain = await chainWithAllVotes(environment);
    expect(twice(chain.certificates)).toEqual([]);
    const [height, ...others] = changed(chain.certificates, chain.blocks);
    expect(others).toEqual([]);
    expect(height).toMatch(/^1\//);
    const [certified] = chain.certificates.get(height!)!;
    for (const wrong of chain.blocks.get(height!)!) {
      expect(wrong).not.toBe(certified);
      expect([...chain.certificates.values()].flat()).not.toContain(wrong);
      expect([...chain.votes.values()].flat()).not.toContain(wrong);
      expect(contradictions()[0]!.msg).toContain(wrong);
    }
    for (const validator of VALIDATORS)
      expect(chain.votes.get(`${height}/${validator}`)).toEqual([certified]);
    expect(contradictions()[0]!.msg).toContain(certified);
    // finalize and checkpoints tell too, if they get to see both sides.
    for (const { stage, code } of coded())
      expect(`${stage} ${code}`).toMatch(
        /^(execute DIGEST_CONTRADICTED|(finalize|checkpoint-\d) EXECUTE_CONTRADICTED)$/,
      );

    expect((await accountsOf(environment, [to]))[0]?.balance).toBe(before);
    expect(await balancesShown(to)).toContain(before);
    expect(await balancesShown(to)).not.toContain(before + WRONG_AMOUNT + 1n);
    expect(client.tracker.pending).toBe(1);
  });

  it("goes on in the other shards meanwhile", async () => {
    const endedBefore = client.ended;
    client.pay(wallet(3), wallet(3, 1), ONE);
    client.pay(wallet(3), wallet(4), ONE);
    await until("both transfers", () => client.ended === endedBefore + 2);
    expect(client.tracker.pending).toBe(1);
  });

  it("is healed by a right execute, without the wrong value ever in shard.state", async () => {
    const to = wallet(1, 1);
    const wrong = client.balance(to) + 1n;
    await stages.stop();
    stages = await Stages.start(settings);
    const reopened = await Client.open(stages.environment, client);
    await client.close();
    client = reopened;
    await client.settled();
    client.pay(wallet(1), to, ONE);
    await client.settled();
    expect(client.surprises()).toEqual([]);
    const audited = await auditWhenQuiet(stages.environment.network, stages.environment.reader);
    expect(audited).toMatchObject({ faults: [], validatorsAgree: true, valueConserved: true, inEscrow: 0n });
    const state = await accountsOf(stages.environment, wallets);
    expect(state).toEqual(wallets.map((held) => ({ balance: client.balance(held), nonce: held.nonce })));
    const shown = await balancesShown(to);
    expect(shown).toContain(wrong - 1n);
    expect(shown).not.toContain(wrong);
  });
});
