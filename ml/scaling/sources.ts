import { forecastAt } from "../network/forecast.js";
import { OUTPUTS } from "../network/outputs.js";
import type { Lesson } from "../network/samples.js";
import type { TrainedModel } from "../network/saved-model.js";
import {
  ASKED_STEPS_MIN,
  commonLesson,
  FITTED_STEPS_MIN,
  fitOwn,
  type OwnFit,
  ownLesson,
  REFIT_S,
} from "./lessons.js";
import type { LoadHistory } from "./load-history.js";
import { NORMAL_QUANTILES, TREND_SEEN, trendForecast } from "./trend.js";

/** What makes forecasts. */
export type Source = "network" | "ridge" | "trend";
/** Quantiles as OUTPUTS has them, in transactions a second, by who says so. */
export type Said = Map<Source, Float32Array>;

/** Ridge regressions that are fitted in one tick at most: shards that began together would all be due at a time. */
const FITS_MAX = 4;

/** Asks everything that can forecast a shard's load. */
export class Sources {
  private readonly fits = new Map<number, OwnFit & { readonly atMs: number }>();
  private fitsLeft = 0;

  /** Of all shards in one batch, as far as they have any history. @param model undefined: there is none */
  ask(shards: ReadonlyMap<number, LoadHistory>, model: TrainedModel | undefined): Map<number, Said> {
    const asked: { own: Said; lesson: Lesson; origins: readonly number[] }[] = [];
    const said = new Map<number, Said>();
    this.fitsLeft = FITS_MAX;
    for (const [shard, history] of shards) {
      if (history.length === 0) continue;
      const own: Said = new Map([["trend", trendForecast(history.last(TREND_SEEN))]]);
      said.set(shard, own);
      const { series } = history;
      const end = series.values.length;
      const origins = { first: end - 1, end };
      const fit = this.fitOf(shard, history);
      if (fit) {
        const lesson = ownLesson(series, fit, origins);
        own.set("ridge", withSpread(lesson.ridge, fit.errors));
        asked.push({ own, lesson, origins: [origins.first] });
      } else if (model && history.length >= ASKED_STEPS_MIN)
        asked.push({
          own,
          lesson: commonLesson(series, end, model.ridge, origins),
          origins: [origins.first],
        });
    }
    if (!model || asked.length === 0) return said;
    const rows = forecastAt(model.network, asked);
    asked.forEach(({ own }, row) => {
      const quantiles = rows.slice(row * OUTPUTS.length, (row + 1) * OUTPUTS.length);
      if (quantiles.every(Number.isFinite)) own.set("network", quantiles);
    });
    return said;
  }

  /** Shards that have ended are forgotten. */
  keepOnly(shards: ReadonlySet<number>): void {
    for (const shard of this.fits.keys()) if (!shards.has(shard)) this.fits.delete(shard);
  }

  /** undefined: the past is too short, or it isn't the shard's turn yet. */
  private fitOf(shard: number, history: LoadHistory): OwnFit | undefined {
    if (history.length < FITTED_STEPS_MIN) return undefined;
    const before = this.fits.get(shard);
    if (this.fitsLeft === 0 || (before && history.atMs - before.atMs < REFIT_S * 1_000)) return before;
    this.fitsLeft--;
    const fit = { atMs: history.atMs, ...fitOwn(history.series) };
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
