import { afterEach, describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../gateway/options.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { accountId, NOW_MS, type TestGateway, testGateway } from "./fixtures.js";

const RAW = `0x${"02f8".repeat(20)}`;
const ED25519 = {
  scheme: "ed25519",
  body: "00112233",
  publicKey: `0x${"ab".repeat(32)}`,
  signature: "cd".repeat(64),
};

const JSON_HEADERS = { "content-type": "application/json" };
/** Shared by the refusals: they change nothing. */
const refusing = testGateway();

describe("POST /transactions", () => {
  let gateway: TestGateway | undefined;
  afterEach(async () => gateway?.app.close());
  const open = (options: Partial<GatewayOptions> = {}) => {
    gateway = testGateway(options);
    return gateway;
  };
  const post = (payload: unknown, headers: Record<string, string> = JSON_HEADERS, { app } = gateway!) =>
    app.inject({
      method: "POST",
      url: "/transactions",
      headers,
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    });

  it("publishes an ethereum transaction, keyed by its sender, and says where", async () => {
    const { published, views } = open({ senderOf: () => accountId(7) });
    const answer = await post({ scheme: "ethereum", raw: RAW });
    expect(answer.statusCode).toBe(202);
    const value = {
      scheme: "ETHEREUM" as const,
      body: Buffer.from(RAW.slice(2), "hex"),
      publicKey: Buffer.alloc(0),
      signature: Buffer.alloc(0),
    };
    expect(published).toEqual([{ keyBytes: accountId(7), value }]);
    const transactionId = transactionIdOf(value).toString("hex");
    expect(answer.json()).toEqual({
      transactionId,
      submission: { topic: "test.transactions", partition: 1, offset: 100 },
      links: { transaction: `/transactions/${transactionId}`, submission: "/transactions/1:100" },
    });
    expect(views.transactions.ofId(transactionId)).toMatchObject({ stage: "submitted" });
    for (const link of Object.values(answer.json<{ links: Record<string, string> }>().links)) {
      const status = await gateway!.app.inject(link);
      expect(status.json()).toMatchObject({
        transactionId,
        stage: "submitted",
        applied: null,
        stages: [{ stage: "submitted", timeMs: NOW_MS }],
      });
    }
  });

  it("publishes an ed25519 transaction, without key where the sender isn't known", async () => {
    const { published } = open({ senderOf: () => undefined });
    expect((await post(ED25519)).statusCode).toBe(202);
    expect(published).toEqual([
      {
        keyBytes: null,
        value: {
          scheme: "ED25519",
          body: Buffer.from("00112233", "hex"),
          publicKey: Buffer.alloc(32, 0xab),
          signature: Buffer.alloc(64, 0xcd),
        },
      },
    ]);
  });

  it.each([
    ["no object", [], "MALFORMED_TRANSACTION"],
    ["null", null, "MALFORMED_TRANSACTION"],
    ["no scheme", { raw: RAW }, "MALFORMED_TRANSACTION"],
    ["an unknown scheme", { scheme: "rsa", raw: RAW }, "UNKNOWN_SCHEME"],
    ["a scheme that is no text", { scheme: 1 }, "UNKNOWN_SCHEME"],
    ["a missing field", { scheme: "ethereum" }, "MALFORMED_TRANSACTION"],
    ["an unknown field", { scheme: "ethereum", raw: RAW, nonce: 1 }, "MALFORMED_TRANSACTION"],
    ["a field that is no text", { scheme: "ethereum", raw: 255 }, "MALFORMED_TRANSACTION"],
    ["no hex", { scheme: "ethereum", raw: "0xzz" }, "MALFORMED_TRANSACTION"],
    ["half a byte", { scheme: "ethereum", raw: "0x123" }, "MALFORMED_TRANSACTION"],
    ["no bytes", { scheme: "ethereum", raw: "0x" }, "MALFORMED_TRANSACTION"],
    ["a short key", { ...ED25519, publicKey: "ab" }, "MALFORMED_TRANSACTION"],
    ["a long signature", { ...ED25519, signature: "cd".repeat(65) }, "MALFORMED_TRANSACTION"],
    ["no JSON", '{"scheme":', "MALFORMED_JSON"],
    ["nothing", "", "MALFORMED_JSON"],
  ])("refuses %s and publishes nothing", async (_, body, code) => {
    const answer = await post(body, JSON_HEADERS, refusing);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({ error: { code, message: expect.any(String) } });
    expect(refusing.published).toEqual([]);
  });

  it.each([
    ["one byte over the limit", 1_001],
    ["far over it", 100_000],
  ])("refuses a transaction that is %s", async (_, bytes) => {
    const { published } = open();
    const answer = await post({ scheme: "ethereum", raw: `0x${"ff".repeat(bytes)}` });
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ error: { code: "TRANSACTION_TOO_LARGE" } });
    expect(published).toEqual([]);
  });

  it("takes one of exactly the limit", async () => {
    open();
    expect((await post({ scheme: "ethereum", raw: `0x${"ff".repeat(1_000)}` })).statusCode).toBe(202);
  });

  it("refuses other media types", async () => {
    open();
    const answer = await post("raw=0x00", { "content-type": "application/x-www-form-urlencoded" });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ error: { code: "UNSUPPORTED_MEDIA_TYPE" } });
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("broker down"))],
    ["never answers", () => new Promise<never>(() => {})],
    [
      "throws",
      () => {
        throw new Error("not connected");
      },
    ],
  ])("says 503 when the broker %s", async (_, publish) => {
    const { views } = open({ publish, limits: { publishTimeoutMs: 20 } });
    const answer = await post({ scheme: "ethereum", raw: RAW });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.json()).toMatchObject({ error: { code: "TOPIC_UNAVAILABLE" } });
    expect(answer.body).not.toContain("broker down");
    expect(views.transactions.held).toBe(0);
  });

  it("bounds how many wait for the broker", async () => {
    let release: (place: { partition: number; offset: number }) => void = () => {};
    const publish = () =>
      new Promise<{ partition: number; offset: number }>((resolve) => (release = resolve));
    open({ publish, limits: { publishesInFlightMax: 1 } });
    const first = post({ scheme: "ethereum", raw: RAW });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await post({ scheme: "ethereum", raw: RAW });
    expect(second.statusCode).toBe(503);
    expect(second.json()).toMatchObject({ error: { code: "OVERLOADED" } });
    release({ partition: 0, offset: 5 });
    expect((await first).statusCode).toBe(202);
    const third = post({ scheme: "ethereum", raw: RAW });
    await new Promise((resolve) => setTimeout(resolve, 20));
    release({ partition: 0, offset: 6 });
    expect((await third).statusCode).toBe(202);
  });

  it("hides faults of its own and says so in the one shape", async () => {
    open({
      senderOf: () => {
        throw new Error("secret");
      },
    });
    const answer = await post({ scheme: "ethereum", raw: RAW });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ error: { code: "INTERNAL_FAULT" } });
    expect(answer.body).not.toContain("secret");
  });
});
