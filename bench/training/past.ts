import { seededRandom } from "../../ml/random.js";
import { shardRecordKey } from "../../processors/keys.js";
import { outgoing } from "../../runtime/driver/perform.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { codec } from "../../schemas/codec.js";
import type { ShardMetrics } from "../../schemas/generated.js";
import { LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";

/** Transactions a second: of the middle, of the wave's height, of the noise. */
const MIDDLE = 300;
const WAVE = 150;
const NOISE = 60;
/** Seconds of a wave; each shard's begins elsewhere. */
const PERIOD_S = 240;
const CAPACITY = 1_000;
const NO_LATENCIES = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);

/** A measurement of a shard with a made-up load: a wave and noise. */
export function madeUp(
  { shard, path }: { readonly shard: number; readonly path: string },
  atMs: number,
  random: () => number,
): ShardMetrics {
  const wave = Math.sin((2 * Math.PI * atMs) / (1_000 * PERIOD_S) + shard);
  const transactions = Math.round(MIDDLE + WAVE * wave + NOISE * random());
  return {
    ...{ at: atMs, spanMs: 1_000, path, capacity: CAPACITY, isCapacityMeasured: true },
    usedPpm: Math.round((1e6 * transactions) / CAPACITY),
    ...{ bottleneck: "execute", workPpm: Math.round((1e6 * transactions) / CAPACITY) },
    figures: {
      ...{ shard, height: 1, transactions, refused: 0, crossShard: 0, contractCalls: 0 },
      ...{ latencyCounts: NO_LATENCIES, accounts: 1_000, totalValue: 0n },
      ...{ stateBytes: 64_000, memoryBytes: 128_000, hottest: [] },
    },
  };
}

/** Writes measurements of each shard for so many seconds before now, so that a scaler that starts has a past to learn from. */
export async function writePast(
  { kafka, network, topology, schemaIds }: OpenEnvironment,
  seconds: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  const writer = new PlainWriter(kafka);
  const endMs = Date.now();
  const messages = Array.from({ length: seconds }, (_, second) => endMs - 1_000 * (seconds - second)).flatMap(
    (atMs) =>
      topology.current.live.map((place) => {
        const value = codec("ShardMetrics").encode(madeUp(place, atMs, random));
        return outgoing(
          { topic: "metrics.shards", partition: 0, key: shardRecordKey(place.shard), value },
          network.genesis.network,
          schemaIds,
        );
      }),
  );
  await writer.write(messages);
  await writer.close();
}
