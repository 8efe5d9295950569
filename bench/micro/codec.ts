import { avscType } from "../../schemas/avsc-type.js";
import { codec } from "../../schemas/codec.js";
import { medianOf } from "../measure/numbers.js";
import { codecSamples } from "./codec-samples.js";

/** What one call costs. */
export interface CodecRow {
  readonly name: string;
  readonly opsPerSecond: number;
  readonly microseconds: number;
}

const WARM_UP_MS = 150;
const SAMPLES = 15;
const SAMPLE_MS = 10;
/** Calls between two looks at the clock. */
const ROUND = 50;
const NANOSECONDS = 1_000_000;

/** Something that depends on every result: else a compiler may leave the work out. */
let sink: unknown;

/** Encoding and strict decoding of the records of the hot path, by our codecs and by avsc. */
export function benchCodec(): CodecRow[] {
  const cases = codecSamples().flatMap(({ title, name, values }) => {
    const { encode, decode } = codec(name);
    const type = avscType(name);
    const encoded = values.map((value) => encode(value as never));
    return [
      { name: `${title}, encode`, call: over(values, encode as (value: unknown) => unknown) },
      { name: `${title}, encode, avsc`, call: over(values, (value) => type.toBuffer(value)) },
      { name: `${title}, decode`, call: over(encoded, decode) },
      { name: `${title}, decode, avsc`, call: over(encoded, (bytes) => canonical(type, bytes)) },
    ];
  });
  // All of them before the first is measured: in a process that has seen one type only, everything is inlined.
  for (const { call } of cases) run(call, WARM_UP_MS);
  return cases.map(({ name, call }) => {
    run(call, WARM_UP_MS);
    const microseconds = medianOf(Array.from({ length: SAMPLES }, () => run(call, SAMPLE_MS)));
    return { name, opsPerSecond: Math.round(1e6 / microseconds), microseconds };
  });
}

/** Strict decoding as it was by avsc: what encodes to the same bytes. */
function canonical(type: ReturnType<typeof avscType>, bytes: Buffer): unknown {
  const value: unknown = type.fromBuffer(bytes);
  return type.toBuffer(value).equals(bytes) ? value : undefined;
}

function over<T>(inputs: readonly T[], work: (input: T) => unknown): () => void {
  let next = 0;
  return () => {
    sink = work(inputs[next]!);
    next = next + 1 === inputs.length ? 0 : next + 1;
  };
}

/** Calls for so long; microseconds a call. */
function run(call: () => void, milliseconds: number): number {
  const start = process.hrtime.bigint();
  const budget = BigInt(milliseconds * NANOSECONDS);
  let rounds = 0;
  let took = 0n;
  while (took < budget) {
    for (let index = 0; index < ROUND; index++) call();
    rounds++;
    took = process.hrtime.bigint() - start;
  }
  if (sink === undefined) throw new Error("a sample does not decode");
  return Number(took) / 1_000 / (rounds * ROUND);
}
