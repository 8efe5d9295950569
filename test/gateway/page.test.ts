import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { PAGE_SCRIPT } from "../../gateway/page/script.js";
import { PAGE_STYLE } from "../../gateway/page/style.js";
import { createViews } from "../../gateway/views/index.js";
import { fakeDocument } from "./fake-document.js";
import {
  certificate,
  hash,
  NOW_MS,
  notification,
  settlement,
  type TestGateway,
  testGateway,
  withTopology,
} from "./fixtures.js";
import { alert, decision, forecast, shardMetrics } from "./measurements.js";

let gateway: TestGateway | undefined;
afterEach(async () => gateway?.app.close());

/** Runs the page's script once against a gateway's /status. */
async function openPage(app: TestGateway["app"]) {
  const html = (await app.inject("/")).body;
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
  const document = fakeDocument(ids);
  const visited: string[] = [];
  const refreshed = new Promise<void>((resolve) => {
    runInNewContext(PAGE_SCRIPT, {
      document,
      location: { assign: (url: string) => visited.push(url) },
      fetch: async (url: string) => {
        const answer = await app.inject(url);
        return { ok: answer.statusCode === 200, status: answer.statusCode, json: async () => answer.json() };
      },
      setTimeout: () => resolve(),
    });
  });
  await refreshed;
  return { document, visited };
}

describe("GET /", () => {
  it("is one document without external parts, allowed to run only its own style and script", async () => {
    gateway = testGateway();
    const answer = await gateway.app.inject("/");
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(answer.body).not.toMatch(/ (?:style|on\w+)="/);
    const policy = String(answer.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    for (const tag of ["style", "script"]) {
      const inside = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(answer.body)![1]!;
      expect(policy).toContain(`${tag}-src 'sha256-${createHash("sha256").update(inside).digest("base64")}'`);
    }
    expect(PAGE_STYLE).toContain("light-dark(");
  });

  it("shows what /status says, text from topics as text", async () => {
    const views = withTopology(createViews());
    views.directory.applyValidator({
      validator: 1,
      name: "<b>ada</b>",
      publicKey: hash(2),
      stake: 100,
      status: "active",
    });
    views.certificates.apply(certificate({ height: 12_345 }));
    views.certificates.apply(certificate({ height: 12_345 }, hash(66)));
    for (const event of ["PRE_CONFIRMED", "FINAL"] as const) views.activity.apply(notification({ event }));
    views.activity.apply(
      notification({
        event: "REJECTED",
        applied: false,
        code: "<script>",
        transactionId: null,
        account: null,
        shard: -1,
      }),
    );
    views.activity.apply(settlement());
    const status = () => ({
      stages: [{ stage: "execute", state: "faulted" as const, detail: "DIGEST_CONTRADICTED" }],
      viewLag: [{ topic: "notifications", lagRecords: 5_000 }],
    });
    gateway = testGateway({ views, status });
    const { document } = await openPage(gateway.app);
    expect(document.place("live").textContent).toBe("Live");
    expect(document.title).toBe("test · Rustorium");
    const textOf = (id: string) => document.place(id).textContent;
    expect(textOf("shards")).toContain("Main chain");
    expect(textOf("shards")).toContain("12,345");
    expect(textOf("validators")).toContain("<b>ada</b>");
    expect(textOf("codes")).toContain("<script>");
    expect(textOf("stages")).toContain("faulted");
    expect(textOf("recent")).toContain("completed");
    expect(textOf("alerts")).toMatch(/contradict.*execute has stopped.*5,000 records behind/);
    const links = [...document.place("recent").all()]
      .map((element) => element.attributes.get("href"))
      .filter(Boolean);
    expect(links).toContain(`/transactions/${hash(1).toString("hex")}`);
  });

  it("shows load, what is expected, and what was decided", async () => {
    const views = createViews();
    const meta = (topic: string) => ({ topic, partition: 0, offset: 0, timeMs: NOW_MS - 20_000 });
    views.metrics.applyShard(shardMetrics({}, { capacity: 1_000, path: "<i>" }), meta("metrics.shards"));
    views.metrics.applyForecast(forecast(), meta("predictions"));
    views.scaling.applyScaling(decision(), meta("scaling.decisions"));
    views.scaling.applyAlert(alert(), meta("metrics.alerts"));
    gateway = testGateway({ views });
    const { document } = await openPage(gateway.app);
    const textOf = (id: string) => document.place(id).textContent;
    expect(document.place("live").textContent).toBe("Live");
    expect(textOf("load")).toMatch(/Shard <i>500.*25 % of 1,000.*901 in 120 s.*lstm.*≤ 250 ms/);
    expect(textOf("scaling")).toContain("split shard 2 (FORECAST_LOAD)");
    expect(textOf("scaling")).toContain("The load doubled");
    expect(textOf("alerts")).toContain("newest measurement of load is 20 s old");
  });

  it("shows an empty network, and a status without stage health", async () => {
    gateway = testGateway({ status: () => Promise.reject(new Error("broker down")) });
    const { document } = await openPage(gateway.app);
    expect(document.place("live").textContent).toBe("Live");
    expect(document.place("stages").textContent).toContain("could not be learnt");
  });

  it("says when the gateway doesn't answer", async () => {
    gateway = testGateway({
      nowMs: () => {
        throw new Error("no clock");
      },
    });
    const { document } = await openPage(gateway.app);
    expect(document.place("live").textContent).toBe("No answer");
  });

  it("leads from the search field to a transaction or an account", async () => {
    gateway = testGateway();
    const { document, visited } = await openPage(gateway.app);
    const search = (text: string) => {
      document.place("query").value = text;
      document.place("find").listeners.get("submit")!({ preventDefault: () => {} });
    };
    const account = `0x${"ab".repeat(20)}`;
    for (const text of [" 0:12 ", account, "sh1-x", ""]) search(text);
    expect(visited).toEqual(["/transactions/0%3A12", `/accounts/${account}`, "/accounts/sh1-x"]);
  });
});
