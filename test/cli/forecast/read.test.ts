import { describe, expect, it } from "vitest";
import { loadNamed, shardLoads } from "../../../cli/forecast/model.js";
import { MEASUREMENTS_PER_SHARD_MAX, readLoads } from "../../../cli/forecast/read.js";
import type { InputRecord } from "../../../processors/stage.js";
import type { TopicSource } from "../../../runtime/proofs/topic-source.js";
import { codec, toWire } from "../../../schemas/codec.js";
import type { RecordTypes } from "../../../schemas/generated.js";
import type { TopicName } from "../../../topics/catalogue.js";
import { NOW_MS } from "../../gateway/fixtures.js";
import { decision, forecast, outcome, shardMetrics } from "../../gateway/measurements.js";

/** Topics in memory, two records a fetch; what was asked for is written down. */
class MemoryTopics implements TopicSource {
  readonly asked: string[] = [];
  private readonly records = new Map<TopicName, InputRecord[]>();

  add<K extends keyof RecordTypes>(topic: TopicName, name: K, value: RecordTypes[K], timeMs = NOW_MS): void {
    this.addBytes(topic, toWire(1, codec(name).encode(value)), timeMs);
  }

  addBytes(topic: TopicName, value: Buffer, timeMs = NOW_MS): void {
    const held = this.records.get(topic) ?? [];
    const offset = held.length;
    this.records.set(topic, [
      ...held,
      { topic, partition: 0, offset, timeMs, key: null, value } as InputRecord,
    ]);
  }

  async bounds(topic: TopicName) {
    return { low: 0, high: this.of(topic).length };
  }

  async fetch(topic: TopicName, _partition: number, offset: number) {
    const records = this.of(topic).slice(offset, offset + 2);
    return { records, next: offset + records.length, end: this.of(topic).length };
  }

  async offsetAtTime(topic: TopicName, _partition: number, timeMs: number) {
    this.asked.push(topic);
    const found = this.of(topic).findIndex((record) => record.timeMs >= timeMs);
    return found < 0 ? this.of(topic).length : found;
  }

  private of(topic: TopicName): readonly InputRecord[] {
    return this.records.get(topic) ?? [];
  }
}

const SINCE_MS = NOW_MS - 600_000;

describe("readLoads", () => {
  it("reads load, the newest forecast, and decisions with what came of them", async () => {
    const topics = new MemoryTopics();
    topics.add("metrics.shards", "ShardMetrics", shardMetrics({ transactions: 9 }), SINCE_MS - 1);
    topics.addBytes("metrics.shards", Buffer.from("nonsense"));
    for (const transactions of [100, 200, 300])
      topics.add("metrics.shards", "ShardMetrics", shardMetrics({ transactions }));
    topics.add("metrics.shards", "ShardMetrics", shardMetrics({ shard: 1 }, { path: "2.1", spanMs: 2_000 }));
    topics.add("predictions", "LoadForecast", forecast({ source: "trend" }));
    topics.add("predictions", "LoadForecast", forecast());
    topics.add("scaling.decisions", "ScalingRecord", decision());
    topics.add("scaling.decisions", "ScalingRecord", outcome({ decidedAt: NOW_MS - 1, result: "NOT_DONE" }));
    topics.add("scaling.decisions", "ScalingRecord", outcome());
    topics.add("scaling.decisions", "ScalingRecord", decision({ epoch: 1, at: NOW_MS + 5_000 }));
    const loads = shardLoads(await readLoads(topics, SINCE_MS, NOW_MS));
    expect(loads.map(({ shard }) => shard)).toEqual([1, 2]);
    const [first, second] = loads;
    expect(first).toMatchObject({ forecast: null, decisions: [] });
    expect(first?.load).toEqual([{ at: NOW_MS, transactionsPerSecond: 250 }]);
    expect(second).toMatchObject({ path: "2", capacity: 2_000, isCapacityMeasured: true });
    expect(second?.load.map((point) => point.transactionsPerSecond)).toEqual([100, 200, 300]);
    expect(second?.forecast).toMatchObject({ source: "lstm", reason: "", at: NOW_MS });
    expect(second?.forecast?.quantiles[3]).toEqual({
      ...{ fromSeconds: 0, toSeconds: 120, level: 0.9, transactionsPerSecond: 900.5 },
    });
    expect(second?.decisions.map((one) => one.outcome?.result)).toEqual(["DONE", undefined]);
    expect(second?.decisions[0]?.outcome?.text).toContain("shards 5 and 6 began");
  });

  it("takes no forecast that is older than a minute, and none of a shard that isn't measured", async () => {
    const topics = new MemoryTopics();
    topics.add("metrics.shards", "ShardMetrics", shardMetrics());
    topics.add("predictions", "LoadForecast", forecast(), NOW_MS - 60_001);
    topics.add("predictions", "LoadForecast", forecast({ shard: 7 }));
    expect((await readLoads(topics, SINCE_MS, NOW_MS)).forecasts.size).toBe(0);
  });

  it("keeps the newest measurements of a shard", async () => {
    const topics = new MemoryTopics();
    const wire = toWire(1, codec("ShardMetrics").encode(shardMetrics()));
    const last = toWire(1, codec("ShardMetrics").encode(shardMetrics({ transactions: 1 })));
    const records = Array.from({ length: MEASUREMENTS_PER_SHARD_MAX + 3 }, (_, offset) => ({
      ...{ topic: "metrics.shards", partition: 0, offset, timeMs: NOW_MS, key: null },
      value: offset === MEASUREMENTS_PER_SHARD_MAX + 2 ? last : wire,
    })) as unknown as InputRecord[];
    topics.fetch = async (topic) => ({
      ...{ records: topic === "metrics.shards" ? records : [], next: records.length, end: records.length },
    });
    const { measured } = await readLoads(topics, SINCE_MS, NOW_MS);
    expect(measured.get(2)).toHaveLength(MEASUREMENTS_PER_SHARD_MAX);
    expect(measured.get(2)?.at(-1)?.figures.transactions).toBe(1);
  });
});

describe("loadNamed", () => {
  it("takes a number, or a path", () => {
    const shard = (number: number, path: string) =>
      [number, [shardMetrics({ shard: number }, { path })]] as const;
    const measured = new Map([shard(1, "1"), shard(2, "3"), shard(5, "1.2"), shard(9, "1.2")]);
    const loads = shardLoads({ measured, forecasts: new Map(), scaling: [] });
    const named = (text: string) => loadNamed(loads, text)?.shard;
    expect(["2", "3", "1.2", "5", "1.1", "x"].map(named)).toEqual([2, 2, 9, 5, undefined, undefined]);
  });
});
