import type { LoadForecast, PartitionFigures, ShardMetrics, StageMetrics } from "../../schemas/generated.js";
import { LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";
import type { RecordMeta } from "./meta.js";

/** Stages of processes beyond this number are ignored, and so are a stage's partitions, and shards. */
export const MEASURED_STAGES_MAX = 1_024;
export const MEASURED_PARTITIONS_MAX = 512;
export const MEASURED_SHARDS_MAX = 4_096;
/** What is older than this is dropped once something newer is there, in milliseconds: who wrote it is gone. */
export const STALE_MS = 60_000;
/** Spans that a shard's percentile of latency is over. */
const LATENCY_SPANS = 10;

/** Counts by latency: one for each of LATENCY_BOUNDS_MS, each less those before, and one for what took longer. */
export type LatencyCounts = readonly number[];

/** What was added up of a partition's figures since the gateway began to read. */
export interface PartitionSums {
  readonly records: number;
  readonly stepMicros: number;
  readonly performMicros: number;
  readonly errors: number;
  readonly latency: LatencyCounts;
}

export interface MeasuredStage {
  readonly newest: StageMetrics;
  /** By number of the partition; those of its newest record among them. */
  readonly sums: ReadonlyMap<number, PartitionSums>;
}

export interface MeasuredShard {
  readonly newest: ShardMetrics;
  readonly transactions: number;
  readonly refused: number;
  readonly crossShard: number;
  /** All that were counted. */
  readonly latency: LatencyCounts;
  /** Those of the last LATENCY_SPANS spans. */
  readonly recentLatency: LatencyCounts;
  /** Undefined: none, or it is stale. */
  readonly forecast: LoadForecast | undefined;
}

/** A value and the broker's time of the record that it came with: processes' clocks may be apart. */
interface Timed {
  timeMs: number;
}

type StageEntry = Timed & { newest: StageMetrics; sums: Map<number, Timed & PartitionSums> };
type ShardEntry = Timed & {
  measured: Omit<MeasuredShard, "recentLatency" | "forecast">;
  spans: LatencyCounts[];
};

/** Newest measurements and forecasts, fed by `metrics.stages`, `metrics.shards` and `predictions`. */
export class MetricsView {
  private readonly stagesByMember = new Map<string, StageEntry>();
  private readonly shardsByNumber = new Map<number, ShardEntry>();
  private readonly forecasts = new Map<number, Timed & { forecast: LoadForecast }>();
  /** Next offset of each topic: what is read again isn't counted again. Each has one partition. */
  private readonly nextOffsets = new Map<string, number>();
  private newestTimeMs = 0;
  private sweptMs = 0;

  /** Broker's time of the newest record, in milliseconds since 1970; 0: there was none. */
  get newestMs(): number {
    return this.newestTimeMs;
  }

  applyStage(record: StageMetrics, meta: RecordMeta): void {
    if (!this.isNew(meta)) return;
    const key = JSON.stringify([record.group, record.process]);
    const held = this.stagesByMember.get(key);
    if (!held && this.stagesByMember.size >= MEASURED_STAGES_MAX) return;
    const { timeMs } = meta;
    const partitions = record.partitions.slice(0, MEASURED_PARTITIONS_MAX);
    const sums = held?.sums ?? new Map<number, Timed & PartitionSums>();
    for (const figures of partitions) {
      const before = sums.get(figures.partition);
      if (!before && sums.size >= MEASURED_PARTITIONS_MAX) continue;
      sums.set(figures.partition, { timeMs, ...added(before, figures) });
    }
    this.stagesByMember.set(key, { timeMs, newest: { ...record, partitions }, sums });
  }

  applyShard(record: ShardMetrics, meta: RecordMeta): void {
    if (!this.isNew(meta)) return;
    const { shard, transactions, refused, crossShard, latencyCounts } = record.figures;
    const held = this.shardsByNumber.get(shard);
    if (!held && this.shardsByNumber.size >= MEASURED_SHARDS_MAX) return;
    const before = held?.measured;
    this.shardsByNumber.set(shard, {
      timeMs: meta.timeMs,
      measured: {
        newest: record,
        transactions: (before?.transactions ?? 0) + counted(transactions),
        refused: (before?.refused ?? 0) + counted(refused),
        crossShard: (before?.crossShard ?? 0) + counted(crossShard),
        latency: addedCounts(before?.latency, latencyCounts),
      },
      spans: [...(held?.spans ?? []), addedCounts(undefined, latencyCounts)].slice(-LATENCY_SPANS),
    });
  }

  applyForecast(record: LoadForecast, meta: RecordMeta): void {
    if (!this.isNew(meta)) return;
    if (!this.forecasts.has(record.shard) && this.forecasts.size >= MEASURED_SHARDS_MAX) return;
    this.forecasts.set(record.shard, { timeMs: meta.timeMs, forecast: record });
  }

  /** By group, then process. */
  stages(): MeasuredStage[] {
    return [...this.stagesByMember].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  /** Shards that are measured, by ascending number. */
  shards(): MeasuredShard[] {
    return [...this.shardsByNumber]
      .sort(([a], [b]) => a - b)
      .map(([shard, { measured, spans }]) => ({
        ...measured,
        recentLatency: spans.reduce(addedCounts),
        forecast: this.forecasts.get(shard)?.forecast,
      }));
  }

  private isNew({ topic, offset, timeMs }: RecordMeta): boolean {
    if (offset < (this.nextOffsets.get(topic) ?? 0)) return false;
    this.nextOffsets.set(topic, offset + 1);
    this.newestTimeMs = Math.max(this.newestTimeMs, timeMs);
    this.sweep();
    return true;
  }

  /** Drops what is stale; looks through everything once a second at most. */
  private sweep(): void {
    if (this.newestTimeMs < this.sweptMs + 1_000) return;
    this.sweptMs = this.newestTimeMs;
    const oldestMs = this.newestTimeMs - STALE_MS;
    dropBefore(this.stagesByMember, oldestMs);
    dropBefore(this.shardsByNumber, oldestMs);
    dropBefore(this.forecasts, oldestMs);
    for (const { sums } of this.stagesByMember.values()) dropBefore(sums, oldestMs);
  }
}

function dropBefore<K>(entries: Map<K, Timed>, oldestMs: number): void {
  for (const [key, { timeMs }] of entries) if (timeMs < oldestMs) entries.delete(key);
}

/** A counter never falls, whatever a record says. */
function counted(value: number): number {
  return Math.max(0, value);
}

function added(before: PartitionSums | undefined, figures: PartitionFigures): PartitionSums {
  return {
    records: (before?.records ?? 0) + counted(figures.records),
    stepMicros: (before?.stepMicros ?? 0) + counted(figures.stepMicros),
    performMicros: (before?.performMicros ?? 0) + counted(figures.performMicros),
    errors: (before?.errors ?? 0) + counted(figures.errors),
    latency: addedCounts(before?.latency, figures.latencyCounts),
  };
}

function addedCounts(before: LatencyCounts | undefined, more: LatencyCounts): LatencyCounts {
  return Array.from(
    { length: LATENCY_BOUNDS_MS.length + 1 },
    (_, index) => (before?.[index] ?? 0) + counted(more[index] ?? 0),
  );
}
