import type { Topology } from "../../ledger/topology.js";
import type { ShardFigures, ShardMetrics, StageMetrics } from "../../schemas/generated.js";
import { CAPACITY_UNMEASURED, Capacity } from "./capacity.js";

/** What a process said longer ago than this isn't true any more, in milliseconds. */
const FRESH_MS = 5_000;
/** Stages that a transaction is final by. */
const FINAL_STAGES: readonly string[] = ["execute", "vote", "finalize"];
/** A shard is saturated where a record has waited for so long for one of them, in milliseconds. */
const SATURATED_MS = 2_000;
const MILLIONTHS = 1_000_000;
/** Processes of stages that are remembered. */
const REPORTS_MAX = 10_000;

/** Where a shard takes most of a process' time. */
interface Bottleneck {
  readonly group: string;
  readonly workPpm: number;
  readonly isSaturated: boolean;
}

/** Puts together what all stages measured of each shard. */
export class Meter {
  /** The newest of each group and process. */
  private readonly reports = new Map<string, StageMetrics>();
  private readonly ofShards = new Map<number, Capacity>();
  private readonly ofAll = new Capacity();

  /** @param capacity transactions a second that a shard can take, where the operator says so; else it is measured */
  constructor(private readonly capacity?: number) {}

  /** Takes what a process measured; returns what is new of shards. */
  take(metrics: StageMetrics, topology: Topology): ShardMetrics[] {
    this.reports.delete(nameOf(metrics));
    this.reports.set(nameOf(metrics), metrics);
    const [oldest] = this.reports.keys();
    if (this.reports.size > REPORTS_MAX) this.reports.delete(oldest!);
    return metrics.partitions.flatMap(({ figures }) => {
      const place = figures && topology.find(figures.shard);
      return place ? [this.metricsOf(figures, place.path, metrics)] : [];
    });
  }

  private metricsOf(figures: ShardFigures, path: string, { at, spanMs }: StageMetrics): ShardMetrics {
    const { shard, transactions } = figures;
    const bottleneck = this.bottleneckOf(shard, at);
    const own = this.ofShards.get(shard) ?? new Capacity();
    this.ofShards.set(shard, own);
    if (bottleneck) {
      for (const capacity of [own, this.ofAll])
        capacity.add(transactions, bottleneck.workPpm / MILLIONTHS, spanMs, at, bottleneck.isSaturated);
    }
    const measured = own.perSecond ?? this.ofAll.perSecond;
    const capacity = this.capacity ?? Math.max(1, Math.round(measured ?? CAPACITY_UNMEASURED));
    return {
      at,
      spanMs,
      path,
      figures,
      capacity,
      isCapacityMeasured: this.capacity === undefined && measured !== undefined,
      usedPpm: Math.round((MILLIONTHS * 1_000 * transactions) / (spanMs * capacity)),
      bottleneck: bottleneck?.group ?? "",
      workPpm: bottleneck?.workPpm ?? -1,
    };
  }

  /** undefined: nobody knows yet, or what one knows is old. */
  private bottleneckOf(shard: number, nowMs: number): Bottleneck | undefined {
    const works = new Map<string, { sum: number; most: number; group: string }>();
    let isSaturated = false;
    for (const { process, stage, group, at, partitions } of this.reports.values()) {
      if (nowMs - at > FRESH_MS) continue;
      for (const { shard: of, workPpm, lagMs } of partitions) {
        if (of !== shard) continue;
        if (lagMs >= SATURATED_MS && FINAL_STAGES.includes(stage)) isSaturated = true;
        // A process that doesn't know yet what it works may be the one that works most.
        if (workPpm < 0) return undefined;
        const work = works.get(process) ?? { sum: 0, most: -1, group };
        work.sum += workPpm;
        if (workPpm > work.most) Object.assign(work, { most: workPpm, group });
        works.set(process, work);
      }
    }
    const [first] = [...works.values()].sort((a, b) => b.sum - a.sum);
    return first && { group: first.group, workPpm: first.sum, isSaturated };
  }
}

const nameOf = ({ group, process }: StageMetrics) => `${group}/${process}`;
