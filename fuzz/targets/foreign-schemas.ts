import avro from "avsc";
import { codec } from "../../schemas/codec.js";
import { foreignDecoder } from "../../schemas/foreign.js";
import { SCHEMAS } from "../../schemas/generated.js";
import { ONE } from "../../simulator/world/network.js";
import { type Chance, pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net, sharedText } from "../samples.js";
import { must, type Target } from "../target.js";

interface RecordSchema {
  fields: { name: string; type: unknown; default?: unknown }[];
  [attribute: string]: unknown;
}
const own = SCHEMAS.SignedTransaction as RecordSchema;
const record = (name: string, ...types: unknown[]) => ({
  type: "record",
  name,
  fields: types.map((type, index) => ({ name: `f${index}`, type })),
});
/** Ours with a field more, which a reader of ours passes over. */
const withField = (type: unknown): RecordSchema => ({
  ...own,
  fields: [...own.fields, { name: "more", type }],
});

/** A few names that stand for 2^30 values. */
const LAUGHS = Array.from({ length: 30 }).reduce<unknown>(
  (inner, _, index) => record(`L${index}`, inner, index === 0 ? "int" : `L${index - 1}`),
  "int",
);
const DEEP = `${'{"type":"array","items":'.repeat(3_000)}"int"${"}".repeat(3_000)}`;
const SCHEMAS_TRIED: readonly unknown[] = [
  own,
  { ...own, name: "Other" },
  { ...own, fields: [...own.fields].reverse() },
  { ...own, fields: own.fields.slice(1) },
  ...["long", "null", ["null", "string"], { type: "map", values: "bytes" }].map(withField),
  ...[{ type: "array", items: "null" }, { type: "array", items: record("Empty") }, LAUGHS].map(withField),
  withField({ type: "array", items: record("Node", ["null", "Node"], "int") }),
  withField(record("Endless", "Endless")),
  withField({ type: "fixed", name: "Nothing", size: 0 }),
  withField({ type: "enum", name: "E", symbols: ["A", "B"], default: "A" }),
  withField({ type: "bytes", logicalType: "decimal", precision: 4, scale: 2 }),
];
const pairs = sharedText("vectors/apache-avro/reader_writer_pairs.json");
const foreign = pairs
  ? (JSON.parse(pairs) as { cases: { writer: unknown }[] }).cases.map(({ writer }) => writer)
  : [];
const texts = [
  ...SCHEMAS_TRIED.map((schema) => JSON.stringify(schema)),
  DEEP,
  "",
  "null",
  '"SignedTransaction"',
];
const values = [
  codec("SignedTransaction").encode(net.wallet(1).pay(net.wallet(2), ONE)),
  Buffer.concat([
    codec("SignedTransaction").encode(net.wallet(1).pay(net.wallet(3), ONE)),
    Buffer.of(2, 0, 0),
  ]),
  Buffer.concat([
    codec("SignedTransaction").encode(net.wallet(1).pay(net.wallet(3), ONE)),
    ...Array.from({ length: 20_000 }, () => Buffer.from("808001", "hex")),
  ]),
  Buffer.alloc(0),
  Buffer.alloc(4_000),
];
/** Fields that a producer may have besides ours, and a value of each. */
const FIELDS: readonly [type: unknown, value: unknown][] = [
  ["long", 5],
  [["null", "string"], { string: "x" }],
  [{ type: "map", values: "bytes" }, { a: Buffer.of(1) }],
  [
    { type: "array", items: record("Node", ["null", "Node"], "int") },
    [{ f0: { "rustorium.Node": { f0: null, f1: 1 } }, f1: 2 }],
  ],
  [{ type: "enum", name: "E", symbols: ["A", "B"] }, "B"],
];
const written = FIELDS.map(([type, more]) => {
  const schema = withField(type);
  const writer = avro.Type.forSchema(schema as unknown as avro.Schema, { wrapUnions: true });
  const value = writer.toBuffer({ ...net.wallet(1).pay(net.wallet(2), ONE), more });
  return joinFrames([Buffer.from(JSON.stringify(schema)), value]);
});
const resolving = [joinFrames([Buffer.from(JSON.stringify(own)), values[0]!]), ...written];
const corpus = resolving.concat(
  [...texts, ...foreign.map((schema) => JSON.stringify(schema))].flatMap((text) =>
    values.map((value) => joinFrames([Buffer.from(text), value])),
  ),
);
const pool = [...texts.map((text) => Buffer.from(text)), ...values];

/** One of the parts of a schema replaced by one of another. */
function withOtherPart(text: string, chance: Chance): string {
  const parts = [...text.matchAll(/"(?:[^"\\]|\\.)*"|\d+|\[[^[\]]*\]|\{[^{}]*\}/g)];
  if (parts.length === 0) return text;
  const { 0: part, index } = pick(chance, parts);
  const other = pick(chance, [
    '"null"',
    '"int"',
    '"SignatureScheme"',
    "[]",
    "{}",
    "0",
    "-1",
    '"bytes"',
    '["null"]',
    part,
  ]);
  return (
    text.slice(0, index) + (chance(4) === 0 ? `${part},${other}` : other) + text.slice(index + part.length)
  );
}

/** A producer's own schema and a value of it: what resolves gives a transaction, everything else nothing. */
export const target: Target = {
  about: "schemas that producers register, and values written with them",
  codes: new Set(["NO_DECODER", "UNDECODABLE", "TRANSACTION"]),
  corpus,
  next(chance) {
    const input = pick(chance, chance(2) === 0 ? resolving : corpus);
    if (chance(3) === 0) return mutateBytes(chance, input, corpus);
    return mutateFrames(chance, input, pool, (frame) =>
      frame[0] === 0x7b && chance(2) === 0
        ? Buffer.from(withOtherPart(frame.toString("utf8"), chance))
        : mutateBytes(chance, frame, pool),
    );
  },
  check(input) {
    const [text, value] = splitFrames(input);
    const decode = foreignDecoder((text ?? Buffer.alloc(0)).toString("utf8"));
    if (!decode) return "NO_DECODER";
    const transaction = decode(value ?? Buffer.alloc(0));
    if (!transaction) return "UNDECODABLE";
    const { encode, decode: decodeOwn } = codec("SignedTransaction");
    must(decodeOwn(encode(transaction)) !== undefined, "what was read is no transaction of ours");
    return "TRANSACTION";
  },
};
