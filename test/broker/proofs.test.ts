import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClient } from "../../client/index.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { trustFile } from "../../ledger/genesis/trust-file.js";
import { MemoryState } from "../../ledger/state/state.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { decodeStateValue, stateRecord } from "../../processors/chain/store-layout.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { restoredState } from "../../runtime/stages/restore.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import { checkedRecord, checkedTransaction } from "../processors/proofs/support.js";
import { Client } from "./client.js";
import { buildProgram, type Ended, Program } from "./program.js";
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

const SHARD = 1;

describe("proofs from a real network, by the command", { timeout: TEST_TIMEOUT_MS }, () => {
  const { wallets, wallet } = makeWallets();
  let cluster: TestCluster;
  let settings: ClusterSettings;
  let stages: Stages;
  let client: Client;
  let program: Program;

  beforeAll(async () => {
    buildProgram();
    cluster = await TestCluster.start();
    settings = cluster.settings("proofs");
    program = new Program(settings.home);
    await found(settings, wallets);
    stages = await Stages.start(settings);
    client = await Client.open(stages.environment);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await program?.end();
    await client?.close();
    await stages?.stop();
    await cluster?.stop();
  });

  /** Runs the built program on the test's network. */
  function rustorium(...args: string[]): Promise<Ended> {
    const { brokers, network, home } = settings;
    // To verify a file, nothing of the network is needed.
    const place =
      args[0] === "verify" ? [] : ["--brokers", brokers.join(","), "--network", network, "--home", home];
    return program.run(...args, ...place);
  }

  /** Runs `prove`, which must succeed; its summary and the proof's bytes. */
  async function prove(kind: string, what: string) {
    const file = join(cluster.home, "a.proof");
    const { code, stdout, stderr } = await rustorium("prove", kind, what, "--out", file, "--json");
    expect(code, stderr).toBe(0);
    const bytes = readFileSync(file);
    const summary = JSON.parse(stdout) as { shard: number; height: number };
    expect(summary).toMatchObject({ kind, file, bytes: bytes.length });
    return { ...summary, ok: true as const, kind: "record" as const, bytes };
  }

  it("proves transactions within and across shards, and a record of each topic", async () => {
    const local = client.pay(wallet(SHARD, 0), wallet(SHARD, 1), 5n);
    const across = client.pay(wallet(SHARD, 1), wallet(2, 0), 7n, { gasPrice: 1n });
    await client.settled();
    await client.play(wallets, 60, 60, 1);
    await client.settled();
    expect(client.surprises()).toEqual([]);

    for (const [transaction, kind] of [
      [local, "TRANSFER"],
      [across, "PREPARED"],
    ] as const) {
      const id = transactionIdOf(transaction);
      const outcome = await prove("transaction", id.toString("hex"));
      const proof = checkedTransaction(outcome);
      expect(proof.transactionId).toEqual(id);
      expect(proof.result.kind).toBe(kind);
      expect(proof.block.header).toMatchObject({ shard: SHARD, height: outcome.height });
      expect(proof.block.signatures.length).toBeGreaterThanOrEqual(3);
    }

    for (const topic of ["shard.log", "shard.receipts", "shard.state"] as const) {
      const records = await recordsOf(stages.environment, topic);
      // Of the log the last transaction, of the others the last but one: the last of shard.state says a height.
      const candidates = topic === "shard.log" ? records.filter(isTransaction) : records.slice(0, -1);
      const record = candidates.at(-1)!;
      const proof = checkedRecord(await prove("record", `${topic}[${SHARD}]@${record.offset}`));
      expect(proof).toMatchObject({ topic, value: record.value?.subarray(5) ?? null });
    }
  });

  it("ends with 2 and a stable code where there is nothing to prove", async () => {
    const out = ["--out", join(cluster.home, "none.proof")];
    const last = (await recordsOf(stages.environment, "shard.state")).at(-1)!;
    for (const [args, code] of [
      [["transaction", "00".repeat(32)], "NOT_FOUND"],
      [["record", `shard.state[${SHARD}]@${last.offset}`], "NOT_PROVABLE"],
      [["record", "shard.log[0]@0"], "NOT_PROVABLE"],
      [["record", "shard.log[0]@999999"], "NOT_FOUND"],
      [["record", "shard.votes[0]@0"], "BAD_USAGE"],
      [["account", "0x12"], "BAD_USAGE"],
    ] as const) {
      const ended = await rustorium("prove", ...args, ...out);
      expect(ended.stderr).toContain(`rustorium: ${code}: `);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
    }
    expect(existsSync(out[1]!)).toBe(false);
  });

  it("gives programs the same: submit, read, prove", async () => {
    const { brokers, registry, network } = settings;
    const trust = trustFile(stages.environment.network);
    const other = trust.replace(/"genesis": "../, '"genesis": "00');
    await expect(openClient({ brokers, network, trust: other })).rejects.toMatchObject({
      code: "OTHER_GENESIS",
    });

    const reading = await openClient({ brokers, registry, network, trust });
    const [from, to] = [wallet(3, 0), wallet(3, 1)];
    const before = await reading.read(to.account);
    const forged = { ...from.pay(to, 1n, { nonce: 0 }), signature: Buffer.alloc(64) };
    expect(await reading.submit(forged)).toMatchObject({ ok: false, code: "BAD_SIGNATURE" });
    const submitted = await reading.submit(from.pay(to, 11n));
    if (!submitted.ok) throw new Error(submitted.message);
    await until("the amount has arrived", async () => {
      const { balance } = await reading.read(to.account);
      return balance === before.balance + 11n;
    });
    const { height, nonce } = await reading.read(from.account);
    expect(nonce).toBe(from.nonce);
    const proof = await reading.proveTransaction(submitted.transactionId);
    expect(checkedTransaction(proof).result).toMatchObject({ kind: "TRANSFER", amount: 11n });
    if (!proof.ok) throw new Error(proof.message);
    expect(proof.height).toBeLessThanOrEqual(height);
    const { transactionId } = submitted;
    expect(reading.verifyProof(proof.bytes, { transactionId, shard: 3 })).toMatchObject({ ok: true });
    expect(reading.verifyProof(proof.bytes, { shard: 2 })).toMatchObject({ ok: false });
    await reading.close();
  });

  it("proves what accounts have at the newest checkpoint, and goes on to the next", async () => {
    const { brokers, network } = settings;
    const reading = await openClient({ brokers, network });
    const [from, to] = [wallet(4, 0), wallet(4, 1)];
    const proveAll = async () => {
      const proofs = await Promise.all([from, to].map(({ account }) => reading.readWithProof(account)));
      return proofs.map((proof, index) => {
        if (!proof.ok) throw new Error(`${proof.code}: ${proof.message}`);
        const { account } = [from, to][index]!;
        const verdict = reading.verifyProof(proof.bytes, { account, shard: 4 });
        expect(verdict).toMatchObject({ ok: true, claim: { kind: "account", height: proof.height } });
        return proof;
      });
    };
    /** Pays until a checkpoint is above a height; each payment makes a block, and one of them is a checkpoint. */
    const payUntilAbove = async (height: number) => {
      await until(`a checkpoint above height ${height}`, async () => {
        client.pay(from, to, 1n);
        await client.settled();
        const proof = await reading.readWithProof(to.account);
        return proof.ok && proof.height > height;
      });
    };
    // Above all that other tests did: from here on only these payments change the two accounts.
    await payUntilAbove((await reading.read(to.account)).height);
    const first = await proveAll();
    await payUntilAbove(first[0]!.height);
    await client.settled();
    const second = await proveAll();
    for (const [sender, recipient] of [first, second]) {
      // One checkpoint for both, unless the next came between them.
      if (sender!.height !== recipient!.height) continue;
      const total = sender!.value!.balance + recipient!.value!.balance;
      expect(total).toBe(client.balance(from) + client.balance(to));
    }
    expect(second[1]!.value!.balance).toBeGreaterThan(first[1]!.value!.balance);
    expect(second[0]!.value!.nonce).toBeGreaterThan(first[0]!.value!.nonce);
    await reading.close();

    const outcome = await prove("account", `0x${to.account.toString("hex")}`);
    expect(outcome.shard).toBe(4);
    expect(outcome.height).toBeGreaterThanOrEqual(second[0]!.height);

    // Whoever has the file and the validators' keys checks it without us.
    const [trust, file] = [join(cluster.home, "trust.json"), join(cluster.home, "a.proof")];
    writeFileSync(trust, trustFile(stages.environment.network));
    const asked = `0x${to.account.toString("hex")}`;
    const proved = await rustorium("verify", file, "--trust", trust, "--account", asked, "--json");
    expect(proved).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(proved.stdout)).toMatchObject({
      ok: true,
      claim: { kind: "account", account: asked.slice(2), height: outcome.height },
    });
    const elsewhere = await rustorium("verify", file, "--trust", trust, "--minimum-height", "1000000");
    expect(elsewhere).toMatchObject({ code: 1, stdout: expect.stringContaining("refused: WRONG_HEIGHT") });
    const altered = readFileSync(file);
    altered[altered.length - 1]! ^= 1;
    writeFileSync(file, altered);
    expect((await rustorium("verify", file, "--trust", trust)).code).toBe(1);
    expect(await rustorium("verify", file, "--trust", file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("BAD_TRUST"),
    });
  });

  it("proves that a shard's root is in the global root, once the main chain has a state of each shard", async () => {
    const file = join(cluster.home, "shard.proof");
    await until("a global root that the main chain certified", async () => {
      const { code, stderr } = await rustorium("prove", "shard", "4", "--out", file);
      expect(stderr.includes("rustorium: ") && !stderr.includes("NO_CHECKPOINT"), stderr).toBe(false);
      return code === 0;
    });
    const trust = join(cluster.home, "trust.json");
    writeFileSync(trust, trustFile(stages.environment.network));
    const { code, stdout } = await rustorium("verify", file, "--trust", trust, "--shard", "4", "--json");
    expect(code, stdout).toBe(0);
    const { claim } = JSON.parse(stdout) as { claim: Record<string, unknown> };
    expect(claim).toMatchObject({
      kind: "shard",
      shard: 4,
      globalRoot: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const said = await rustorium("verify", file, "--trust", trust);
    expect(said.stdout).toContain(
      `proved: the state root ${claim.stateRoot as string} is in the global root`,
    );
  });

  it("restores a shard from topics at a certified root, and executes what comes after", async () => {
    const { environment } = stages;
    const { network, reader } = environment;
    const partition = network.topology.shard(4).partition;
    await expect(restoredState(environment, 4, partition), "its log is short").resolves.toBeUndefined();
    const restored = await restoredState(environment, 4, partition, 0);
    if (!restored) throw new Error("nothing was restored");
    const { state, position } = restored;
    expect(position.height).toBeGreaterThan(0);
    client.pay(wallet(4, 0), wallet(4, 1), 1n);
    await client.settled();

    const values = new MemoryState();
    for (const [key, bytes] of state.allValues) {
      const record = stateRecord({ height: position.height, digest: position.digest }, bytes);
      values.apply(new Map([[key, decodeStateValue(record)!]]));
    }
    const chain = new ShardChain(network, 4, values, position, { isAuthentic: isAuthenticBySignature });
    const digests = new Map<number, Buffer>();
    const log = topicOnCluster(network.genesis.network, "shard.log");
    for await (const records of reader.readToEnd("shard.log", log, partition, position.nextOffset))
      for (const { value, timeMs, offset } of records) {
        const { block } = chain.append({ bytes: value!.subarray(5), timeMs, offset });
        if (block) digests.set(block.header.height, block.digest);
      }
    expect(digests.size).toBeGreaterThan(0);
    const certified = (await recordsOf(environment, "shard.finalized", partition))
      .map((record) => read("FinalityCertificate", record)!)
      .filter(({ header }) => header.height > position.height);
    for (const { header, digest } of certified) expect(digests.get(header.height)).toEqual(digest);
  });

  it("proves accounts when the first changes are gone, at a checkpoint to come", async () => {
    const { brokers, network } = settings;
    const { admin } = stages.environment;
    const [from, to] = [wallet(2, 0), wallet(2, 1)];
    const topic = topicOnCluster(network, "shard.changes");
    const bounds = (await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 2)!;
    expect(Number(bounds.high)).toBeGreaterThan(2);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 2, offset: bounds.high }] });

    const reading = await openClient({ brokers, network });
    let isProved = false;
    const proved = reading.readWithProof(to.account).finally(() => {
      isProved = true;
    });
    await until("a proof", async () => {
      client.pay(from, to, 1n);
      await client.settled();
      return isProved;
    });
    const proof = await proved;
    if (!proof.ok) throw new Error(`${proof.code}: ${proof.message}`);
    expect(reading.verifyProof(proof.bytes, { account: to.account })).toMatchObject({ ok: true });
    await reading.close();
    // What was made from the changes of earlier blocks can't be made any more.
    const early = (await recordsOf(stages.environment, "shard.state", 2)).find(({ value }) => value)!;
    const none = join(cluster.home, "none.proof");
    const ended = await rustorium("prove", "record", `shard.state[2]@${early.offset}`, "--out", none);
    expect(ended.stderr).toContain("rustorium: RETENTION: ");
  });

  it("writes whom to trust, as founding the network did already", async () => {
    const file = join(cluster.home, "validators.json");
    expect((await rustorium("trust", "--out", file)).code).toBe(0);
    const text = readFileSync(file, "utf8");
    expect(text).toBe(readFileSync(join(cluster.home, "proofs", "validators.json"), "utf8"));
    const { network } = stages.environment;
    expect(JSON.parse(text)).toEqual({
      format: "rustorium-trust",
      version: 1,
      genesis: network.hash.toString("hex"),
      consensus: "hybrid-pos",
      epoch: Number.MAX_SAFE_INTEGER,
      validators: network.genesis.validators.map(({ validator, publicKey, stake }) => ({
        validator,
        publicKey: publicKey.toString("hex"),
        stake,
      })),
    });
  });
});

async function recordsOf(
  { reader, network }: OpenEnvironment,
  name: TopicName,
  shard = SHARD,
): Promise<InputRecord[]> {
  const { partition } = network.topology.shard(shard);
  const topic = topicOnCluster(network.genesis.network, name);
  const records: InputRecord[] = [];
  for await (const fetched of reader.readToEnd(name, topic, partition, 0)) records.push(...fetched);
  return records;
}

function isTransaction(record: InputRecord): boolean {
  const entry = read("LogEntry", record)?.entry;
  return entry !== undefined && "rustorium.UserTransaction" in entry;
}
