import type { ForecastQuantile, LoadForecast } from "../schemas/generated.js";
import { boundOfShare } from "../schemas/latency-bounds.js";
import { alertText, decisionText, outcomeText } from "./scaling-words.js";
import type { Views } from "./views/index.js";
import type { LatencyCounts, MeasuredShard } from "./views/metrics.js";
import type { ScalingEvent } from "./views/scaling.js";

/** The quantile of a forecast that is shown. */
const LEVEL_PPM = 900_000;
const PARTS = 1_000_000;
const MILLI = 1_000;

/** Load of the shards that are measured, what is expected of them, and the latest decisions and alerts, as JSON. */
export function renderLoad({ metrics, scaling }: Pick<Views, "metrics" | "scaling">) {
  return {
    timeMs: metrics.newestMs === 0 ? null : metrics.newestMs,
    shards: metrics.shards().map(renderShard),
    scaling: scaling.recentScaling().map(renderScaling),
    alerts: scaling.recentAlerts().map((alert) => ({
      ...{ code: alert.code, timeMs: alert.at, text: alertText(alert) },
      shard: alert.shard < 0 ? null : alert.shard,
    })),
  };
}

function renderShard({ newest, recentLatency, forecast }: MeasuredShard) {
  const { path, figures, spanMs, capacity, isCapacityMeasured, usedPpm, bottleneck, at } = newest;
  return {
    shard: figures.shard,
    path,
    timeMs: at,
    transactionsPerSecond: spanMs > 0 ? (figures.transactions * 1_000) / spanMs : 0,
    capacity,
    isCapacityMeasured,
    usedShare: usedPpm / PARTS,
    bottleneck: bottleneck === "" ? null : bottleneck,
    latency: renderLatency(recentLatency),
    forecast: renderForecast(forecast),
  };
}

function renderLatency(counts: LatencyCounts) {
  const bound = boundOfShare(counts, 0.99);
  return bound === undefined ? null : { p99AtMostMs: Number.isFinite(bound) ? bound : null };
}

function renderForecast(forecast: LoadForecast | undefined) {
  const shown = forecast && shownQuantile(forecast.quantiles);
  if (!shown) return null;
  const { at, source, reason } = forecast;
  const { fromSeconds, toSeconds, levelPpm, loadMilli } = shown;
  return {
    ...{ timeMs: at, fromSeconds, toSeconds, level: levelPpm / PARTS, source },
    transactionsPerSecond: loadMilli / MILLI,
    reason: reason === "" ? null : reason,
  };
}

/** Of the longest window the quantile nearest to LEVEL_PPM. */
function shownQuantile(quantiles: readonly ForecastQuantile[]): ForecastQuantile | undefined {
  const length = ({ fromSeconds, toSeconds }: ForecastQuantile) => toSeconds - fromSeconds;
  const apart = ({ levelPpm }: ForecastQuantile) => Math.abs(levelPpm - LEVEL_PPM);
  return [...quantiles].sort((a, b) => length(b) - length(a) || apart(a) - apart(b))[0];
}

function renderScaling(event: ScalingEvent) {
  switch (event.is) {
    case "decision": {
      const { kind, shards, at, rule } = event.decision;
      return { is: event.is, kind, shards, timeMs: at, code: rule, text: decisionText(event.decision) };
    }
    case "outcome": {
      const { kind, shards, at, result } = event.outcome;
      return { is: event.is, kind, shards, timeMs: at, code: result, text: outcomeText(event.outcome) };
    }
  }
}
