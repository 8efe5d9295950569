import { feedViews, GATEWAY_TOPICS, type GatewayTopic } from "../../gateway/views/feed.js";
import { createViews, type Views } from "../../gateway/views/index.js";
import { accountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
import { initialShards } from "../../ledger/topology.js";
import { codec, fromWire, toWire } from "../../schemas/codec.js";
import { type RecordTypes, SCHEMAS } from "../../schemas/generated.js";
import {
  accountId,
  accountRecord,
  certificate,
  hash,
  NOW_MS,
  notification,
  rejected,
  settlement,
  testGateway,
} from "../../test/gateway/fixtures.js";
import {
  alert,
  decision,
  forecast,
  outcome,
  shardMetrics,
  stageMetrics,
} from "../../test/gateway/measurements.js";
import { topic as topicOf } from "../../topics/catalogue.js";
import { type Chance, pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { must, type Target } from "../target.js";

const HEAD_BYTES = 2;

/** Number of the topic and length of the key in a byte each, the key, the value in wire format. */
function frame(topic: GatewayTopic, key: Buffer, wire: Buffer): Buffer {
  return Buffer.concat([Buffer.of(GATEWAY_TOPICS.indexOf(topic), key.length), key, wire]);
}

function recordOf<K extends keyof RecordTypes>(
  topic: GatewayTopic,
  name: K,
  value: RecordTypes[K],
  key: Buffer = Buffer.alloc(0),
) {
  return frame(topic, key, toWire(1, codec(name).encode(value)));
}

const account = keyBytes(accountKey(accountId(1)));
const validator = { validator: 1, name: "ada", publicKey: hash(2), stake: 5, status: "active" };
const pool = [
  ...initialShards(2).map((shard) =>
    recordOf("topology", "ShardTopology", {
      ...shard,
      epoch: 0,
      parents: [],
      phase: "ACTIVE" as const,
      ended: -1,
      since: 0,
      isPaused: false,
    }),
  ),
  recordOf("validators", "ValidatorRecord", validator),
  recordOf("shard.finalized", "FinalityCertificate", certificate()),
  recordOf("shard.state", "StateRecord", accountRecord(5n, 1, 7), account),
  recordOf(
    "shard.state",
    "StateRecord",
    { height: 7, digest: hash(7), value: null },
    keyBytes(heightKey("0")),
  ),
  frame("shard.state", account, Buffer.alloc(0)),
  recordOf("transactions.rejected", "RejectedTransaction", rejected()),
  recordOf("notifications", "Notification", notification()),
  recordOf("notifications", "Notification", settlement()),
  recordOf("metrics.stages", "StageMetrics", stageMetrics()),
  recordOf("metrics.shards", "ShardMetrics", shardMetrics()),
  recordOf("predictions", "LoadForecast", forecast()),
  recordOf("scaling.decisions", "ScalingRecord", decision()),
  recordOf("scaling.decisions", "ScalingRecord", outcome()),
  recordOf("metrics.alerts", "MetricsAlert", alert()),
];
const corpus = [joinFrames(pool), joinFrames([...pool].reverse())];
const values = new Map(
  GATEWAY_TOPICS.map((name) => [name, new AvroValues(SCHEMAS[topicOf(name).value] as Schema)] as const),
);

function changed(chance: Chance, old: Buffer): Buffer {
  const topic = GATEWAY_TOPICS[(old[0] ?? 0) % GATEWAY_TOPICS.length]!;
  const keyEnd = HEAD_BYTES + (old[1] ?? 0);
  const wire = fromWire(old.subarray(keyEnd));
  const { decode, encode } = codec(topicOf(topic).value);
  const value = wire && decode(wire.avroBytes);
  if (value === undefined || chance(3) === 0) return mutateBytes(chance, old, pool);
  const other = values.get(topic)!.changed(value, chance);
  return frame(topic, old.subarray(HEAD_BYTES, keyEnd), toWire(1, encode(other as never)));
}

const ASKED = [
  "/status",
  "/metrics",
  `/accounts/0x${accountId(1).toString("hex")}`,
  `/accounts/0x${accountId(0).toString("hex")}`,
  `/transactions/${hash(1).toString("hex")}`,
  "/transactions/0:10",
];

let views = createViews();
/** Passes every call on to the views of this case: to build the gateway anew takes longer than all else. */
const current = Object.fromEntries(
  Object.keys(views).map((view) => [
    view,
    new Proxy({}, { get: (_, name) => memberOf(view as keyof Views, name) }),
  ]),
) as unknown as Views;
const { app } = testGateway({ views: current });

function memberOf(view: keyof Views, name: string | symbol): unknown {
  const member = Reflect.get(views[view], name) as unknown;
  return typeof member === "function" ? member.bind(views[view]) : member;
}

/** Any records into the gateway's views, and then the questions that read all of them: never a fault of ours. */
export const target: Target = {
  about: "records that the gateway's views are made of, from anyone who may write to the broker",
  codes: new Set(["READ", "UNREADABLE"]),
  corpus,
  next: (chance) =>
    chance(8) === 0
      ? mutateBytes(chance, pick(chance, corpus), corpus)
      : mutateFrames(chance, pick(chance, corpus), pool, (old) => changed(chance, old)),
  async check(input) {
    views = createViews();
    const codes = splitFrames(input).map((bytes, offset) => {
      const topic = GATEWAY_TOPICS[(bytes[0] ?? 0) % GATEWAY_TOPICS.length]!;
      const keyEnd = HEAD_BYTES + (bytes[1] ?? 0);
      const value = bytes.length > keyEnd ? bytes.subarray(keyEnd) : null;
      const place = { topic, partition: 1, offset, timeMs: NOW_MS };
      return feedViews(views, { ...place, key: bytes.subarray(HEAD_BYTES, keyEnd), value })
        ? "READ"
        : "UNREADABLE";
    });
    if (!codes.includes("READ")) return codes;
    for (const url of ASKED) {
      const { statusCode, body } = await app.inject(url);
      must(
        statusCode === 200 || statusCode === 404 || statusCode === 503,
        `${url}: ${statusCode} ${body.slice(0, 200)}`,
      );
    }
    return codes;
  },
};
