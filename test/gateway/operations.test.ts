import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { API_ERRORS } from "../../gateway/errors.js";
import { createViews } from "../../gateway/views/index.js";
import { REJECT_REASONS } from "../../ledger/reject-reasons.js";
import { heightKey, keyBytes } from "../../ledger/state/key.js";
import {
  accountId,
  certificate,
  hash,
  NOW_MS,
  notification,
  type TestGateway,
  testGateway,
  withTopology,
} from "./fixtures.js";

let gateway: TestGateway | undefined;
afterEach(async () => gateway?.app.close());

describe("GET /status", () => {
  it("shows network, shards, validators, stages, lag and activity", async () => {
    const views = withTopology(createViews());
    views.directory.applyValidator({
      validator: 1,
      name: "ada",
      publicKey: hash(2),
      stake: 100,
      status: "active",
    });
    views.certificates.apply(certificate());
    const meta = { topic: "shard.state", partition: 2, offset: 0, timeMs: NOW_MS };
    views.accounts.apply(keyBytes(heightKey("01")), { height: 6, digest: hash(6), value: null }, meta);
    views.activity.apply(notification());
    views.activity.apply(
      notification({
        event: "REJECTED",
        applied: false,
        code: "MALFORMED",
        transactionId: null,
        account: null,
        shard: -1,
        height: -1,
      }),
    );
    gateway = testGateway({ views });
    const answer = await gateway.app.inject("/status");
    expect(answer.statusCode).toBe(200);
    const status = answer.json();
    expect(status).toMatchObject({
      network: "test",
      chainId: 77,
      genesis: hash(3).toString("hex"),
      consensus: "hybrid-pos",
      timeMs: NOW_MS,
      parameters: { blockIntervalMs: 100, transactionBytesMax: 1_000 },
      validators: [
        {
          validator: 1,
          name: "ada",
          publicKey: hash(2).toString("hex"),
          stake: 100,
          status: "active",
          signedShare: 1,
        },
      ],
      stages: [{ stage: "execute", state: "running", lagRecords: 3, detail: null }],
      viewLag: [{ topic: "notifications", lagRecords: 2 }],
      views: {
        transactionsHeld: 0,
        transactionsDropped: 0,
        accountsHeld: 0,
        accountsOverflowed: false,
        conflictingCertificates: 0,
      },
      activity: {
        totals: { final: 1, rejected: 1 },
        final: { samples: 1, p50Ms: 1_000, p99Ms: 1_000 },
        preConfirmed: null,
        refusedByCode: [{ code: "MALFORMED", count: 1 }],
        recent: [
          { event: "REJECTED", transactionId: null, account: null, shard: -1 },
          {
            event: "FINAL",
            transactionId: hash(1).toString("hex"),
            account: `0x${accountId(1).toString("hex")}`,
          },
        ],
      },
    });
    expect(status.shards).toHaveLength(5);
    expect(status.shards[1]).toMatchObject({
      shard: 1,
      height: 0,
      digest: null,
      timeMs: null,
      stateHeight: null,
    });
    expect(status.shards[2]).toEqual({
      shard: 2,
      path: "2",
      prefix: "01",
      partition: 2,
      height: 7,
      digest: hash(9).toString("hex"),
      timeMs: NOW_MS - 200,
      stateHeight: 6,
    });
  });

  it("answers without stage health when that can't be learnt, and before anything was read", async () => {
    gateway = testGateway({ status: () => Promise.reject(new Error("broker down")) });
    const answer = await gateway.app.inject("/status");
    expect([answer.statusCode, answer.json()]).toMatchObject([
      200,
      { stages: null, viewLag: null, shards: [], validators: [] },
    ]);
  });
});

describe("GET /openapi.json", () => {
  interface OpenApi {
    openapi: string;
    info: { description: string };
    paths: Record<
      string,
      Record<
        string,
        {
          summary: string;
          responses: Record<
            string,
            { description: string; content?: Record<string, { schema: Record<string, unknown> }> }
          >;
        }
      >
    >;
    components: { schemas: Record<string, unknown> };
  }

  it("describes every route with its errors, and every reference leads somewhere", async () => {
    gateway = testGateway();
    const answer = await gateway.app.inject("/openapi.json");
    expect(answer.headers["content-type"]).toContain("application/json");
    const document = JSON.parse(answer.body) as OpenApi;
    expect(document.openapi).toBe("3.1.0");
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([
      "get /",
      "get /accounts/{address}",
      "get /openapi.json",
      "get /status",
      "get /transactions/{id}",
      "post /transactions",
    ]);
    for (const methods of Object.values(document.paths)) {
      for (const { summary, responses } of Object.values(methods)) {
        expect(summary).not.toBe("");
        expect(Object.keys(responses).some((status) => status.startsWith("2"))).toBe(true);
        for (const [status, { description, content }] of Object.entries(responses)) {
          expect(description).not.toBe("");
          if (Number(status) >= 400) {
            expect(content?.["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Error" });
          }
        }
      }
    }
    expect(Object.keys(document.paths["/transactions"]!.post!.responses)).toEqual([
      "202",
      "400",
      "413",
      "415",
      "500",
      "503",
    ]);
    const references = [...answer.body.matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty([reference.replace("#/components/schemas/", "")]);
    }
    for (const code of Object.keys(REJECT_REASONS))
      expect(document.info.description).toContain(`\`${code}\``);
    // Each code but those that no single route answers with is documented where it occurs.
    for (const code of Object.keys(API_ERRORS)) {
      if (code !== "ROUTE_UNKNOWN") expect(answer.body).toContain(`${code}: `);
    }
  });
});

describe("what is no route", () => {
  it.each([
    ["GET", "/nothing?x=1"],
    ["DELETE", "/status"],
    ["GET", "/transactions"],
  ] as const)("answers %s %s in the one shape", async (method, url) => {
    gateway = testGateway();
    const answer = await gateway.app.inject({ method, url });
    expect([answer.statusCode, answer.json()]).toEqual([
      404,
      { error: { code: "ROUTE_UNKNOWN", message: `There is no ${method} ${url.split("?")[0]}.` } },
    ]);
  });

  it("answers what isn't HTTP in the one shape", async () => {
    gateway = testGateway();
    const { port } = new URL(await gateway.app.listen({ port: 0, host: "127.0.0.1" }));
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("NONSENSE\r\n\r\n"));
      socket.setEncoding("utf8").on("data", (data) => (text += data));
      socket.on("error", reject).on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split("\r\n\r\n")[1]!)).toMatchObject({ error: { code: "MALFORMED_REQUEST" } });
  });
});
