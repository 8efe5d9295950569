import { describe, expect, it } from "vitest";
import { ActivityView, RECENT_NOTIFICATIONS } from "../../gateway/views/activity.js";
import { feedViews } from "../../gateway/views/feed.js";
import { createViews } from "../../gateway/views/index.js";
import { accountKey, keyBytes } from "../../ledger/state/key.js";
import { initialShards } from "../../ledger/topology.js";
import {
  accountId,
  accountRecord,
  certificate,
  hash,
  NOW_MS,
  notification,
  rejected,
  settlement,
  shardRecord,
  viewRecord,
} from "./fixtures.js";

describe("ActivityView", () => {
  it("counts by event and code, and takes rates and latencies by broker time", () => {
    const view = new ActivityView();
    for (let n = 0; n < 50; n++)
      view.apply(notification({ at: NOW_MS - 2_000, submittedAt: NOW_MS - 2_100 - n }));
    view.apply(
      notification({
        applied: false,
        code: "NONCE_GAP",
        at: NOW_MS - 400_000,
        submittedAt: NOW_MS - 400_100,
      }),
    );
    view.apply(notification({ event: "REJECTED", applied: false, code: "MALFORMED" }));
    view.apply(notification({ event: "REJECTED", applied: false, code: "MALFORMED" }));
    view.apply(notification({ event: "PRE_CONFIRMED" }));
    view.apply(settlement());
    view.apply(settlement({ event: "REFUNDED", applied: false, code: "DEADLINE_PASSED" }));
    const activity = view.at(NOW_MS);
    expect(activity.finalPerSecond).toBe(5);
    expect(activity.finalHistory).toHaveLength(120);
    expect(activity.finalHistory.at(-2)).toBe(50);
    expect(activity.totals).toEqual({
      preConfirmed: 1,
      final: 50,
      refused: 1,
      rejected: 2,
      completed: 1,
      refunded: 1,
    });
    expect(activity.final).toEqual({ samples: 51, p50Ms: 124, p99Ms: 149 });
    expect(activity.preConfirmed).toEqual({ samples: 1, p50Ms: 1_000, p99Ms: 1_000 });
    expect(activity.refusedByCode).toEqual([
      { code: "MALFORMED", count: 2 },
      { code: "DEADLINE_PASSED", count: 1 },
      { code: "NONCE_GAP", count: 1 },
    ]);
    expect(activity.recent).toHaveLength(RECENT_NOTIFICATIONS);
    expect(activity.recent[0]?.event).toBe("REFUNDED");
    expect(view.at(NOW_MS + 600_000).finalPerSecond).toBe(0);
  });

  it("bounds the codes that it counts", () => {
    const view = new ActivityView();
    for (let n = 0; n < 500; n++)
      view.apply(notification({ event: "REJECTED", applied: false, code: `CODE_${n}` }));
    const { refusedByCode } = view.at(NOW_MS);
    expect(refusedByCode.length).toBeLessThan(200);
    expect(refusedByCode[0]).toEqual({ code: "OTHER", count: 372 });
  });
});

describe("feedViews", () => {
  it("hands each record to its view, once where it comes twice", () => {
    const views = createViews();
    const shard = shardRecord(initialShards(1)[1]!);
    const validator = { validator: 1, name: "ada", publicKey: hash(2), stake: 100, status: "active" };
    const key = keyBytes(accountKey(accountId(1)));
    const records = [
      viewRecord("topology", "ShardTopology", shard),
      viewRecord("validators", "ValidatorRecord", validator),
      viewRecord("shard.finalized", "FinalityCertificate", certificate()),
      viewRecord("shard.state", "StateRecord", accountRecord(5n, 1, 3), { key }),
      viewRecord(
        "transactions.rejected",
        "RejectedTransaction",
        rejected({ sourceOffset: 11, transactionId: hash(2) }),
      ),
      viewRecord(
        "notifications",
        "Notification",
        notification({
          event: "REJECTED",
          applied: false,
          code: "BAD_SIGNATURE",
          sourceOffset: 11,
          transactionId: hash(2),
        }),
      ),
      viewRecord("notifications", "Notification", notification()),
    ];
    for (const record of [...records, ...records]) expect(feedViews(views, record)).toBe(true);
    expect(views.directory.validators()).toEqual([validator]);
    expect(views.certificates.certificate(2, 7)).toEqual(certificate());
    expect(views.accounts.account(accountId(1))?.balance).toBe(5n);
    expect(views.activity.at(NOW_MS).totals).toMatchObject({ final: 1, rejected: 1 });
    feedViews(views, { ...records[3]!, offset: 1, value: null });
    expect(views.accounts.account(accountId(1))).toBeUndefined();
  });

  it("passes over what it can't read", () => {
    const views = createViews();
    const record = viewRecord("notifications", "Notification", notification());
    expect(feedViews(views, { ...record, value: null })).toBe(false);
    expect(feedViews(views, { ...record, value: Buffer.from("x") })).toBe(false);
    expect(feedViews(views, { ...record, value: Buffer.concat([record.value!, Buffer.from([0])]) })).toBe(
      false,
    );
    expect(feedViews(views, { ...record, topic: "shard.state" })).toBe(false);
    expect(views.transactions.held).toBe(0);
  });
});
