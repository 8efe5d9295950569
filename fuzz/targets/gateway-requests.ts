import { maxHeaderSize } from "node:http";
import { API_ERRORS, type ApiErrorCode } from "../../gateway/errors.js";
import { createViews } from "../../gateway/views/index.js";
import { ONE } from "../../simulator/world/network.js";
import { accountId, hash, testGateway, withTopology } from "../../test/gateway/fixtures.js";
import { type Chance, pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net } from "../samples.js";
import { must, type Target } from "../target.js";

const METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] as const;
const JSON_TYPE = "application/json";
const TYPES = [
  JSON_TYPE,
  `${JSON_TYPE}; charset=utf-8`,
  "text/plain",
  "application/x-www-form-urlencoded",
  "a/b;;",
  "",
];

// Few are held, so that memory shows what requests leave behind.
const { app } = testGateway({
  views: withTopology(createViews({ transactionsHeldMax: 100 })),
  publish: async () => ({ partition: 1, offset: 100 }),
  senderOf: (transaction) => (transaction.scheme === "ED25519" ? accountId(1) : undefined),
});

const { body, publicKey, signature } = net.wallet(1).pay(net.wallet(2), ONE);
const ed25519 = { scheme: "ed25519", body: hex(body), publicKey: hex(publicKey), signature: hex(signature) };
const ethereum = { scheme: "ethereum", raw: `0x${hex(net.wallet(1, 1).pay(net.wallet(2), ONE).body)}` };
const BODIES = [
  JSON.stringify(ed25519),
  JSON.stringify(ethereum),
  `{"scheme":"ethereum","raw":"00","raw":"01"}`,
  `{"scheme":"ethereum","scheme":"ed25519","raw":"00"}`,
  `{"__proto__":{"scheme":"ethereum"},"raw":"00"}`,
  `{"constructor":{"prototype":{}},"scheme":"ethereum","raw":"00"}`,
  `{"scheme":"ethereum","raw":9007199254740993}`,
  `{"scheme":["ethereum"],"raw":["00"]}`,
  `{"scheme":"ethereum","raw":${"[".repeat(900)}${"]".repeat(900)}}`,
  `{"scheme":"ethereum","raw":"${"00".repeat(999)}"}`,
  `{"scheme":"ethereum","raw":"${"00".repeat(1_500)}"}`,
  '[1e400,-0,"\\ud800"]',
  "",
];
const PATHS = [
  ..."/ /status /openapi.json /transactions /accounts /nothing".split(" "),
  `/transactions/${hex(hash(1))}`,
  ...["0:1", "999999999:999999999999999", "0x", "%00", "%E0%A4%A", "%2e%2e", "1:1?x=1&x[]=2"].map(
    (id) => `/transactions/${id}`,
  ),
  `/accounts/0x${hex(accountId(1))}`,
  ...["sh1-", "sh1.2-00-00", `sh${"1.".repeat(70)}1`, "a".repeat(300), "%ff", "0x00?%"].map(
    (id) => `/accounts/${id}`,
  ),
];

function hex(bytes: Buffer): string {
  return bytes.toString("hex");
}

/** Numbers of method and media type in a byte each; path; body. */
const request = (method: (typeof METHODS)[number], type: string, path: string, payload: string) =>
  joinFrames([
    Buffer.of(METHODS.indexOf(method), TYPES.indexOf(type)),
    Buffer.from(path),
    Buffer.from(payload),
  ]);
const corpus = [
  ...BODIES.map((payload) => request("POST", JSON_TYPE, "/transactions", payload)),
  ...TYPES.map((type) => request("POST", type, "/transactions", BODIES[1]!)),
  ...PATHS.map((path) => request("GET", "", path, "")),
  ...METHODS.map((method) => request(method, JSON_TYPE, "/status", "{}")),
];
const pool = [...PATHS, ...BODIES].map((text) => Buffer.from(text));

/** JSON with a part replaced, doubled or nested. */
function changedJson(chance: Chance, frame: Buffer): Buffer {
  const text = frame.toString("utf8");
  const parts = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:\s*"(?:[^"\\]|\\.)*")?|[{}[\],:]/g)];
  if (parts.length === 0) return mutateBytes(chance, frame, pool);
  const { 0: part, index } = pick(chance, parts);
  const other = pick(chance, [
    `${part},${part}`,
    `[${part}]`,
    "",
    "null",
    "1e999",
    '"\\u0000"',
    '"0x"',
    `"__proto__":1,${part}`,
  ]);
  return Buffer.from(text.slice(0, index) + other + text.slice(index + part.length));
}

/** Any request: an answer of the one shape, with a code of the closed list and its status, and never a fault of ours. */
export const target: Target = {
  about: "HTTP requests from anyone: paths, parameters, media types and JSON",
  codes: new Set([
    ...Object.keys(API_ERRORS).filter((code) => code !== "INTERNAL_FAULT"),
    "200",
    "202",
    "NO_URL",
  ]),
  corpus,
  next: (chance) =>
    mutateFrames(chance, pick(chance, corpus), pool, (frame) =>
      chance(2) === 0 ? changedJson(chance, frame) : mutateBytes(chance, frame, pool),
    ),
  async check(input) {
    const [head, path, payload] = splitFrames(input);
    const url = `/${(path ?? Buffer.alloc(0)).toString("latin1").replace(/^\/+/, "")}`;
    // What Node's HTTP parser or the injector can't take never is a request.
    if (url.length > maxHeaderSize || !URL.canParse(url, "http://localhost")) return "NO_URL";
    const method = METHODS[(head?.[0] ?? 0) % METHODS.length]!;
    const type = TYPES[(head?.[1] ?? 0) % TYPES.length]!;
    const sends = method !== "GET" && method !== "HEAD" && payload !== undefined;
    const answer = await app.inject({
      method,
      url,
      ...(type !== "" && sends && { headers: { "content-type": type } }),
      ...(sends && { payload }),
    });
    must(answer.headers["x-content-type-options"] === "nosniff", "an answer without our headers");
    if (answer.statusCode < 300) return String(answer.statusCode);
    if (method === "HEAD") return answer.statusCode === 404 ? "ROUTE_UNKNOWN" : "MALFORMED_REQUEST";
    const { error } = answer.json<{ error: { code: ApiErrorCode; message: string } }>();
    must(
      API_ERRORS[error.code]?.status === answer.statusCode,
      `status ${answer.statusCode} for ${error.code}`,
    );
    must(error.message.length <= 300, `a message of ${error.code} as long as the request`);
    return error.code;
  },
};
