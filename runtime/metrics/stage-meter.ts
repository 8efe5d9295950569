import { LatencyCounts } from "../../processors/meter/latency-counts.js";
import type { PartitionFigures } from "../../schemas/generated.js";
import type { StepTimes } from "../driver/task-slot.js";

/** How much the newest fetch counts in the share of offsets that are records. */
const NEWEST_SHARE = 0.1;
const MICROS_PER_MS = 1_000;

/** How far behind a partition's reader is. */
interface Reading {
  /** Offset after the last one that was fetched; -1: none was. */
  next: number;
  /** Share of offsets that are records, and no markers of Kafka transactions. */
  density: number;
  /** Offsets that are left. */
  left: number;
  /** Append time of the last record that was fetched, in milliseconds since 1970. */
  lastMs: number;
}

interface Counted {
  records: number;
  steps: number;
  stepMs: number;
  performMs: number;
  errors: number;
  readonly latencies: LatencyCounts;
  readonly readings: Map<string, Reading>;
}

/** What a member's partition number has waiting. */
export interface Waiting {
  readonly records: number;
  /** Append time of the oldest, in milliseconds since 1970; undefined: none waits. */
  readonly oldestMs: number | undefined;
}

/** Of the figures, what is measured here. */
type Measured = Omit<PartitionFigures, "shard" | "status" | "workPpm" | "figures">;

/** Counts what a stage's steps do, by partition number. */
export class StageMeter {
  private readonly counted = new Map<number, Counted>();

  stepped(partition: number, { records, stepMs, performMs }: StepTimes, nowMs: number): void {
    const counted = this.of(partition);
    counted.steps++;
    counted.records += records.length;
    counted.stepMs += stepMs;
    counted.performMs += performMs;
    for (const { timeMs } of records) counted.latencies.add(Math.max(0, nowMs - timeMs));
  }

  failed(partition: number): void {
    this.of(partition).errors++;
  }

  /** @param left offsets that the topic has beyond the fetch */
  fetched(
    partition: number,
    topic: string,
    fetched: {
      readonly first: number;
      readonly last: number;
      readonly count: number;
      readonly lastMs: number;
    },
    left: number,
  ): void {
    const { readings } = this.of(partition);
    const before = readings.get(topic);
    const from = before && before.next >= 0 && before.next <= fetched.first ? before.next : fetched.first;
    const density = fetched.count / (fetched.last + 1 - from);
    readings.set(topic, {
      next: fetched.last + 1,
      density: before ? before.density + NEWEST_SHARE * (density - before.density) : density,
      left,
      lastMs: fetched.lastMs,
    });
  }

  /** The member doesn't have the partition number any more. */
  forget(partition: number): void {
    this.counted.delete(partition);
  }

  /** Hands out what was counted of a partition number since the last time. */
  take(partition: number, waiting: Waiting, nowMs: number): Measured {
    const counted = this.of(partition);
    const { records, steps, stepMs, performMs, errors, latencies } = counted;
    let lagRecords = 0;
    let lastMs = Number.POSITIVE_INFINITY;
    for (const reading of counted.readings.values()) {
      const left = Math.floor(reading.left * reading.density);
      if (left > 0) lastMs = Math.min(lastMs, reading.lastMs);
      lagRecords += left;
    }
    const oldestMs = Math.min(waiting.oldestMs ?? Number.POSITIVE_INFINITY, lastMs);
    Object.assign(counted, { records: 0, steps: 0, stepMs: 0, performMs: 0, errors: 0 });
    return {
      partition,
      records,
      steps,
      stepMicros: Math.round(stepMs * MICROS_PER_MS),
      performMicros: Math.round(performMs * MICROS_PER_MS),
      latencyCounts: latencies.take(),
      queued: waiting.records,
      lagRecords,
      lagMs: Number.isFinite(oldestMs) ? Math.max(0, nowMs - oldestMs) : 0,
      errors,
    };
  }

  private of(partition: number): Counted {
    let counted = this.counted.get(partition);
    if (!counted) {
      const none = { records: 0, steps: 0, stepMs: 0, performMs: 0, errors: 0 };
      counted = { ...none, latencies: new LatencyCounts(), readings: new Map() };
      this.counted.set(partition, counted);
    }
    return counted;
  }
}
