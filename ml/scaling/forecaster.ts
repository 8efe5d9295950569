import { fitRidge, ridgeForecasts } from "../baselines/fit-ridge.js";
import type { Ridge } from "../baselines/ridge.js";
import { historyOf } from "../features/history.js";
import { maseScale } from "../metrics.js";
import { forecastAt } from "../network/forecast.js";
import type { Network } from "../network/network.js";
import { OUTPUTS } from "../network/outputs.js";
import type { Lesson } from "../network/samples.js";
import { partsOf, SERIES_STEPS_MIN } from "../parts.js";
import { TARGETS } from "../targets.js";
import { Lately, type Source } from "./lately.js";
import type { LoadHistory } from "./load-history.js";
import { NORMAL_QUANTILES, trendForecast } from "./trend.js";

/** Seconds after which a shard's ridge regression is fitted anew. */
const REFIT_S = 60;
/** Less history than this is too little for ridge and network. */
const FITTED_STEPS_MIN = SERIES_STEPS_MIN + 60;
const TREND_SEEN = 60;

/** A forecast, and what made it. */
export interface Forecast {
  readonly source: Source;
  /** Why it isn't the network's; empty where it is. */
  readonly reason: string;
  /** Quantiles as OUTPUTS has them, in transactions a second. */
  readonly quantiles: Float32Array;
}

interface Fit {
  readonly atMs: number;
  readonly ridge: Ridge;
  readonly scale: number;
  /** Mean absolute error of each of TARGETS in the newest part. */
  readonly errors: readonly number[];
}

/** Forecasts the load of shards: each by the source that did best for it lately. */
export class Forecaster {
  private readonly fits = new Map<number, Fit>();
  private readonly lately = new Map<number, Lately>();

  /** Of all shards in one batch, as far as they have any history. @param network undefined: none is trained */
  forecast(shards: ReadonlyMap<number, LoadHistory>, network: Network | undefined): Map<number, Forecast> {
    const lessons: { shard: number; lesson: Lesson; origin: number }[] = [];
    const said = new Map<number, Map<Source, Float32Array>>();
    for (const [shard, history] of shards) {
      if (history.length === 0) continue;
      const own = new Map<Source, Float32Array>([["trend", trendForecast(history.last(TREND_SEEN))]]);
      said.set(shard, own);
      if (history.length < FITTED_STEPS_MIN) continue;
      const fit = this.fitOf(shard, history);
      if (!fit) continue;
      const { series } = history;
      const origin = series.values.length - 1;
      const full = historyOf(series, partsOf(series).trainEnd);
      const ridge = ridgeForecasts(full, fit.ridge, { first: origin, end: origin + 1 });
      own.set("ridge", withSpread(ridge, fit.errors));
      lessons.push({ shard, lesson: { history: full, scale: fit.scale, ridge, ridgeFirst: origin }, origin });
    }
    if (network && lessons.length > 0) {
      const rows = forecastAt(
        network,
        lessons.map(({ lesson, origin }) => ({ lesson, origins: [origin] })),
      );
      lessons.forEach(({ shard }, row) => {
        const own = rows.slice(row * OUTPUTS.length, (row + 1) * OUTPUTS.length);
        if (own.every(Number.isFinite)) said.get(shard)!.set("network", own);
      });
    }
    return new Map([...said].map(([shard, own]) => [shard, this.judged(shard, shards.get(shard)!, own)]));
  }

  /** Shards that have ended are forgotten. */
  keepOnly(shards: ReadonlySet<number>): void {
    for (const shard of this.fits.keys()) if (!shards.has(shard)) this.fits.delete(shard);
    for (const shard of this.lately.keys()) if (!shards.has(shard)) this.lately.delete(shard);
  }

  private judged(shard: number, history: LoadHistory, said: Map<Source, Float32Array>): Forecast {
    const lately = this.lately.get(shard) ?? new Lately();
    this.lately.set(shard, lately);
    const nowS = history.atMs / 1_000;
    lately.judge(nowS, (fromS, toS) => {
      const values = history.last(nowS - fromS + 1).slice(0, toS - fromS + 1);
      return values.length === toS - fromS + 1 ? Math.max(...values) : undefined;
    });
    lately.said(nowS, said);
    const { source, reason } = lately.choose(new Set(said.keys()));
    return { source, reason, quantiles: said.get(source)! };
  }

  private fitOf(shard: number, history: LoadHistory): Fit | undefined {
    const before = this.fits.get(shard);
    if (before && history.atMs - before.atMs < REFIT_S * 1_000) return before;
    const { series } = history;
    const parts = partsOf(series);
    const scale = maseScale(series.values, series.isObserved, parts.trainEnd);
    // A shard that never had any load has nothing to learn from.
    if (!(scale > 0)) return undefined;
    const { history: full, late } = fitRidge(series, parts);
    const newest = { first: parts.tuneEnd, end: parts.end - 1 };
    const forecasts = ridgeForecasts(full, late, newest);
    const errors = TARGETS.map(({ from, to }, target) => {
      let sum = 0;
      let count = 0;
      for (let origin = newest.first; origin + to < parts.end; origin++) {
        const real = Math.max(...series.values.subarray(origin + from, origin + to + 1));
        sum += Math.abs(real - forecasts[target]![origin - newest.first]!);
        count++;
      }
      return count > 0 ? sum / count : scale;
    });
    const fit = { atMs: history.atMs, ridge: late, scale, errors };
    this.fits.set(shard, fit);
    return fit;
  }
}

/** Mean absolute error of a normal distribution with standard deviation 1. */
const NORMAL_MEAN_ERROR = 0.798;

function withSpread(ridge: readonly Float64Array[], errors: readonly number[]): Float32Array {
  return Float32Array.from(OUTPUTS, ({ target, level }) => {
    const spread = (errors[target]! / NORMAL_MEAN_ERROR) * NORMAL_QUANTILES[level]!;
    return Math.max(0, ridge[target]![0]! + spread);
  });
}
