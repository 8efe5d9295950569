import type { CpuProfile } from "./flame-graph.js";

/** What a thread spends its time with. */
export type Part =
  | "signature checks"
  | "hashes"
  | "garbage"
  | "sockets and timers"
  | "Kafka client"
  | "codecs and buffers"
  | "local store"
  | "ledger"
  | "stages"
  | "rest";

/** First match counts: of a frame's function and file. */
const PARTS: readonly (readonly [Part, RegExp])[] = [
  ["garbage", /^\(garbage collector\)/],
  ["signature checks", /crypto_sign|secp256k1|ecdsa/],
  ["hashes", /sodium-native|wasm|merkle-kernel|poseidon|ledger\/crypto|crc32/],
  [
    "sockets and timers",
    /^write(Buffer|v|Utf8String|Latin1String) |node:(net|internal\/(stream|timers|js_stream))/,
  ],
  ["Kafka client", /kafkajs|dist\/runtime\/kafka/],
  ["local store", /classic-level|abstract-level|dist\/runtime\/store/],
  [
    "codecs and buffers",
    /dist\/schemas|avsc|node:(internal\/)?buffer|^(latin1|utf8|ucs2|base64)(Slice|Write) |^compare /,
  ],
  ["ledger", /dist\/ledger/],
  ["stages", /dist\/(processors|runtime)/],
];

/**
 * How a thread's busy time divides, as shares of 1 by self time, largest first. Time on the clock: where threads wait for a
 * core, what they were at counts.
 */
export function partsOf(profile: CpuProfile): {
  readonly busySeconds: number;
  readonly shares: Record<string, number>;
} {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const micros = new Map<Part, number>();
  let busy = 0;
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id)!;
    if (frame.functionName === "(idle)") return;
    const spent = profile.timeDeltas[index] ?? 0;
    const part = partOf(`${frame.functionName} ${frame.url}`);
    micros.set(part, (micros.get(part) ?? 0) + spent);
    busy += spent;
  });
  const sorted = [...micros].sort(([, a], [, b]) => b - a);
  return {
    busySeconds: Number((busy / 1e6).toFixed(1)),
    shares: Object.fromEntries(sorted.map(([part, spent]) => [part, Number((spent / busy).toFixed(3))])),
  };
}

function partOf(frame: string): Part {
  return PARTS.find(([, pattern]) => pattern.test(frame))?.[0] ?? "rest";
}
