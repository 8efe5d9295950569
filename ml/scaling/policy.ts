import { MERGE_LEVEL, SPLIT_LEVEL } from "../policy/policies.js";
import { type ChangeCosts, shardMsOf } from "./change-costs.js";

const RUS = 10n ** 18n;

/** What loads are decided by: by present ones alone, or by what is forecast as well. */
export const LOOKS = ["present", "forecast"] as const;

/** When shards are split and merged. */
export interface ScalingSettings {
  readonly looksAt: (typeof LOOKS)[number];
  /** Share of the capacity at which a shard is split. */
  readonly splitLevel: number;
  /** Siblings whose loads are together below this share of one's capacity are merged. */
  readonly mergeLevel: number;
  /** For so long they must stay below it, in milliseconds. */
  readonly mergeAfterMs: number;
  /** A merge must have paid by so long a time of one shard less, in milliseconds. */
  readonly mergePaysWithinMs: number;
  /** A shard that began so short a time ago is left alone, in milliseconds; the main chain has a bound of its own. */
  readonly cooldownMs: number;
  /** Most shards at a time, the main chain not counted. */
  readonly shardsMax: number;
  readonly accountsMax: number;
  readonly stateBytesMax: number;
  readonly memoryBytesMax: number;
  /** In 10^-18 RUS. */
  readonly valueMax: bigint;
  /** Contract calls a second. */
  readonly contractCallsMax: number;
  /** Share of transactions that pay to another shard; a merge brings them together, so it counts for merges. */
  readonly crossShareMax: number;
  /** A shard with less load than this share of its capacity isn't split for what it is worth. */
  readonly usedMin: number;
}

/** The mission's thresholds. */
export const SCALING_DEFAULTS: ScalingSettings = {
  looksAt: "forecast",
  splitLevel: SPLIT_LEVEL,
  mergeLevel: MERGE_LEVEL,
  mergeAfterMs: 120_000,
  mergePaysWithinMs: 600_000,
  cooldownMs: 60_000,
  shardsMax: 64,
  accountsMax: 1_000_000,
  stateBytesMax: 1e12,
  memoryBytesMax: 4 * 2 ** 30,
  valueMax: 1_000_000n * RUS,
  contractCallsMax: 1_000,
  crossShareMax: 0.9,
  usedMin: 0.1,
};

/** A shard as the policy sees it; loads in transactions a second. */
export interface ShardView {
  readonly shard: number;
  readonly path: string;
  readonly ageMs: number;
  /** Now, and the quantiles of the load by when a split decided now would be done, and by when a merge could be undone. */
  readonly load: number;
  readonly expected: number;
  readonly expectedLater: number;
  readonly capacity: number;
  readonly accounts: number;
  readonly stateBytes: number;
  readonly memoryBytes: number;
  readonly value: bigint;
  readonly contractCalls: number;
  readonly crossShare: number;
}

export type SplitRule =
  | "PRESENT_LOAD"
  | "FORECAST_LOAD"
  | "ACCOUNTS"
  | "BYTES"
  | "MEMORY"
  | "TOTAL_VALUE"
  | "CONTRACT_USE";
export type Rule = SplitRule | "SIBLINGS_LOW" | "CROSS_SHARD";

/** What should happen, and why. */
export interface Wish {
  readonly kind: "SPLIT" | "MERGE";
  readonly shards: readonly number[];
  readonly rule: Rule;
  readonly reason: string;
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

type Costs = Pick<ChangeCosts, "of">;

/** Whether a shard should be split; undefined: not. The most urgent rule that says so. */
export function splitOf(view: ShardView, settings: ScalingSettings, costs: Costs): Wish | undefined {
  const { shard, load, expected, capacity } = view;
  if (view.ageMs < settings.cooldownMs) return undefined;
  const wish = (rule: SplitRule, reason: string): Wish => ({ kind: "SPLIT", shards: [shard], rule, reason });
  const level = settings.splitLevel * capacity;
  if (load >= level) return wish("PRESENT_LOAD", `its load is ${percent(load / capacity)} of its capacity`);
  const isAhead = settings.looksAt === "forecast";
  if (isAhead && expected >= level) {
    const now = percent(load / capacity);
    return wish(
      "FORECAST_LOAD",
      `its load is expected to reach ${percent(expected / capacity)}, and is ${now} now`,
    );
  }
  if (view.accounts >= settings.accountsMax) return wish("ACCOUNTS", `it has ${view.accounts} accounts`);
  if (view.stateBytes >= settings.stateBytesMax)
    return wish("BYTES", `its state takes ${view.stateBytes} bytes`);
  if (view.memoryBytes >= settings.memoryBytesMax)
    return wish("MEMORY", `it takes ${view.memoryBytes} bytes of memory`);
  // Worth alone is no load: a split would cost something and help nobody.
  if (load < settings.usedMin * capacity) return undefined;
  // What can wait does so until the load leaves room for what a split takes of the capacity.
  const meanwhile = isAhead ? Math.max(load, expected) : load;
  if (meanwhile + costs.of("SPLIT").lostShare * capacity > capacity) return undefined;
  if (view.value >= settings.valueMax)
    return wish("TOTAL_VALUE", `its accounts hold ${view.value / RUS} RUS`);
  if (view.contractCalls >= settings.contractCallsMax)
    return wish("CONTRACT_USE", `${view.contractCalls} contract calls a second`);
  return undefined;
}

/** Whether two siblings would be one shard that is far from being split again. */
export function fitTogether(left: ShardView, right: ShardView, settings: ScalingSettings): boolean {
  const capacity = Math.min(left.capacity, right.capacity);
  const load = left.load + right.load;
  const expected = settings.looksAt === "forecast" ? left.expectedLater + right.expectedLater : load;
  const half = settings.mergeLevel;
  return (
    Math.min(left.ageMs, right.ageMs) >= settings.cooldownMs &&
    load < settings.mergeLevel * capacity &&
    expected < settings.splitLevel * capacity &&
    left.accounts + right.accounts < half * settings.accountsMax &&
    left.stateBytes + right.stateBytes < half * settings.stateBytesMax &&
    left.memoryBytes + right.memoryBytes < half * settings.memoryBytesMax &&
    (left.value + right.value < settings.valueMax || load < settings.usedMin * capacity)
  );
}

/**
 * For so long siblings must have been low before they are merged, in milliseconds: at least until that time with one shard
 * less is worth what the merge costs, and the split after it. How long they will be low is judged by how long they have
 * been, up to a bound; infinite where the merge doesn't pay within that.
 */
export function mergeAfterMs(settings: ScalingSettings, costs: Costs): number {
  const costMs = shardMsOf("MERGE", costs);
  if (costMs > settings.mergePaysWithinMs) return Number.POSITIVE_INFINITY;
  return Math.max(settings.mergeAfterMs, costMs);
}

/** The merge of two siblings that fit together, and have for so long, in milliseconds. */
export function mergeOf(left: ShardView, right: ShardView, lowMs: number, settings: ScalingSettings): Wish {
  const capacity = Math.min(left.capacity, right.capacity);
  const isCross = Math.max(left.crossShare, right.crossShare) > settings.crossShareMax;
  const together = percent((left.load + right.load) / capacity);
  return {
    kind: "MERGE",
    shards: [left.shard, right.shard],
    rule: isCross ? "CROSS_SHARD" : "SIBLINGS_LOW",
    reason: `together their load is ${together} of one's capacity, for ${Math.round(lowMs / 1_000)} s${isCross ? ", and most of it goes from shard to shard" : ""}`,
  };
}
