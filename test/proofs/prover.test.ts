import { beforeAll, describe, expect, it } from "vitest";
import { accountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { verifyStateProof } from "../../ledger/state-tree/verify.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { heightRecordKey } from "../../processors/keys.js";
import { read } from "../../processors/read.js";
import { Prover } from "../../runtime/proofs/prover.js";
import { codec } from "../../schemas/codec.js";
import type { CheckpointCertificate, SignedTransaction } from "../../schemas/generated.js";
import { seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { verifyProofFile } from "../../verifier/index.js";
import { checkedRecord, checkedTransaction, fileOf } from "../processors/proofs/support.js";
import { Expectation, submitOne } from "../support/load.js";
import { Pipeline } from "../support/pipeline.js";
import { MemorySource } from "../support/topic-source.js";
import { trustOf } from "../verifier/samples.js";
import { checkpointOf, executed } from "./executed.js";

const TRANSACTIONS = 150;
const net = makeTestNetwork();
const { network } = net;

/** A network that has worked for a while, with void records in its logs. */
function busy(): Pipeline {
  const pipeline = new Pipeline(net);
  const chance = seeded(7);
  const expected = new Expectation();
  for (let index = 0; index < TRANSACTIONS; index++) {
    submitOne(pipeline, net, chance, expected);
    if (index % 10 === 9) pipeline.runUntilQuiet({ steps: 200 });
    // Delivered twice: the copies are void.
    if (index % 50 === 49)
      for (const { partition } of network.topology.shards) pipeline.redeliver("shard.log", partition, 3, 9);
  }
  pipeline.runUntilQuiet();
  return pipeline;
}

describe("the prover", { timeout: 120_000 }, () => {
  let pipeline: Pipeline;
  let source: MemorySource;
  let prover: Prover;
  beforeAll(() => {
    pipeline = busy();
    source = new MemorySource(pipeline.topics);
    prover = new Prover(network, source);
  });

  const receipts = (shard: number) =>
    source
      .records("shard.receipts", network.topology.shard(shard).partition)
      .map((record) => ({ record, receipt: read("Receipt", record)! }));

  it("proves every transaction, by what took effect", async () => {
    let proved = 0;
    for (const shard of [1, 2, 3, 4]) {
      const outcomes = new Map<string, string>();
      for (const { receipt } of receipts(shard)) {
        const { transactionId, kind, sourcePartition } = receipt.result;
        if (sourcePartition < 0) continue;
        const id = transactionId.toString("hex");
        if (outcomes.get(id) === undefined || kind !== "REFUSED") outcomes.set(id, kind);
      }
      expect(new Set(outcomes.values())).toEqual(new Set(["TRANSFER", "PREPARED", "REFUSED"]));
      for (const [id, kind] of [...outcomes].slice(0, 12)) {
        const proof = checkedTransaction(await prover.transaction(Buffer.from(id, "hex")));
        expect(proof.transactionId.toString("hex")).toBe(id);
        expect(proof.result.kind).toBe(kind);
        expect(proof.block.header.shard).toBe(shard);
        proved++;
      }
    }
    expect(proved).toBe(48);
  });

  it("proves what took effect of a transaction that is in two blocks, before or after it was refused", async () => {
    const twice = new Pipeline(net);
    const [from, to] = [net.wallet(1, 0), net.wallet(1, 1)];
    const [first, second] = [0, 1].map((nonce) => from.pay(to, 1n, { nonce })) as [
      SignedTransaction,
      SignedTransaction,
    ];
    for (const transaction of [second, first, second, first]) {
      twice.submit(transaction, from.account);
      twice.runUntilQuiet();
    }
    const again = new Prover(network, new MemorySource(twice.topics));
    for (const [transaction, height] of [
      [first, 2],
      [second, 3],
    ] as const) {
      const outcome = await again.transaction(transactionIdOf(transaction));
      expect(outcome).toMatchObject({ height });
      expect(checkedTransaction(outcome).result.kind).toBe("TRANSFER");
    }
  });

  it("proves each record of the log that counts, and no other", async () => {
    for (const shard of [0, 1]) {
      const { partition } = network.topology.shard(shard);
      const counted = executed(pipeline, shard).heights;
      const lastCounted = Math.max(...counted.keys());
      const voided: string[] = [];
      for (const { offset, value } of source.records("shard.log", partition)) {
        const outcome = await prover.record("shard.log", partition, offset);
        if (counted.has(offset)) {
          expect(outcome, `shard ${shard}, offset ${offset}`).toMatchObject({ ok: true, shard });
          expect(checkedRecord(outcome).value).toEqual(value!.subarray(5));
        } else {
          // Behind the last block nothing says yet what counts.
          const codes = offset > lastCounted ? ["NOT_PROVABLE", "NOT_FINAL"] : ["NOT_PROVABLE"];
          expect(codes, `shard ${shard}, offset ${offset}`).toContain(outcome.ok ? "proved" : outcome.code);
          voided.push(outcome.ok ? "" : outcome.message);
        }
      }
      expect(counted.size).toBeGreaterThan(10);
      expect(new Set(voided).size).toBeGreaterThanOrEqual(2);
    }
  });

  it("proves each receipt, also of messages between shards", async () => {
    for (const shard of [0, 1]) {
      const { partition } = network.topology.shard(shard);
      for (const { record, receipt } of receipts(shard)) {
        const outcome = await prover.record("shard.receipts", partition, record.offset);
        expect(checkedRecord(outcome)).toMatchObject({ index: receipt.index, key: record.key });
      }
    }
  });

  it("proves each record of the state, removals too, but not the markers of heights", async () => {
    const shard = 1;
    const { partition, prefix } = network.topology.shard(shard);
    const marker = keyBytes(heightKey(prefix));
    let removals = 0;
    for (const { key, value, offset } of source.records("shard.state", partition)) {
      const outcome = await prover.record("shard.state", partition, offset);
      if (key!.equals(marker)) expect(outcome).toMatchObject({ code: "NOT_PROVABLE" });
      else
        expect(checkedRecord(outcome)).toMatchObject({
          key,
          value: value === null ? null : value.subarray(5),
        });
      if (value === null) removals++;
    }
    expect(removals).toBeGreaterThan(0);
  });

  it("says what isn't there, isn't final, is gone", async () => {
    const { partition } = network.topology.shard(1);
    expect(await prover.transaction(Buffer.alloc(32))).toMatchObject({ code: "NOT_FOUND" });
    expect(await prover.record("shard.log", partition, 1_000_000)).toMatchObject({ code: "NOT_FOUND" });
    expect(await prover.record("shard.log", 77, 0)).toMatchObject({ code: "NOT_FOUND" });
    expect(await prover.account(net.wallet(1).account)).toMatchObject({ code: "NO_CHECKPOINT" });

    const trimmed = new MemorySource(pipeline.topics);
    const [first, last] = [receipts(1)[0]!, receipts(1).at(-1)!];
    trimmed.trim("shard.receipts", partition, last.record.offset);
    trimmed.trim("shard.changes", partition, 5);
    const poor = new Prover(network, trimmed);
    expect(await poor.record("shard.receipts", partition, first.record.offset)).toMatchObject({
      code: "RETENTION",
    });
    const inThirdBlock = [...executed(pipeline, 1).heights].find(([, height]) => height === 3)!;
    expect(await poor.record("shard.log", partition, inThirdBlock[0])).toMatchObject({ code: "RETENTION" });
  });

  it("proves accounts from shard.state where the first changes are gone, at a checkpoint that comes after it", async () => {
    const shard = 1;
    const { partition } = network.topology.shard(shard);
    const { account } = net.wallet(shard);
    const growing = new Pipeline(net);
    const grow = () => {
      const [from, to] = [net.wallet(shard, 0), net.wallet(shard, 1)];
      const nonce = growing.topics.records("transactions", from.account[0]! % 4).length;
      growing.submit(from.pay(to, 1n, { nonce }), from.account);
      growing.runUntilQuiet();
    };
    for (let block = 0; block < 6; block++) grow();
    const trimmed = new MemorySource(growing.topics);
    trimmed.trim("shard.changes", partition, 4);
    // The table is a block behind the certificates and changes.
    const table = growing.topics.records("shard.state", partition);
    const { prefix } = network.topology.shard(shard);
    const markers = table.flatMap(({ key }, index) =>
      key!.equals(keyBytes(heightKey(prefix))) ? [index] : [],
    );
    trimmed.delay("shard.state", partition, markers.at(-2)! + 1);
    let checkpoint = checkpointOf(executed(growing, shard, 4)).signed;
    let polled = 0;
    const options = {
      checkpointWaitMs: 0,
      checkpoints: {
        newest: async () => {
          polled++;
          return checkpoint;
        },
        at: async () => undefined,
      },
    };
    const accounts = new Prover(network, trimmed, options);
    expect(await accounts.account(account)).toMatchObject({ code: "NO_CHECKPOINT" });
    expect(polled).toBe(1);
    for (const blocks of [0, 2]) {
      for (let block = 0; block < blocks; block++) grow();
      const last = executed(growing, shard);
      checkpoint = checkpointOf(last).signed;
      expect(await accounts.account(account)).toMatchObject({
        ok: true,
        height: 6 + blocks,
        time: checkpoint.checkpoint.time,
        value: asAccount(last.state.get(accountKey(account))),
      });
    }
    const wrong = { ...checkpoint.checkpoint, stateRoot: Buffer.alloc(32) };
    checkpoint = { ...checkpoint, checkpoint: wrong };
    expect(await accounts.account(account)).toMatchObject({ code: "ROOT_MISMATCH" });
  });

  it("proves that a shard's root is in the global root, once the main chain has a state of each shard", async () => {
    const own = new Pipeline(net);
    for (const wallet of net.wallets)
      own.submit(wallet.pay(net.wallet(1, 1), 1n, { nonce: 0 }), wallet.account);
    own.runUntilQuiet();
    const certify = (shard: number) => {
      const { signed } = checkpointOf(executed(own, shard));
      const value = codec("CheckpointCertificate").encode(signed);
      own.topics.write({
        topic: "shard.checkpoints",
        partition: network.topology.shard(shard).partition,
        key: heightRecordKey(signed.checkpoint.height),
        value,
      });
      own.runUntilQuiet();
      return signed;
    };
    const proofs = new Prover(network, new MemorySource(own.topics));
    expect(await proofs.shardRoot(2)).toMatchObject({ code: "NO_CHECKPOINT" });
    for (const shard of [1, 2, 3]) certify(shard);
    certify(0);
    expect(await proofs.shardRoot(2)).toMatchObject({ code: "NO_CHECKPOINT" });
    certify(4);
    const main = certify(0);
    for (const shard of [0, 9]) expect(await proofs.shardRoot(shard)).toMatchObject({ code: "NOT_FOUND" });
    for (const shard of [1, 2, 3, 4]) {
      const outcome = await proofs.shardRoot(shard);
      if (!outcome.ok) throw new Error(outcome.message);
      const { height, stateRoot } = checkpointOf(executed(own, shard)).signed.checkpoint;
      expect(outcome).toMatchObject({ kind: "shard", shard, height });
      expect(verifyProofFile(outcome.bytes, trustOf(net))).toMatchObject({
        ok: true,
        claim: {
          kind: "shard",
          stateRoot: stateRoot.toString("hex"),
          mainChain: { height: main.checkpoint.height },
        },
      });
    }
  });

  it("proves nothing that is not certified yet", async () => {
    const halted = new Pipeline(net);
    halted.stop("finalize");
    const transaction = net.wallet(1).pay(net.wallet(1, 1), 1n, { nonce: 0 });
    halted.submit(transaction, net.wallet(1).account);
    halted.runUntilQuiet();
    const { partition } = network.topology.shard(1);
    const early = new Prover(network, new MemorySource(halted.topics));
    const receipt = read("Receipt", halted.topics.records("shard.receipts", partition)[0]!)!;
    const notFinal = { ok: false, code: "NOT_FINAL" };
    expect(await early.transaction(receipt.result.transactionId)).toMatchObject(notFinal);
    expect(await early.record("shard.receipts", partition, 0)).toMatchObject(notFinal);
    expect(await early.record("shard.log", partition, 0)).toMatchObject(notFinal);
  });

  it("proves accounts at one checkpoint and then at a later one", async () => {
    const shard = 1;
    let checkpoint: CheckpointCertificate | undefined;
    const accounts = new Prover(network, source, {
      checkpoints: { newest: async () => checkpoint, at: async () => undefined },
    });
    const last = executed(pipeline, shard).blocks.length;
    expect(last).toBeGreaterThan(4);
    for (const height of [3, 3, last]) {
      const { signed, values } = checkpointOf(executed(pipeline, shard, height));
      checkpoint = signed;
      for (const { account } of net.wallets.filter((wallet) => wallet.shard === shard)) {
        const proof = fileOf(await accounts.account(account));
        if (!("rustorium.AccountProof" in proof)) throw new Error("not a proof of an account");
        const { stateProof, certificate } = proof["rustorium.AccountProof"];
        expect(certificate).toEqual(signed);
        const { prefix, stateRoot: root } = signed.checkpoint;
        const verified = verifyStateProof(stateProof, accountKey(account), { prefix, root });
        expect(verified).toEqual({ ok: true, valueBytes: values.get(accountKey(account)) });
      }
    }
    const { signed } = checkpointOf(executed(pipeline, shard));
    checkpoint = { ...signed, checkpoint: { ...signed.checkpoint, height: last + 1 } };
    expect(await accounts.account(net.wallet(shard).account)).toMatchObject({ code: "CHANGES_NOT_FOUND" });
  });
});
