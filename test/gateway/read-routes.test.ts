import { afterEach, describe, expect, it } from "vitest";
import { createViews } from "../../gateway/views/index.js";
import { formatAddress } from "../../ledger/address.js";
import { accountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
import {
  accountId,
  accountRecord,
  certificate,
  hash,
  NOW_MS,
  notification,
  rejected,
  settlement,
  type TestGateway,
  testGateway,
  withTopology,
} from "./fixtures.js";

const ID = hash(1).toString("hex");
let gateway: TestGateway | undefined;
afterEach(async () => gateway?.app.close());

describe("GET /transactions/:id", () => {
  it("shows a final transaction with its certificate, by id in any spelling and by submission", async () => {
    gateway = testGateway();
    gateway.views.transactions.apply(notification());
    gateway.views.certificates.apply(certificate());
    const answer = await gateway.app.inject(`/transactions/${ID}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.json()).toEqual({
      transactionId: ID,
      stage: "final",
      applied: true,
      code: null,
      detail: null,
      crossShard: false,
      submission: { topic: "test.transactions", partition: 0, offset: 10 },
      otherSubmissions: [],
      shard: 2,
      height: 7,
      settlement: null,
      stages: [
        { stage: "submitted", timeMs: NOW_MS - 1_000 },
        { stage: "final", timeMs: NOW_MS },
      ],
      certificate: {
        header: {
          genesis: hash(3).toString("hex"),
          shard: 2,
          height: 7,
          parent: hash(4).toString("hex"),
          firstSequence: 1,
          lastSequence: 5,
          timeMs: NOW_MS - 200,
          epoch: 0,
          entriesRoot: hash(5).toString("hex"),
          receiptsRoot: hash(6).toString("hex"),
          changesRoot: hash(7).toString("hex"),
          messagesRoot: hash(8).toString("hex"),
        },
        digest: hash(9).toString("hex"),
        signatures: [1, 2, 4].map((validator) => ({
          validator,
          signature: Buffer.alloc(64, validator).toString("hex"),
        })),
        signedStake: 300,
        totalStake: 400,
      },
    });
    for (const spelling of [`0x${ID.toUpperCase()}`, "0:10"]) {
      expect((await gateway.app.inject(`/transactions/${spelling}`)).json()).toEqual(answer.json());
    }
  });

  it("shows no certificate before final, nor one that is no longer held", async () => {
    gateway = testGateway();
    gateway.views.certificates.apply(certificate());
    gateway.views.transactions.apply(notification({ event: "PRE_CONFIRMED" }));
    const before = await gateway.app.inject(`/transactions/${ID}`);
    expect(before.json()).toMatchObject({ stage: "pre-confirmed", height: 7, certificate: null });
    gateway.views.transactions.apply(notification({ transactionId: hash(2), sourceOffset: 11, height: 3 }));
    const old = await gateway.app.inject("/transactions/0:11");
    expect(old.json()).toMatchObject({ stage: "final", height: 3, certificate: null });
  });

  it("shows what was rejected and what was settled", async () => {
    gateway = testGateway();
    const meta = { topic: "transactions.rejected", partition: 0, offset: 0, timeMs: NOW_MS };
    gateway.views.transactions.applyRejected(rejected({ transactionId: null, code: "MALFORMED" }), meta);
    expect((await gateway.app.inject("/transactions/0:10")).json()).toMatchObject({
      transactionId: null,
      stage: "rejected",
      applied: false,
      code: "MALFORMED",
      detail: "it does not hold",
      shard: null,
      height: null,
    });
    gateway.views.transactions.apply(notification({ sourceOffset: 11, crossShard: true }));
    gateway.views.transactions.apply(settlement({ event: "REFUNDED", code: "DEADLINE_PASSED" }));
    expect((await gateway.app.inject(`/transactions/${ID}`)).json()).toMatchObject({
      stage: "refunded",
      code: "DEADLINE_PASSED",
      crossShard: true,
      height: 7,
      settlement: { shard: 2, height: 9 },
    });
  });

  it.each([
    [ID, 404, "TRANSACTION_UNKNOWN"],
    ["3:4", 404, "TRANSACTION_UNKNOWN"],
    [ID.slice(1), 400, "MALFORMED_TRANSACTION_ID"],
    [`${ID}0`, 400, "MALFORMED_TRANSACTION_ID"],
    ["-1:4", 400, "MALFORMED_TRANSACTION_ID"],
    ["1:99999999999999999", 400, "MALFORMED_TRANSACTION_ID"],
    ["%20", 400, "MALFORMED_TRANSACTION_ID"],
    ["%zz", 400, "MALFORMED_REQUEST"],
    ["a".repeat(300), 400, "MALFORMED_REQUEST"],
  ])("refuses %s", async (id, status, code) => {
    gateway = testGateway();
    const answer = await gateway.app.inject(`/transactions/${id}`);
    expect([answer.statusCode, answer.json()]).toEqual([
      status,
      { error: { code, message: expect.any(String) } },
    ]);
  });
});

describe("GET /accounts/:address", () => {
  const account = accountId(0xab);
  const bare = `0x${account.toString("hex")}`;
  const withAccount = () => {
    const views = withTopology(createViews());
    const shard = views.directory.shardOf(account)!;
    const meta = { topic: "shard.state", partition: shard.partition, offset: 0, timeMs: NOW_MS };
    views.accounts.apply(keyBytes(accountKey(account)), accountRecord(10n ** 37n + 1n, 4, 6), meta);
    const complete = { height: 8, digest: hash(8), value: null };
    views.accounts.apply(keyBytes(heightKey(shard.prefix)), complete, { ...meta, offset: 1 });
    gateway = testGateway({ views });
    return { shard, app: gateway.app };
  };

  it("shows balance and nonce for every spelling, whatever shard the address names", async () => {
    const { app, shard } = withAccount();
    const spellings = [
      bare,
      `0x${bare.slice(2).toUpperCase()}`,
      formatAddress("1", account),
      formatAddress("9.1.2", account),
    ];
    for (const address of spellings) {
      const answer = await app.inject(`/accounts/${address}`);
      expect([answer.statusCode, answer.json()]).toEqual([
        200,
        {
          account: bare,
          address: formatAddress(shard.path, account),
          exists: true,
          balance: "10000000000000000000000000000000000001",
          nonce: 4,
          shard: shard.shard,
          height: 6,
          digest: hash(6).toString("hex"),
          stateHeight: 8,
        },
      ]);
    }
  });

  it("shows an account that doesn't exist, with the height up to which that is known", async () => {
    const { app, shard } = withAccount();
    // A neighbour of the same shard: found by trying, for placements are hashes.
    let other = 1;
    while (gateway!.views.directory.shardOf(accountId(other))?.shard !== shard.shard) other++;
    const answer = await app.inject(`/accounts/0x${accountId(other).toString("hex")}`);
    expect(answer.json()).toMatchObject({
      exists: false,
      balance: "0",
      nonce: 0,
      shard: shard.shard,
      height: 8,
      digest: hash(8).toString("hex"),
      stateHeight: 8,
    });
  });

  it("knows no shard before the topology was read", async () => {
    gateway = testGateway();
    const answer = await gateway.app.inject(`/accounts/${bare}`);
    expect(answer.json()).toMatchObject({
      exists: false,
      address: null,
      shard: null,
      height: null,
      stateHeight: null,
    });
  });

  it("doesn't call an account empty that it may have had no room for", async () => {
    gateway = testGateway({}, { accountsHeldMax: 1 });
    const meta = { topic: "shard.state", partition: 1, offset: 0, timeMs: NOW_MS };
    for (const n of [1, 2])
      gateway.views.accounts.apply(keyBytes(accountKey(accountId(n))), accountRecord(1n, 0, 1), meta);
    expect((await gateway.app.inject(`/accounts/0x${accountId(1).toString("hex")}`)).statusCode).toBe(200);
    const answer = await gateway.app.inject(`/accounts/0x${accountId(2).toString("hex")}`);
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { error: { code: "STATE_INCOMPLETE" } }]);
  });

  const good = formatAddress("1.2", account);
  it.each([
    [`${good.slice(0, -1)}${good.endsWith("0") ? "1" : "0"}`, "BAD_ADDRESS_CHECKSUM"],
    [good.replace("sh1.2", "sh1.3"), "BAD_ADDRESS_CHECKSUM"],
    ["0xaBabababababababababababababababababababab".slice(0, 42), "BAD_ADDRESS_CHECKSUM"],
    [bare.slice(0, -1), "MALFORMED_ADDRESS"],
    [bare.slice(2), "MALFORMED_ADDRESS"],
    [good.replace("sh", "xx"), "MALFORMED_ADDRESS"],
    ["sh", "MALFORMED_ADDRESS"],
  ])("refuses %s", async (address, code) => {
    gateway = testGateway();
    const answer = await gateway.app.inject(`/accounts/${address}`);
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { error: { code, message: expect.any(String) } },
    ]);
  });
});
