/** How a load by Zipf's law falls on accounts and shards. */
export interface ZipfShares {
  readonly hottestAccount: number;
  readonly hottestShard: number;
  /** Share of all transactions by shard number; the main chain has none. */
  readonly byShard: Readonly<Record<number, number>>;
  /** Number of the shard with the most. */
  readonly shard: number;
}

/** @param shardOf shard of each account, by its rank in the law */
export function zipfShares(shardOf: readonly number[], exponent: number): ZipfShares {
  const byShard = new Map<number, number>();
  let sum = 0;
  shardOf.forEach((shard, index) => {
    const weight = (index + 1) ** -exponent;
    sum += weight;
    byShard.set(shard, (byShard.get(shard) ?? 0) + weight);
  });
  const [shard, weight] = [...byShard].reduce((most, other) => (other[1] > most[1] ? other : most), [0, 0]);
  const share = (part: number) => Number((part / sum).toFixed(3));
  return {
    hottestAccount: share(1),
    hottestShard: share(weight),
    byShard: Object.fromEntries(
      [...byShard].sort(([a], [b]) => a - b).map(([number, part]) => [number, share(part)]),
    ),
    shard,
  };
}
