import { ONE_RUS } from "../../ledger/amount.js";
import type { ShardMetrics } from "../../schemas/generated.js";
import type { MeasuredShard, MetricsView } from "../views/metrics.js";
import { type Family, known, type Labels } from "./samples.js";

const MILLI = 1_000;
const PARTS = 1_000_000;

const SHARD_LABELS = ["shard", "path"] as const;

/** What is known of shards, and what is expected of them. */
export function shardFamilies(metrics: MetricsView): Family[] {
  const family = (
    type: "counter" | "gauge",
    name: string,
    help: string,
    value: (shard: MeasuredShard) => number | undefined,
  ): Family => ({
    ...{ name: `rustorium_shard_${name}`, help, type, labelNames: SHARD_LABELS },
    samples: () => metrics.shards().map((shard) => ({ labels: labelsOf(shard.newest), value: value(shard) })),
  });
  return [
    family("counter", "transactions_total", "Transactions that blocks judged", (one) => one.transactions),
    family("counter", "refused_total", "Transactions that blocks refused", (one) => one.refused),
    family(
      "counter",
      "cross_shard_total",
      "Transactions that pay to an account of another shard",
      (one) => one.crossShard,
    ),
    {
      name: "rustorium_shard_latency_seconds",
      help: "Transactions by time from publication until their block was seen certified; without a sum",
      type: "histogram",
      labelNames: SHARD_LABELS,
      samples: () =>
        metrics.shards().map(({ newest, latency }) => ({ labels: labelsOf(newest), counts: latency })),
    },
    family("gauge", "accounts", "Accounts in the state", ({ newest }) => known(newest.figures.accounts)),
    family("gauge", "state_bytes", "Size of the state's values, encoded", ({ newest }) =>
      known(newest.figures.stateBytes),
    ),
    family("gauge", "memory_bytes", "Memory that values of the state are kept in", ({ newest }) =>
      known(newest.figures.memoryBytes),
    ),
    family("gauge", "value_rus", "Balances and escrow in the state", ({ newest: { figures } }) =>
      // Value and accounts are counted in one go: before that both are unknown.
      figures.accounts < 0 ? undefined : Number(figures.totalValue) / Number(ONE_RUS),
    ),
    family(
      "gauge",
      "capacity_transactions_per_second",
      "Transactions a second that the shard can take on this installation",
      ({ newest }) => known(newest.capacity),
    ),
    family("gauge", "used_ratio", "Transactions a second as a share of the capacity", ({ newest }) =>
      known(newest.usedPpm, PARTS),
    ),
    {
      name: "rustorium_shard_forecast_transactions_per_second",
      help: "Expected load by quantile: the maximum of a window, or of one moment where it ends as it begins",
      type: "gauge",
      labelNames: ["shard", "from_seconds", "to_seconds", "quantile"],
      samples: () => metrics.shards().flatMap(forecastOf),
    },
    {
      name: "rustorium_metrics_timestamp_seconds",
      help: "Broker's time of the newest measurement: figures are as old as this",
      type: "gauge",
      labelNames: [],
      samples: () => [{ labels: {}, value: metrics.newestMs === 0 ? undefined : metrics.newestMs / 1_000 }],
    },
  ];
}

function labelsOf({ path, figures: { shard } }: ShardMetrics): Labels {
  return { shard, path };
}

function forecastOf({ newest, forecast }: MeasuredShard) {
  return (forecast?.quantiles ?? []).map(({ fromSeconds, toSeconds, levelPpm, loadMilli }) => ({
    labels: {
      shard: newest.figures.shard,
      from_seconds: fromSeconds,
      to_seconds: toSeconds,
      quantile: levelPpm / PARTS,
    },
    value: known(loadMilli, MILLI),
  }));
}
