import { describe, expect, it } from "vitest";
import { Submissions } from "../../bench/pipeline/submissions.js";
import { disturbanceOf, thresholdMs, windowsOf } from "../../bench/reshard/disturbance.js";
import { changeReport } from "../../bench/reshard/figures.js";
import { Journal, type Journaled } from "../../bench/reshard/journal.js";
import { orderOf } from "../../bench/reshard/order.js";
import type { Notification } from "../../schemas/generated.js";

describe("windows by submission", () => {
  it("take what was sent in them, and leave out what isn't whole", () => {
    const samples = [
      { sentMs: 999, tookMs: 9_000 },
      { sentMs: 1_000, tookMs: 10 },
      { sentMs: 1_499, tookMs: 30 },
      { sentMs: 1_200, tookMs: 20 },
      { sentMs: 2_000, tookMs: 7 },
      { sentMs: 2_500, tookMs: 9_000 },
    ];
    expect(windowsOf(samples, 1_000, 2_900, 500)).toEqual([
      { startMs: 1_000, count: 3, p50: 20, p99: 30 },
      { startMs: 1_500, count: 0, p50: null, p99: null },
      { startMs: 2_000, count: 1, p50: 7, p99: 7 },
    ]);
    expect(windowsOf(samples, 2_000, 1_000, 500)).toEqual([]);
  });

  it("have a p99 that one in a hundred may exceed", () => {
    const samples = Array.from({ length: 100 }, (_, index) => ({ sentMs: index, tookMs: index + 1 }));
    expect(windowsOf(samples, 0, 100, 100)).toEqual([{ startMs: 0, count: 100, p50: 50, p99: 99 }]);
  });
});

describe("disturbance", () => {
  const windows = [200, 650, null, 651, 900, 100, 700].map((p99, index) => ({
    startMs: 500 * index,
    count: p99 === null ? 0 : 1,
    p50: p99,
    p99,
  }));

  it("is half as much more, of small ones 300 ms more", () => {
    expect(thresholdMs(400)).toBe(700);
    expect(thresholdMs(600)).toBe(900);
    expect(thresholdMs(1_000)).toBe(1_500);
  });

  it("counts all windows above the threshold, and the most in a row", () => {
    expect(disturbanceOf(windows, 650, 500)).toEqual({ totalMs: 1_500, longestMs: 1_000, worstP99Ms: 900 });
    expect(disturbanceOf(windows, 900, 500)).toEqual({ totalMs: 0, longestMs: 0, worstP99Ms: 900 });
    expect(disturbanceOf([], 900, 500)).toEqual({ totalMs: 0, longestMs: 0, worstP99Ms: null });
  });
});

describe("order of senders", () => {
  it("goes by epoch, then by height", () => {
    const effect = (sender: number, epoch: number, height: number) => ({ sender, epoch, height });
    const kept = [effect(1, 0, 7), effect(2, 0, 9), effect(1, 0, 7), effect(1, 1, 2), effect(2, 0, 10)];
    expect(orderOf(kept)).toEqual({ followers: 3, reordered: 0 });
    expect(orderOf([...kept, effect(1, 0, 8), effect(2, 0, 9)])).toEqual({ followers: 5, reordered: 2 });
  });
});

describe("figures of a change", () => {
  /** One transaction each 100 ms from 0 to 20 s, of two senders in turn; those of sender 1 met the change at 10 s. */
  const finals: Journaled[] = Array.from({ length: 200 }, (_, index) => {
    const sentMs = index * 100;
    const sender = index % 2;
    const tookMs = sender === 1 && sentMs >= 9_500 && sentMs < 11_500 ? 12_000 - sentMs : 400;
    return {
      sender,
      sentMs,
      finalMs: sentMs + tookMs,
      completedMs: sender === 0 ? sentMs + 1_000 : sentMs + tookMs,
      isCrossing: sender === 0,
    };
  });
  const change = {
    kind: "SPLIT" as const,
    ended: [1],
    begun: [3, 4],
    proposedMs: 10_000,
    decidedMs: 10_300,
    activeMs: 12_000,
  };
  const spans = new Map([
    [1, { firstMs: 400, lastMs: 10_400 }],
    [3, { firstMs: 12_000, lastMs: 20_000 }],
  ]);
  const report = changeReport(change, { finals, isOfShard: (sender) => sender === 1, spans }, 0, 20_000);

  it("say for how long p99 was above the threshold, of the shard's senders", () => {
    expect(report.disturbedShard).toMatchObject({
      p99BeforeMs: 400,
      thresholdMs: 700,
      totalMs: 2_000,
      longestMs: 2_000,
      worstP99Ms: 2_500,
      beforeTotalMs: 0,
      beforeMs: 6_000,
    });
    expect(report.disturbedShard.windows).toHaveLength(28);
  });

  it("say how long senders waited, also those who sent before the proposal", () => {
    expect(report).toMatchObject({ longestBeforeMs: 400, longestMetMs: 2_500 });
  });

  it("count a transfer to another shard until it is complete, the others not", () => {
    expect(report.before.crossCompleteMs).toMatchObject({ count: 30, p50: 1_000, p99: 1_000 });
    expect(report.during.shardFinalMs).toMatchObject({ count: 10, max: 1_900 });
  });

  it("are from the proposal on", () => {
    expect(report).toMatchObject({
      decidedAfterMs: 300,
      lastOfEndedAfterMs: 400,
      firstOfBegunAfterMs: [2_000, null],
      activeAfterMs: 2_000,
    });
  });
});

describe("the journal of a load", () => {
  it("knows the sender of each offset, and takes each final once", () => {
    const [a, b] = [Buffer.from("a"), Buffer.from("b")];
    const queue = [a, b, a].map((key) => ({ key, value: key }));
    const source = { take: (count: number) => queue.splice(0, count) };
    const journal = new Journal(
      source,
      2,
      (key) => (key === a ? 0 : 1),
      (id) => (id === a ? 10 : 11),
    );
    const submissions = new Submissions(2);
    expect(journal.take(2)).toHaveLength(2);
    expect(journal.take(9)).toHaveLength(1);
    for (const partition of [0, 1, 0]) submissions.sent(partition, 100);
    const tell = (sourceOffset: number, nowMs: number, more: Partial<Notification> = {}) => {
      const told: Notification = {
        account: a,
        event: "FINAL",
        applied: true,
        code: "",
        transactionId: Buffer.alloc(32, sourceOffset),
        crossShard: sourceOffset === 1,
        shard: 1,
        height: 5,
        sourcePartition: 0,
        sourceOffset,
        submittedAt: 0,
        at: 0,
        ...more,
      };
      submissions.take(told, nowMs);
      journal.seen(told, nowMs);
    };
    tell(0, 150);
    tell(1, 160);
    tell(0, 170, { height: 6 });
    tell(-1, 180, {
      event: "REFUNDED",
      applied: false,
      transactionId: Buffer.alloc(32, 1),
      sourcePartition: -1,
    });
    expect(journal.finals(submissions)).toEqual([
      { sender: 10, sentMs: 100, finalMs: 150, completedMs: 150, isCrossing: false },
      { sender: 10, sentMs: 100, finalMs: 160, completedMs: 180, isCrossing: true },
    ]);
    expect(journal.refundedCount).toBe(1);
    expect(journal.spans.get(1)).toEqual({ firstMs: 150, lastMs: 170 });
    const topology = { shard: () => ({ epoch: 2 }) } as unknown as Parameters<Journal["effects"]>[0];
    expect([...journal.effects(topology)]).toEqual([
      { sender: 10, epoch: 2, height: 5 },
      { sender: 10, epoch: 2, height: 5 },
    ]);
    journal.isClosed = true;
    expect(journal.take(1)).toEqual([]);
  });
});
