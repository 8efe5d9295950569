import { commonRidgeForecast, loadScale } from "../baselines/common-ridge.js";
import type { Ridge } from "../baselines/ridge.js";
import { historyOf } from "../features/history.js";
import { pinballLoss } from "../metrics.js";
import { firstOutput, outputAt } from "../network/outputs.js";
import type { TrainedModel } from "../network/saved-model.js";
import { ASKED_STEPS_MIN, FITTED_STEPS_MIN } from "../scaling/lessons.js";
import type { Series } from "../series.js";
import { actual, TARGETS } from "../targets.js";
import { replay } from "./replay.js";

/** What is compared: the ridge regression is that of all shards while a shard is young, then its own. */
export const JUDGED = ["network", "ridge", "trend", "lastValue"] as const;
export type Judged = (typeof JUDGED)[number];

/** Shards with less than, and with at least FITTED_STEPS_MIN seconds of history. */
export const AGES = ["young", "grown"] as const;
export type Age = (typeof AGES)[number];

/** A figure of each of TARGETS, null where nothing was forecast. */
export type ByTarget = readonly (number | null)[];

export interface Judgement {
  /** Forecasts that were judged, of each target. */
  readonly forecasts: number;
  /** Mean absolute error of the median, in the unit of each series (loadScale). */
  readonly error: Readonly<Record<Judged, ByTarget>>;
  /** Mean pinball loss of the 0.9 quantile, twice, in that unit; of those that say one. */
  readonly upper: Readonly<Record<Exclude<Judged, "lastValue">, ByTarget>>;
}

const UPPER_LEVEL = 0.9;
const MEDIAN = TARGETS.map((_, target) => firstOutput(target));
const UPPER = TARGETS.map((_, target) => outputAt(target, UPPER_LEVEL));

/** How well a model and the simple forecasts do on series that none of them saw, second by second. */
export function judge(all: readonly Series[], model: TrainedModel): Readonly<Record<Age, Judgement>> {
  const sums = { young: new Sums(), grown: new Sums() };
  const scales = all.map((series) => loadScale(series, series.values.length));
  replay(all, model, ({ which, origin, history, said }) => {
    if (history.length < ASKED_STEPS_MIN) return;
    const age: Age = history.length < FITTED_STEPS_MIN ? "young" : "grown";
    const last = history.last(1)[0]!;
    const common = age === "young" ? commonForecast(history.series, model.ridge) : undefined;
    TARGETS.forEach((target, place) => {
      const real = actual(all[which]!, origin, target) / scales[which]!;
      if (Number.isNaN(real)) return;
      const take = (name: Judged, median: number | undefined, upper: number | undefined) =>
        sums[age].add(name, place, real, median, upper, scales[which]!);
      for (const name of ["network", "trend", "ridge"] as const)
        take(name, said.get(name)?.[MEDIAN[place]!], said.get(name)?.[UPPER[place]!]);
      if (common) take("ridge", common[place]!, undefined);
      take("lastValue", last, undefined);
    });
  });
  return { young: sums.young.judgement, grown: sums.grown.judgement };
}

function commonForecast(series: Series, ridge: Ridge): number[] {
  const known = series.values.length;
  const measured = { history: historyOf(series, known), scale: loadScale(series, known) };
  return commonRidgeForecast(measured, ridge, known - 1);
}

class Sums {
  private readonly means = new Map<string, { sum: number; count: number }>();

  add(
    name: Judged,
    target: number,
    real: number,
    median: number | undefined,
    upper: number | undefined,
    scale: number,
  ): void {
    if (median !== undefined) this.count(`error ${name} ${target}`, Math.abs(real - median / scale));
    if (upper !== undefined)
      this.count(`upper ${name} ${target}`, 2 * pinballLoss(real - upper / scale, UPPER_LEVEL));
  }

  get judgement(): Judgement {
    const of = (figure: string, name: Judged) =>
      TARGETS.map((_, target) => {
        const found = this.means.get(`${figure} ${name} ${target}`);
        return found ? found.sum / found.count : null;
      });
    return {
      forecasts: this.means.get("error network 0")?.count ?? 0,
      error: {
        network: of("error", "network"),
        ridge: of("error", "ridge"),
        trend: of("error", "trend"),
        lastValue: of("error", "lastValue"),
      },
      upper: { network: of("upper", "network"), ridge: of("upper", "ridge"), trend: of("upper", "trend") },
    };
  }

  private count(key: string, value: number): void {
    const before = this.means.get(key) ?? { sum: 0, count: 0 };
    this.means.set(key, { sum: before.sum + value, count: before.count + 1 });
  }
}
