import { describe, expect, it } from "vitest";
import { AccountsView } from "../../gateway/views/accounts.js";
import { ActivityView, RECENT_NOTIFICATIONS } from "../../gateway/views/activity.js";
import { CertificatesView } from "../../gateway/views/certificates.js";
import { DirectoryView } from "../../gateway/views/directory.js";
import { feedViews } from "../../gateway/views/feed.js";
import { createViews } from "../../gateway/views/index.js";
import { accountKey, escrowKey, feeAccountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
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
  viewRecord,
} from "./fixtures.js";

describe("AccountsView", () => {
  const key = (n: number) => keyBytes(accountKey(accountId(n)));
  const meta = (offset: number, partition = 1, timeMs = NOW_MS + offset) => ({
    topic: "shard.state",
    partition,
    offset,
    timeMs,
  });

  it("keeps the higher height of a shard and forgets tombstoned accounts", () => {
    const view = new AccountsView();
    view.apply(key(1), accountRecord(5n, 1, 3), meta(0));
    view.apply(key(1), accountRecord(9n, 2, 4), meta(1));
    view.apply(key(1), accountRecord(5n, 1, 3), meta(0));
    expect(view.account(accountId(1))).toMatchObject({ balance: 9n, nonce: 2, height: 4, partition: 1 });
    view.apply(key(1), null, meta(0)); // older than what is held
    expect(view.account(accountId(1))).toBeDefined();
    view.apply(key(1), null, meta(2));
    expect(view.account(accountId(1))).toBeUndefined();
  });

  it("follows an account to another shard and ignores the parent's tombstone", () => {
    const view = new AccountsView();
    view.apply(key(1), accountRecord(5n, 1, 90), meta(8));
    view.apply(key(1), accountRecord(6n, 2, 1), meta(0, 5, NOW_MS + 50));
    view.apply(key(1), null, meta(9));
    expect(view.account(accountId(1))).toMatchObject({ balance: 6n, height: 1, partition: 5 });
  });

  it("knows up to where a shard's state is complete", () => {
    const view = new AccountsView();
    expect(view.completeIn(1)).toBeUndefined();
    view.apply(keyBytes(heightKey("01")), { height: 6, digest: hash(6), value: null }, meta(3));
    view.apply(keyBytes(heightKey("01")), { height: 5, digest: hash(5), value: null }, meta(2));
    expect(view.completeIn(1)).toMatchObject({ height: 6, digest: hash(6).toString("hex") });
  });

  it("keeps fee accounts of shards apart and passes over escrows", () => {
    const view = new AccountsView();
    view.apply(keyBytes(feeAccountKey("00")), accountRecord(1n, 0, 1), meta(0));
    view.apply(keyBytes(feeAccountKey("01")), accountRecord(2n, 0, 1), meta(0, 2));
    view.apply(keyBytes(escrowKey(accountId(1), hash(1))), accountRecord(1n, 0, 1), meta(1));
    expect(view.held).toBe(2);
    expect(view.account(Buffer.alloc(20))).toBeUndefined();
  });

  it("says that it is full instead of forgetting", () => {
    const view = new AccountsView(2);
    for (const n of [1, 2]) view.apply(key(n), accountRecord(1n, 0, 1), meta(n));
    expect(view.overflowed).toBe(false);
    view.apply(key(3), accountRecord(1n, 0, 1), meta(3));
    view.apply(key(1), accountRecord(2n, 1, 2), meta(4));
    expect(view.overflowed).toBe(true);
    expect(view.held).toBe(2);
    expect(view.account(accountId(1))).toMatchObject({ balance: 2n });
  });
});

describe("CertificatesView", () => {
  it("holds the last ones of each shard and gives back what it took", () => {
    const view = new CertificatesView(3);
    for (let height = 1; height <= 5; height++) view.apply(certificate({ height }, hash(height)));
    view.apply(certificate({ shard: 0, height: 1 }));
    expect(view.certificate(2, 2)).toBeUndefined();
    expect(view.certificate(2, 3)).toEqual(certificate({ height: 3 }, hash(3)));
    expect(view.heads().map(({ shard, height }) => [shard, height])).toEqual([
      [0, 1],
      [2, 5],
    ]);
    view.apply(certificate({ height: 1 }, hash(1))); // read again after it was dropped
    expect(view.certificate(2, 3)).toBeDefined();
    expect(view.heads().at(-1)?.height).toBe(5);
  });

  it("keeps the first of two that contradict each other and counts it", () => {
    const view = new CertificatesView();
    view.apply(certificate());
    view.apply(certificate());
    expect(view.conflicts).toBe(0);
    view.apply(certificate({}, hash(66)));
    expect(view.conflicts).toBe(1);
    expect(view.certificate(2, 7)?.digest).toEqual(hash(9));
  });

  it("knows who signs", () => {
    const view = new CertificatesView();
    expect(view.signedShare(1)).toBe(0);
    view.apply(certificate({ height: 1 }));
    view.apply({ ...certificate({ height: 2 }), signatures: [] });
    expect(view.signedShare(1)).toBe(0.5);
    expect(view.signedShare(3)).toBe(0);
  });
});

describe("DirectoryView", () => {
  it("finds the shard of an account once the topology is whole", () => {
    const view = new DirectoryView();
    for (const shard of initialShards(4)) {
      expect(view.shardOf(accountId(1))).toBeUndefined();
      view.applyShard({ ...shard, epoch: 0 });
    }
    expect(view.shardOf(accountId(1))?.prefix).toMatch(/^[01]{2}$/);
    expect(view.shardIn(3)?.shard).toBe(3);
    expect(view.shardIn(9)).toBeUndefined();
    view.applyShard({ shard: 1, path: "7", prefix: "00", partition: 1, epoch: -1 });
    expect(view.shards()[1]?.path).toBe("1");
  });
});

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
    const shard = { ...initialShards(1)[1]!, epoch: 0 };
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
