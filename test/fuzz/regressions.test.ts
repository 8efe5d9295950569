import { describe, expect, it } from "vitest";
import { judge } from "../../fuzz/judge.js";
import { joinFrames } from "../../fuzz/mutate/frames.js";
import { loadTarget } from "../../fuzz/registry.js";
import type { TargetName } from "../../fuzz/target.js";
import { accountKey, keyBytes } from "../../ledger/state/key.js";
import { codec } from "../../schemas/codec.js";
import { foreignDecoder } from "../../schemas/foreign.js";

/** Inputs that the fuzzer found, made small: each failed once. */
const FOUND: readonly [target: TargetName, what: string, hex: string][] = [
  ["avro-records", "an int of 36 bits was read, and could not be written", "100000000000ffffffffff0f00"],
  ["avro-records", "an int of hundreds of bits", `100000000000${"ff".repeat(40)}0f00`],
  ["settings", "a table in TOML has no text", "0000000b5b5b62726f6b6572735d5d"],
  ["gateway-requests", "a URL that can't be decoded was answered without our headers", "000000000000003425"],
  ["gateway-requests", "a long path came back in the message", longPath("a".repeat(4_000))],
  ["gateway-requests", "so did a long parameter", longPath(`transactions/${"a".repeat(4_000)}`)],
  ["stages", "a bundle to no shard stopped relay", bundleTo(-2_147_483_648)],
  ["gateway-views", "a topology with a path that is none made the accounts fail", topologyWithPath("\0\0")],
];

function longPath(path: string): string {
  return joinFrames([Buffer.of(0, 0), Buffer.from(path)]).toString("hex");
}

/** A record of shard.messages for a block, and that block's certificate. */
function bundleTo(destination: number): string {
  const zero = Buffer.alloc(32);
  const place = { shard: 1, height: 1, digest: zero, destination, channelSequence: 1, messages: [] };
  const kind = { priority: "HIGH", change: null, isLast: false } as const;
  const bundle = codec("OutgoingBundle").encode({ ...place, ...kind, leafIndex: 0, leafCount: 1, proof: [] });
  const header = { genesis: zero, shard: 1, height: 1, parent: zero, firstSequence: 1, lastSequence: 1 };
  const roots = {
    entriesRoot: zero,
    receiptsRoot: zero,
    changesRoot: zero,
    messagesRoot: zero,
    isLast: false,
  };
  const certificate = codec("FinalityCertificate").encode({
    ...{ header: { ...header, time: 0, epoch: 0, ...roots }, digest: zero, signatures: [] },
    ...{ signedStake: 3, totalStake: 4 },
  });
  const frame = (topic: number, bytes: Buffer) => Buffer.concat([Buffer.of(topic, 0, 0, 0, 0, 1), bytes]);
  return joinFrames([frame(1, bundle), frame(2, certificate)]).toString("hex");
}

function topologyWithPath(path: string): string {
  const value = codec("ShardTopology").encode({
    ...{ shard: 0, path, prefix: "", partition: 1, epoch: 0 },
    ...{ parents: [], phase: "ACTIVE", ended: -1, since: 0, isPaused: false },
  });
  const account = codec("StateRecord").encode({
    ...{ height: 1, digest: Buffer.alloc(32) },
    value: { "rustorium.AccountState": { balance: 1n, nonce: 0, escrowed: 0n } },
  });
  const key = keyBytes(accountKey(Buffer.alloc(20, 1)));
  const wire = (bytes: Buffer) => Buffer.concat([Buffer.of(0, 0, 0, 0, 1), bytes]);
  return joinFrames([
    Buffer.concat([Buffer.of(0, 0), wire(value)]),
    Buffer.concat([Buffer.of(3, key.length), key, wire(account)]),
  ]).toString("hex");
}

describe("what the fuzzer found stays mended", () => {
  it.each(FOUND)("%s: %s", async (name, _what, hex) => {
    expect(await judge(await loadTarget(name), Buffer.from(hex, "hex"), true)).toMatchObject({ ok: true });
  });

  it("a varint of 200 bytes does not make every later `bytes` of the process empty", () => {
    const { encode, decodeAny } = codec("SignedTransaction");
    const good = {
      scheme: "ETHEREUM",
      body: Buffer.from("body"),
      publicKey: Buffer.alloc(0),
      signature: Buffer.alloc(0),
    } as const;
    expect(decodeAny(Buffer.concat([Buffer.of(2), Buffer.alloc(200, 0x80), Buffer.of(0)]))).toBeUndefined();
    expect(decodeAny(encode(good))?.body.toString()).toBe("body");
  });

  it("longs are exact down to the lowest", () => {
    const { encode, decode } = codec("Cut");
    for (const height of [
      -(2 ** 52),
      -(2 ** 52) - 1,
      -(2 ** 52) - 2,
      -(2 ** 53) + 2,
      2 ** 53 - 2,
      2 ** 31,
      -1,
    ]) {
      expect(decode(encode({ height })), String(height)).toEqual({ height });
    }
    for (const height of [-(2 ** 53), 2 ** 53 - 1])
      expect(() => encode({ height }), String(height)).toThrow();
  });
});

describe("a producer's schema", () => {
  const own = codec("SignedTransaction").schema as { fields: object[] };
  const withField = (type: unknown) =>
    JSON.stringify({ ...own, fields: [...own.fields, { name: "more", type }] });
  const record = (name: string, ...types: unknown[]) => ({
    ...{ type: "record", name },
    fields: types.map((type, index) => ({ name: `f${index}`, type })),
  });
  const laughs = Array.from({ length: 30 }).reduce<unknown>(
    (inner, _, index) => record(`L${index}`, inner, index === 0 ? "int" : `L${index - 1}`),
    "int",
  );

  it.each([
    ["a field more", "long"],
    ["an optional field more", ["null", "string"]],
    ["a list more", { type: "array", items: "bytes" }],
    ["a type inside itself", record("Node", ["null", "Node"])],
  ])("may have %s", (_what, type) => expect(foreignDecoder(withField(type))).toBeDefined());

  it.each([
    ["items that take no byte, of which a few bytes can claim any number", { type: "array", items: "null" }],
    ["records without fields", { type: "map", values: record("Empty") }],
    ["a fixed of no bytes", { type: "fixed", name: "Nothing", size: 0 }],
    ["names that stand for 2^30 values", laughs],
    ["a type that is no type", "nothing"],
  ])("is refused with %s", (_what, type) => expect(foreignDecoder(withField(type))).toBeUndefined());

  it.each([
    ["no JSON", "{"],
    ["nothing", ""],
    ["null", "null"],
    ["a schema of something else", '"string"'],
    ["too long", `"${"a".repeat(70_000)}"`],
  ])("is refused where it is %s", (_what, text) => expect(foreignDecoder(text)).toBeUndefined());

  it("is read by Avro's rules: a field more is passed over, and other bytes are refused", () => {
    const transaction = {
      scheme: "ETHEREUM",
      body: Buffer.of(1),
      publicKey: Buffer.of(2),
      signature: Buffer.of(3),
    } as const;
    const bytes = Buffer.concat([codec("SignedTransaction").encode(transaction), Buffer.of(10)]);
    const decode = foreignDecoder(withField("long"))!;
    expect({ ...decode(bytes) }).toEqual(transaction);
    expect(decode(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
    expect(
      decode(Buffer.concat([bytes.subarray(0, -1), Buffer.of(0x8a, 0)])),
      "a longer varint",
    ).toBeUndefined();
  });
});
