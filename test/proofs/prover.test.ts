import { beforeAll, describe, expect, it } from "vitest";
import { startOfChain } from "../../ledger/block/position.js";
import { type ExecutedBlock, ShardChain } from "../../ledger/block/shard-chain.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { accountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
import { MemoryState } from "../../ledger/state/state.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { verifyStateProof } from "../../ledger/state-tree/verify.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { read } from "../../processors/read.js";
import { Prover } from "../../runtime/proofs/prover.js";
import { codec } from "../../schemas/codec.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { checkedRecord, checkedTransaction, fileOf } from "../processors/proofs/support.js";
import { Expectation, submitOne } from "../support/load.js";
import { Pipeline } from "../support/pipeline.js";
import { signaturesOf } from "../support/shard-log.js";
import { MemorySource } from "../support/topic-source.js";

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
    const { signed } = checkpointOf(executed(pipeline, 1, 3));
    const account = new Prover(network, trimmed, { newestCheckpoint: async () => signed });
    expect(await account.account(net.wallet(1).account)).toMatchObject({ code: "RETENTION" });
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
    const accounts = new Prover(network, source, { newestCheckpoint: async () => checkpoint });
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

interface Executed {
  /** Height of the block that each record counts in, by offset. */
  readonly heights: ReadonlyMap<number, number>;
  readonly blocks: readonly ExecutedBlock[];
  /** Values after the last block. */
  readonly state: MemoryState;
}

/** A shard's log executed from the genesis, up to a height. */
function executed(pipeline: Pipeline, shard: number, to = Number.POSITIVE_INFINITY): Executed {
  const state = new MemoryState();
  state.apply(initialState(network, shard));
  const rules = { isAuthentic: isAuthenticBySignature };
  const chain = new ShardChain(network, shard, state, startOfChain(network.hash), rules);
  const heights = new Map<number, number>();
  const blocks: ExecutedBlock[] = [];
  const { partition } = network.topology.shard(shard);
  for (const { value, timeMs, offset } of pipeline.topics.records("shard.log", partition)) {
    if (chain.position.height === to) break;
    const bytes = value!.subarray(5);
    const height = chain.position.height + 1;
    const { block, voided } = chain.append({ bytes, timeMs, offset });
    if (!voided && !("rustorium.Cut" in codec("LogEntry").decode(bytes)!.entry)) heights.set(offset, height);
    if (block) blocks.push(block);
  }
  return { heights, blocks, state };
}

/** What validators would sign about a state. */
function checkpointOf({ blocks, state }: Executed): {
  signed: CheckpointCertificate;
  values: Map<string, Buffer>;
} {
  const { header, digest } = blocks.at(-1)!;
  const { genesis, shard, height, time, epoch } = header;
  const { prefix } = network.topology.shard(shard);
  const encoded = encodeChanges(state.values);
  const tree = new StateTree(prefix);
  tree.apply(encoded);
  const checkpoint = { genesis, shard, height, block: digest, time, epoch, prefix, stateRoot: tree.root };
  const signatures = signaturesOf(net, checkpointDigest(checkpoint), [1, 2, 3]);
  return {
    signed: { checkpoint, signatures },
    values: new Map(encoded.map(({ key, valueBytes }) => [key, valueBytes])),
  };
}
