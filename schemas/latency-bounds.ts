/**
 * Upper bounds that latencyCounts of ShardFigures and PartitionFigures count by, in milliseconds. The counts have one more:
 * what took longer than the last.
 */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;
