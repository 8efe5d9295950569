import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { API_ERRORS } from "../../gateway/errors.js";
import { REJECT_REASONS } from "../../ledger/reject-reasons.js";
import { type TestGateway, testGateway } from "./fixtures.js";

let gateway: TestGateway | undefined;
afterEach(async () => gateway?.app.close());

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
      "get /metrics",
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
