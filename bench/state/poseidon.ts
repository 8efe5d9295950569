import { poseidon2 } from "poseidon-lite/poseidon2";
import { sha256 } from "../../ledger/crypto/hash.js";
import { PAIR_BYTES } from "../../ledger/crypto/pair-hasher.js";
import { poseidonPairs } from "../../ledger/crypto/poseidon.js";
import { medianOf } from "../measure/numbers.js";

export interface PoseidonCosts {
  /** Microseconds a pair with poseidon-lite, which gets bigints and gives bigints. */
  readonly liteMicroseconds: number;
  /** Microseconds a pair in a list, which comes and goes in bytes. */
  readonly listMicroseconds: number;
  /** Microseconds of a pair alone: three of four lanes have nothing to do. */
  readonly aloneMicroseconds: number;
}

const PAIRS = 512;
const LITE_CALLS = 100;
const ALONE_CALLS = 100;
const SAMPLES = 15;
const WARM_UP_SAMPLES = 5;

/** What Poseidon costs, the ways measured in turns in one run, so that what else the machine does meets all of them. */
export function measurePoseidon(): PoseidonCosts {
  const pairs = Buffer.alloc(PAIRS * PAIR_BYTES);
  for (let at = 0; at < pairs.length; at += 32) {
    sha256(Buffer.from(`element ${at}`)).copy(pairs, at);
    pairs[at]! &= 0x0f;
  }
  const numbers = Array.from({ length: LITE_CALLS }, (_, index) =>
    [0, 32].map((side) => BigInt(`0x${pairs.toString("hex", index * 64 + side, index * 64 + side + 32)}`)),
  );
  const ways = [
    () => micros(LITE_CALLS, () => numbers.forEach((pair) => void poseidon2(pair))),
    () => micros(PAIRS, () => poseidonPairs(pairs)),
    () =>
      micros(ALONE_CALLS, () => {
        for (let call = 0; call < ALONE_CALLS; call++) poseidonPairs(pairs.subarray(0, PAIR_BYTES));
      }),
  ] as const;
  for (let sample = 0; sample < WARM_UP_SAMPLES; sample++) for (const way of ways) way();
  const samples = Array.from({ length: SAMPLES }, () => ways.map((way) => way()));
  const [liteMicroseconds, listMicroseconds, aloneMicroseconds] = ways.map((_, index) =>
    medianOf(samples.map((sample) => sample[index]!)),
  );
  return {
    liteMicroseconds: liteMicroseconds!,
    listMicroseconds: listMicroseconds!,
    aloneMicroseconds: aloneMicroseconds!,
  };
}

/** Microseconds of one of the `count` things that a call does. */
function micros(count: number, call: () => void): number {
  const start = process.hrtime.bigint();
  call();
  return Number(process.hrtime.bigint() - start) / 1_000 / count;
}
