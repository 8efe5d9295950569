/** How partition numbers are given to a stage's members. */
export const STRATEGIES = ["round-robin", "least-loaded", "weighted", "adaptive"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/**
 * What a move must save to be worth it, as a share of one process' time: the busier of two members must have so much less to
 * do afterwards. A rebalance stops reading for about a second, and who gets a shard may have to make its state anew.
 */
export const DEFAULT_MOVE_COST = 0.1;
/** Weight of an ordinary process. */
export const DEFAULT_WEIGHT = 100;
export const WEIGHT_MAX = 1_000;

/** One process that shares in a stage. */
export interface PlacementMember {
  /** Of the group protocol; members are told apart, and put in order, by it. */
  readonly id: string;
  /** What it can do compared with others; above 0. */
  readonly weight: number;
  /** Partition numbers whose tasks it runs now. */
  readonly holds: readonly number[];
  /** Share of its time that goes to other things than this stage, 0 to 1. */
  readonly elsewhere: number;
  /** Partition numbers whose tasks didn't get on here: halted, or failing again and again. Also such as it no longer holds. */
  readonly stuck: readonly number[];
}

/** One partition number with what was measured of it. */
export interface PlacedPartition {
  readonly number: number;
  /** Seconds of its holder's time that it takes per second; undefined: nobody knows. */
  readonly work: number | undefined;
  /** Seconds of steps that its unread records will take, where its holder measured them. */
  readonly lag: number;
}

export interface PlacementInput {
  readonly members: readonly PlacementMember[];
  readonly partitions: readonly PlacedPartition[];
  readonly strategy: Strategy;
  /** See DEFAULT_MOVE_COST. */
  readonly moveCost: number;
}

/** Partition numbers by member id, ascending; every member has an entry. */
export type Placement = ReadonlyMap<string, readonly number[]>;
