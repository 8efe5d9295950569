import { codec, fromWire, toWire } from "../../schemas/codec.js";
import { type RecordTypes, SCHEMAS } from "../../schemas/generated.js";
import { type Chance, pick, seeded } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { must, type Target } from "../target.js";

const NAMES = (Object.keys(SCHEMAS) as (keyof RecordTypes)[]).sort();
const values = new Map(NAMES.map((name) => [name, new AvroValues(SCHEMAS[name] as Schema)]));
const SAMPLES_PER_TYPE = 6;

/** Number of the record type in one byte, then a value in wire format. */
function inputOf(name: keyof RecordTypes, chance: Chance): Buffer {
  const bytes = encode(name, values.get(name)!.any(chance));
  return Buffer.concat([Buffer.of(NAMES.indexOf(name)), toWire(1 + chance(40), bytes)]);
}

function encode(name: keyof RecordTypes, value: unknown): Buffer {
  return codec(name).encode(value as never);
}

const chance = seeded(1);
const corpus = NAMES.flatMap((name) => Array.from({ length: SAMPLES_PER_TYPE }, () => inputOf(name, chance)));

/** All codecs: what is canonical encodes to the same bytes; what is not decodes to a value with canonical bytes. */
export const target: Target = {
  about: "values of all topics, in wire format, from anyone who may write to the broker",
  codes: new Set(["NO_WIRE_FORMAT", "UNDECODABLE", "NOT_CANONICAL", "CANONICAL"]),
  corpus,
  next: (random) =>
    random(4) === 0
      ? inputOf(pick(random, NAMES), random)
      : mutateBytes(random, pick(random, corpus), corpus),
  check(input) {
    const name = NAMES[(input[0] ?? 0) % NAMES.length]!;
    const wire = fromWire(input.subarray(1));
    if (!wire) return "NO_WIRE_FORMAT";
    const { avroBytes } = wire;
    const loose = codec(name).decodeAny(avroBytes);
    const strict = codec(name).decode(avroBytes);
    if (loose === undefined) {
      must(strict === undefined, `${name}: decode takes what decodeAny refuses`);
      return "UNDECODABLE";
    }
    const again = encode(name, loose);
    const same = codec(name).decode(again);
    must(same !== undefined, `${name}: what was decoded does not encode to canonical bytes`);
    must(encode(name, same).equals(again), `${name}: a canonical value has two encodings`);
    must((strict !== undefined) === again.equals(avroBytes), `${name}: decode and encode disagree`);
    return strict === undefined ? "NOT_CANONICAL" : "CANONICAL";
  },
};
