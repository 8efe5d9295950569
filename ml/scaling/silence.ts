import type { KnownShard } from "../../ledger/topology.js";
import type { MetricsAlert } from "../../schemas/generated.js";
import { Told } from "./told.js";

/** Of a shard without any figures for so long is told, in milliseconds: ten measurements that didn't come. */
const SILENT_MS = 10_000;
const CODE = "NO_METRICS";

/** Finds shards that nothing is measured of. */
export class Silence {
  /** When figures came last, or the shard was seen first. */
  private readonly heardMs = new Map<number, number>();
  private readonly told = new Told();

  /** @param live a shard whose first block isn't known yet has nothing to measure @param heard those that figures came of since the last time */
  of(live: readonly KnownShard[], heard: ReadonlySet<number>, nowMs: number): MetricsAlert[] {
    const shards = live.filter(({ isBeginning }) => !isBeginning).map(({ shard }) => shard);
    const known = new Set(shards);
    for (const shard of this.heardMs.keys()) if (!known.has(shard)) this.heardMs.delete(shard);
    this.told.keepOnly(known);
    for (const shard of shards)
      if (heard.has(shard) || !this.heardMs.has(shard)) this.heardMs.set(shard, nowMs);
    return shards.flatMap((shard) => {
      const silentMs = nowMs - this.heardMs.get(shard)!;
      if (silentMs < SILENT_MS || !this.told.tells(shard, CODE, nowMs)) return [];
      const seconds = Math.floor(silentMs / 1_000);
      return [
        {
          ...{ code: CODE, at: nowMs, shard, stage: "execute" },
          message: `Shard ${shard} has not been measured for ${seconds} s.`,
          evidence: [{ name: "time without figures, in ms", value: Math.round(silentMs), usual: 1_000 }],
        },
      ];
    });
  }
}
