import { describe, expect, it } from "vitest";
import { AccountsView } from "../../gateway/views/accounts.js";
import { accountKey, escrowKey, feeAccountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
import { accountId, accountRecord, hash, NOW_MS } from "./fixtures.js";

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
