import { readFileSync } from "node:fs";
import { shippedModelPath } from "../../cli/project-root.js";
import { Topology } from "../../ledger/topology.js";
import { useBackend } from "../../ml/network/backend.js";
import { NETWORK_DEFAULTS } from "../../ml/network/network.js";
import { loadModel } from "../../ml/network/saved-model.js";
import { seededRandom } from "../../ml/random.js";
import { SCALING_DEFAULTS } from "../../ml/scaling/policy.js";
import { Scaler } from "../../ml/scaling/scaler.js";
import { quantile } from "../../ml/statistics.js";
import { Meter } from "../../processors/meter/meter.js";
import { messagesOf } from "../../runtime/scaling/messages.js";
import { codec } from "../../schemas/codec.js";
import type { PartitionFigures, StageMetrics } from "../../schemas/generated.js";
import { LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";
import { CATALOGUE } from "../../topics/catalogue.js";
import { madeUp } from "../training/past.js";

const SHARDS = 64;
const SHARD_BITS = 6;
/** Seconds that the scaler has seen of each shard before a tick counts, and ticks that count: each shard is fitted anew three times in them. */
const PAST_S = 400;
const TICKS = 180;
/** Groups of stages that a shard is a task of. */
const GROUPS = ["execute", "finalize", "relay", "vote-1", "vote-2", "vote-3", "vote-4"];
const T0_MS = 1_700_000_000_000;
const WANTED_MS = 100;

const NO_LATENCIES = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);

/**
 * What a whole tick of the scaler costs, but for the broker: what stages measured is decoded and put together, encoded and
 * decoded again as it goes through metrics.shards, each shard is forecast by all sources, decided about, and what comes of it is
 * encoded. Processor time, garbage collection with it.
 */
export async function runLiveTick(seed: number) {
  const backend = await useBackend();
  const random = seededRandom(seed);
  const topology = new Topology([
    { shard: 0, path: "0", prefix: "", partition: 0 },
    ...Array.from({ length: SHARDS }, (_, at) => ({
      ...{ shard: at + 1, path: String(at + 1), partition: at + 1 },
      prefix: at.toString(2).padStart(SHARD_BITS, "0"),
    })),
  ]);
  const meter = new Meter();
  const scaler = new Scaler(SCALING_DEFAULTS, true);
  const { network, ridge, hash } = loadModel(
    readFileSync(shippedModelPath(NETWORK_DEFAULTS.architecture), "utf8"),
  );
  scaler.model = { network, ridge: ridge!, hash };
  const target = { network: "bench", schemaIds: new Map(CATALOGUE.map(({ name }, id) => [name, id])) };
  const said = { forecasts: 0, byNetwork: 0, bytes: 0 };
  const costsMs: number[] = [];
  let offset = 0;
  for (let second = 0; second < PAST_S + TICKS; second++) {
    const atMs = T0_MS + 1_000 * second;
    const reports = GROUPS.map((group) =>
      codec("StageMetrics").encode(reportOf(group, topology, atMs, random)),
    );
    const before = process.cpuUsage();
    const measured = reports.flatMap((report) =>
      meter
        .take(codec("StageMetrics").decode(report)!, topology)
        .map((one) => codec("ShardMetrics").encode(one)),
    );
    for (const bytes of measured) scaler.take(codec("ShardMetrics").decode(bytes)!, offset++);
    const tick = scaler.tick(topology, atMs);
    const messages = messagesOf(target, tick);
    const { user, system } = process.cpuUsage(before);
    if (second < PAST_S) continue;
    costsMs.push((user + system) / 1_000);
    said.forecasts += tick.forecasts.length;
    said.byNetwork += tick.forecasts.filter(({ model }) => model !== "").length;
    said.bytes += messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  }
  return {
    ...{ backend, shards: SHARDS, pastSeconds: PAST_S, ticks: TICKS },
    processorMsMedian: round(quantile(costsMs, 0.5)),
    processorMsP99: round(quantile(costsMs, 0.99)),
    processorMsMax: round(Math.max(...costsMs)),
    longerThanWanted: costsMs.filter((ms) => ms > WANTED_MS).length,
    forecastsATick: said.forecasts / TICKS,
    byNetworkATick: round(said.byNetwork / TICKS),
    bytesATick: Math.round(said.bytes / TICKS),
  };
}

function reportOf(group: string, topology: Topology, atMs: number, random: () => number): StageMetrics {
  const partitions = topology.live.map((place): PartitionFigures => {
    const { figures, workPpm } = madeUp(place, atMs, random);
    return {
      ...{ partition: place.partition, shard: place.shard, status: "running", records: 400, steps: 20 },
      ...{ stepMicros: 9_000, performMicros: 9_000, latencyCounts: NO_LATENCIES, queued: 0 },
      ...{ lagRecords: 0, lagMs: 0, errors: 0, workPpm: Math.round(workPpm / SHARDS) },
      figures: group === "execute" ? figures : null,
    };
  });
  return {
    ...{ stage: group.split("-")[0]!, group, process: group, at: atMs, spanMs: 1_000 },
    ...{ busyPpm: 500_000, memoryBytes: 2e8, partitions },
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
