import { afterEach, describe, expect, it } from "vitest";
import {
  certificate,
  hash,
  NOW_MS,
  notification,
  rejected,
  settlement,
  type TestGateway,
  testGateway,
} from "./fixtures.js";

const ID = hash(1).toString("hex");
let gateway: TestGateway | undefined;
/** Shared by the refusals: they change nothing. */
const refusing = testGateway();
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
    const answer = await refusing.app.inject(`/transactions/${id}`);
    expect([answer.statusCode, answer.json()]).toEqual([
      status,
      { error: { code, message: expect.any(String) } },
    ]);
  });
});
