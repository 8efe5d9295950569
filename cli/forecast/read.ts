import { type ScalingEvent, scalingEvent } from "../../gateway/views/scaling.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import { recordsFrom, type TopicSource } from "../../runtime/proofs/topic-source.js";
import type { LoadForecast, ShardMetrics } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { Readings } from "./model.js";

/** Measurements kept of a shard, the newest: two hours, of one a second. */
export const MEASUREMENTS_PER_SHARD_MAX = 7_200;
/** Shards beyond this number are left out. */
export const SHARDS_MAX = 4_096;
/** Decisions and outcomes kept, the newest. */
export const SCALING_MAX = 1_000;
/** A forecast that is older says nothing of what is ahead, in milliseconds. */
const FORECAST_AGE_MAX_MS = 60_000;

/**
 * Reads what was measured, expected and decided since a time. What can't be read is passed over.
 * @param sinceMs, nowMs in milliseconds since 1970
 */
export async function readLoads(source: TopicSource, sinceMs: number, nowMs: number): Promise<Readings> {
  const measured = new Map<number, ShardMetrics[]>();
  await each(source, "metrics.shards", sinceMs, (record) => {
    const metrics = read("ShardMetrics", record);
    if (!metrics) return;
    const { shard } = metrics.figures;
    const held = measured.get(shard);
    if (held) keep(held, metrics, MEASUREMENTS_PER_SHARD_MAX);
    else if (measured.size < SHARDS_MAX) measured.set(shard, [metrics]);
  });
  const forecasts = new Map<number, LoadForecast>();
  await each(source, "predictions", Math.max(sinceMs, nowMs - FORECAST_AGE_MAX_MS), (record) => {
    const forecast = read("LoadForecast", record);
    // One of a shard that isn't measured isn't drawn.
    if (forecast && measured.has(forecast.shard)) forecasts.set(forecast.shard, forecast);
  });
  const scaling: ScalingEvent[] = [];
  await each(source, "scaling.decisions", sinceMs, (record) => {
    const event = read("ScalingRecord", record);
    if (event) keep(scaling, scalingEvent(event), SCALING_MAX);
  });
  return { measured, forecasts, scaling };
}

/** Each of these topics has one partition. */
async function each(
  source: TopicSource,
  topic: TopicName,
  sinceMs: number,
  take: (record: InputRecord) => void,
): Promise<void> {
  const from = await source.offsetAtTime(topic, 0, sinceMs);
  for await (const some of recordsFrom(source, topic, 0, from)) for (const record of some) take(record);
}

function keep<T>(list: T[], value: T, max: number): void {
  if (list.push(value) > max) list.shift();
}
