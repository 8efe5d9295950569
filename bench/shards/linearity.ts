import { rounded } from "../measure/numbers.js";
import type { Limit } from "./limit.js";

export interface Row extends Limit {
  readonly shards: number;
  /** Of as many times what one shard does. */
  readonly linearity: number;
}

/** Where throughput is no longer so much for each shard as one alone has. */
export function linearity(limits: readonly (readonly [shards: number, limit: Limit])[]): {
  rows: Row[];
  below: { nine: Row | null; five: Row | null };
} {
  const one = limits.find(([shards]) => shards === 1)?.[1].tps;
  if (one === undefined) throw new RangeError("one shard alone is needed to compare with");
  const rows = limits.map(([shards, limit]) => ({
    shards,
    linearity: rounded(limit.tps / (shards * one), 3),
    ...limit,
  }));
  const below = (share: number) => rows.find((row) => row.linearity < share) ?? null;
  return { rows, below: { nine: below(0.9), five: below(0.5) } };
}
