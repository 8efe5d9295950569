import type { KnownShard } from "../../ledger/topology.js";
import type { MetricsAlert } from "../../schemas/generated.js";

/** Of a shard without any figures for so long is told, in milliseconds: ten measurements that didn't come. */
const SILENT_MS = 10_000;
/** It isn't told again before so long, in milliseconds. */
const REPEATED_AFTER_MS = 60_000;

/** Finds shards that nothing is measured of. */
export class Silence {
  /** When figures came last, or the shard was seen first. */
  private readonly heardMs = new Map<number, number>();
  private readonly toldMs = new Map<number, number>();

  /** @param live a shard whose first block isn't known yet has nothing to measure @param heard those that figures came of since the last time */
  of(live: readonly KnownShard[], heard: ReadonlySet<number>, nowMs: number): MetricsAlert[] {
    const shards = live.filter(({ isBeginning }) => !isBeginning).map(({ shard }) => shard);
    const known = new Set(shards);
    for (const map of [this.heardMs, this.toldMs])
      for (const shard of map.keys()) if (!known.has(shard)) map.delete(shard);
    for (const shard of shards)
      if (heard.has(shard) || !this.heardMs.has(shard)) this.heardMs.set(shard, nowMs);
    return shards.flatMap((shard) => {
      const silentMs = nowMs - this.heardMs.get(shard)!;
      const isTold = nowMs - (this.toldMs.get(shard) ?? Number.NEGATIVE_INFINITY) < REPEATED_AFTER_MS;
      if (silentMs < SILENT_MS || isTold) return [];
      this.toldMs.set(shard, nowMs);
      const seconds = Math.floor(silentMs / 1_000);
      return [
        {
          ...{ code: "NO_METRICS", at: nowMs, shard, stage: "execute" },
          message: `Shard ${shard} has not been measured for ${seconds} s.`,
          evidence: [{ name: "time without figures, in ms", value: Math.round(silentMs), usual: 1_000 }],
        },
      ];
    });
  }
}
