import { describe, expect, it } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import type { InputRecord } from "../../processors/stage.js";
import { INITIAL_BALANCE, makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { audit, balanceOf, certificatesOf, feesOf, notificationsOf, statuses } from "../support/auditor.js";
import { Pipeline } from "../support/pipeline.js";

function name({ partition, offset }: InputRecord): string {
  return `${partition}:${offset}`;
}

/** Status of one submission. */
function statusOf(pipeline: Pipeline, record: InputRecord): string | undefined {
  return statuses(pipeline).get(name(record));
}

describe("the whole pipeline in memory", () => {
  it("finalises a transfer within a shard and one to another shard, in both schemes", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [a, b, c, d] = [net.wallet(1), net.wallet(1, 1), net.wallet(2), net.wallet(3, 1)];
    const local = pipeline.pay(a, b, 5n * ONE, { gasPrice: 2n });
    const across = pipeline.pay(a, c, 7n * ONE);
    const ethereum = pipeline.pay(d, a, 3n * ONE, { gasPrice: 1n });
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(Object.fromEntries(statuses(pipeline))).toEqual({
      [name(local)]: "FINAL",
      [name(across)]: "COMPLETED",
      [name(ethereum)]: "COMPLETED",
    });
    expect(balanceOf(pipeline, a.account)).toBe(INITIAL_BALANCE - 12n * ONE + 3n * ONE - 42_000n);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + 5n * ONE);
    expect(balanceOf(pipeline, c.account)).toBe(INITIAL_BALANCE + 7n * ONE);
    expect(balanceOf(pipeline, d.account)).toBe(INITIAL_BALANCE - 3n * ONE - 21_000n);
    expect([1, 2, 3, 4].map((shard) => feesOf(pipeline, shard))).toEqual([42_000n, 0n, 21_000n, 0n]);
    expect(pipeline.troubles).toEqual([]);
  });

  it("tells the sender each stage once, with its place: pre-confirmed, final, completed", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [from, to] = [net.wallet(2), net.wallet(4)];
    const { partition, offset, timeMs } = pipeline.pay(from, to, ONE);
    pipeline.runUntilQuiet();
    const told = notificationsOf(pipeline).filter(({ account }) => account?.equals(from.account));
    expect(told.map(({ event }) => event)).toEqual(["PRE_CONFIRMED", "FINAL", "COMPLETED"]);
    for (const notification of told.slice(0, 2)) {
      expect(notification).toMatchObject({ applied: true, code: "", crossShard: true, shard: 2, height: 1 });
      expect(notification).toMatchObject({
        sourcePartition: partition,
        sourceOffset: offset,
        submittedAt: timeMs,
      });
    }
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).sort((a, b) => a - b));
  });

  it("refunds a transfer that reaches the main chain after its deadline", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [from, to] = [net.wallet(1), net.wallet(3)];
    pipeline.stop("relay");
    const late = pipeline.pay(from, to, 5n * ONE, { gasPrice: 1n });
    pipeline.runUntilQuiet();
    expect(balanceOf(pipeline, from.account), "in escrow").toBe(INITIAL_BALANCE - 5n * ONE - 21_000n);
    pipeline.nowMs += net.network.genesis.parameters.crossShardDeadlineMs + 1;
    pipeline.resume("relay");
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(statusOf(pipeline, late)).toBe("REFUNDED DEADLINE_PASSED");
    expect(balanceOf(pipeline, from.account), "the fee stays").toBe(INITIAL_BALANCE - 21_000n);
    expect(balanceOf(pipeline, to.account)).toBe(INITIAL_BALANCE);
    const told = notificationsOf(pipeline).find(({ event }) => event === "REFUNDED");
    expect(told).toMatchObject({ applied: false, code: "DEADLINE_PASSED" });
  });

  it("completes a transfer that was forwarded in time, however late the rest is", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [from, to] = [net.wallet(1), net.wallet(3)];
    const record = pipeline.pay(from, to, 5n * ONE);
    // Until the main chain has decided, then nothing for ten deadlines.
    while (certificatesOf(pipeline, 0).length === 0) pipeline.runUntilQuiet({ steps: 1 });
    pipeline.nowMs += 10 * net.network.genesis.parameters.crossShardDeadlineMs;
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(statusOf(pipeline, record)).toBe("COMPLETED");
    expect(balanceOf(pipeline, to.account)).toBe(INITIAL_BALANCE + 5n * ONE);
  });

  it("refunds a transfer whose recipient can't take it", () => {
    const full = AMOUNT_LIMIT - 1n;
    const net = makeTestNetwork({
      balanceOf: ({ shard }, index) => (shard === 3 && index === 8 ? full : undefined),
    });
    const pipeline = new Pipeline(net);
    const [from, to] = [net.wallet(1), net.wallet(3)];
    const record = pipeline.pay(from, to, 1n, { gasPrice: 1n });
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(statusOf(pipeline, record)).toBe("REFUNDED BALANCE_OVERFLOW");
    expect(balanceOf(pipeline, from.account)).toBe(INITIAL_BALANCE - 21_000n);
    expect(balanceOf(pipeline, to.account)).toBe(full);
  });

  it("applies a transaction once that is published twice, in one partition or in two", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [from, to] = [net.wallet(1), net.wallet(2)];
    const transaction = from.pay(to, ONE);
    const records = [0, 0, 1, 2].map((partition) => pipeline.submit(transaction, null, partition));
    pipeline.runUntilQuiet();
    pipeline.submit(transaction, null, 3);
    pipeline.runUntilQuiet();
    audit(pipeline);
    const found = records.map((record) => statusOf(pipeline, record));
    expect(found.toSorted()).toEqual([
      "COMPLETED",
      "FINAL NONCE_USED",
      "FINAL NONCE_USED",
      "FINAL NONCE_USED",
    ]);
    expect(balanceOf(pipeline, to.account)).toBe(INITIAL_BALANCE + ONE);
  });

  it("takes in once what zombies of any stage write twice", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const records = [1, 2, 3, 4].flatMap((shard) =>
      [1, 2].map((step) => pipeline.pay(net.wallet(shard), net.wallet(((shard + step) % 4) + 1), ONE)),
    );
    pipeline.runUntilQuiet({ steps: 60 });
    for (const partition of [0, 1, 2, 3, 4]) pipeline.redeliver("shard.log", partition);
    pipeline.runUntilQuiet({ steps: 100 });
    for (const topic of ["shard.log", "shard.votes", "shard.receipts", "shard.messages"] as const) {
      for (const partition of [0, 1, 2, 3, 4]) pipeline.redeliver(topic, partition);
    }
    for (const partition of [0, 1, 2, 3]) pipeline.redeliver("transactions.validated", partition);
    pipeline.runUntilQuiet();
    audit(pipeline);
    for (const record of records) expect(statusOf(pipeline, record)).toBe("COMPLETED");
    for (const shard of [1, 2, 3, 4]) {
      const [sender, other] = [net.wallet(shard), net.wallet(shard, 1)];
      expect(balanceOf(pipeline, sender.account)).toBe(INITIAL_BALANCE);
      expect(balanceOf(pipeline, other.account)).toBe(INITIAL_BALANCE);
    }
    expect(pipeline.troubles).toEqual([]);
  });

  it("pre-confirms without a quorum, finalises when it is back", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    pipeline.stop("vote-1");
    pipeline.stop("vote-2");
    pipeline.pay(net.wallet(1), net.wallet(1, 1), ONE);
    pipeline.runUntilQuiet();
    expect(certificatesOf(pipeline, 1)).toEqual([]);
    expect(notificationsOf(pipeline).map(({ event }) => event)).toEqual(["PRE_CONFIRMED"]);
    expect(pipeline.topics.all("shard.state")).toEqual([]);
    pipeline.resume("vote-2");
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect([...statuses(pipeline).values()]).toEqual(["FINAL"]);
    expect(certificatesOf(pipeline, 1)[0]).toMatchObject({ signedStake: 3_000, totalStake: 4_000 });
  });

  it("stays within the bound of unfinalised blocks while no quorum votes, and catches up", () => {
    const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 1, unfinalisedBlocksMax: 4 } });
    const pipeline = new Pipeline(net);
    pipeline.stop("vote-1");
    pipeline.stop("vote-2");
    for (let count = 0; count < 10; count++) pipeline.pay(net.wallet(1), net.wallet(1, 1), ONE);
    pipeline.runUntilQuiet();
    expect(pipeline.topics.records("shard.blocks", 1)).toHaveLength(4);
    pipeline.resume("vote-1");
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(certificatesOf(pipeline, 1)).toHaveLength(10);
    expect([...statuses(pipeline).values()]).toEqual(new Array(10).fill("FINAL"));
  });

  it("works with one signer, and with one shard", () => {
    const net = makeTestNetwork({ consensus: "solo", shards: 1 });
    const pipeline = new Pipeline(net);
    pipeline.pay(net.wallet(1), net.wallet(1, 1), ONE);
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect([...statuses(pipeline).values()]).toEqual(["FINAL"]);
  });

  it("refuses what has expired by chain time, and takes what hasn't", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [a, b] = [net.wallet(1), net.wallet(1, 2)];
    const early = pipeline.pay(a, b, ONE, { validUntil: START_MS + 60_000 });
    pipeline.runUntilQuiet();
    pipeline.nowMs = START_MS + 60_001;
    const late = pipeline.pay(a, b, ONE, { validUntil: START_MS + 60_000 });
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect([early, late].map((record) => statusOf(pipeline, record))).toEqual(["FINAL", "FINAL EXPIRED"]);
  });

  it("gives the same records when it is run again", () => {
    const run = () => {
      const net = makeTestNetwork();
      const pipeline = new Pipeline(net);
      for (const wallet of net.wallets) pipeline.pay(wallet, net.wallet(2), ONE);
      pipeline.runUntilQuiet();
      return pipeline.topics.all("shard.finalized").map(({ value }) => value!.toString("hex"));
    };
    expect(run()).toEqual(run());
  });
});
