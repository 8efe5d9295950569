import { maseScale } from "../metrics.js";
import type { Architecture } from "../network/network.js";
import { HORIZONS, type Parts } from "../parts.js";
import type { Series } from "../series.js";
import { EFFECT_STEPS } from "../targets.js";
import { BASELINES, type Baseline } from "./baseline-forecasts.js";
import { closedLoop, type LoopSettings, POLICIES, type Policy, type PolicyResult } from "./closed-loop.js";
import type { Both, PointForecasts } from "./forecast-set.js";
import { type ByHorizon, meanByHorizon, pointsOf, type Scores, scoresOf, served } from "./scores.js";

/** The network (under the name of its architecture), `served` (the same with fallbacks), and the baselines. */
export type ModelName = Architecture | "served" | Baseline;
type ByModel<T> = Readonly<Partial<Record<ModelName, T>>>;

export interface SeriesReport {
  readonly name: string;
  readonly stepS: number;
  readonly steps: number;
  readonly mase: ByModel<ByHorizon>;
  readonly pinball: ByModel<ByHorizon>;
  readonly peaks: ByModel<ByHorizon>;
  readonly peakPrecision: ByModel<ByHorizon>;
  /** Share of the origins at which the ridge forecast was used, the network having been worse lately. */
  readonly fallbackShare: ByHorizon;
  readonly closedLoop: Readonly<Record<string, Readonly<Record<Policy, PolicyResult>>>>;
}

/** A policy over all series. */
export interface PolicyReport {
  /** Mean over the series of the share of steps with overload. */
  readonly overloadShare: number;
  /** Mean over the series of how many shards there were. */
  readonly shardTime: number;
  /** Mean over the series of shard-time in multiples of the threshold policy's. */
  readonly shardTimeVsThreshold: number;
  /** Mean over the series of shards added and taken away a step. */
  readonly changes: number;
  /** Share of the threshold policy's overload that isn't there. */
  readonly removedVsThreshold: number | null;
}

export interface Report {
  readonly series: readonly SeriesReport[];
  readonly mean: {
    readonly mase: ByModel<ByHorizon>;
    readonly pinball: ByModel<ByHorizon>;
    readonly peaks: ByModel<ByHorizon>;
    readonly peakPrecision: ByModel<ByHorizon>;
  };
  /** Share of the series on which the network's MASE is below the ridge forecast's. */
  readonly betterThanRidge: ByHorizon;
  readonly closedLoop: Readonly<Record<string, Readonly<Record<Policy, PolicyReport>>>>;
}

/** What is known of a series once all models have forecast it. */
export interface Evaluated {
  readonly series: Series;
  readonly parts: Parts;
  readonly architecture: Architecture;
  /** Quantiles [origins, OUTPUTS] of both parts. */
  readonly network: Both<Float32Array>;
  readonly baselines: Readonly<Record<Baseline, Both<PointForecasts>>>;
}

export function seriesReport(evaluated: Evaluated, loop: LoopSettings): SeriesReport {
  const { series, parts, network, baselines, architecture } = evaluated;
  const scale = maseScale(series.values, series.isObserved, parts.trainEnd);
  const points = { tune: pointsOf(network.tune), evaluated: pointsOf(network.evaluated) };
  const { said, fallbackShare } = served(series, parts, points, baselines.ridge);
  const models: [ModelName, PointForecasts][] = [
    [architecture, points.evaluated],
    ["served", said],
    ...BASELINES.map((name): [ModelName, PointForecasts] => [name, baselines[name].evaluated]),
  ];
  const scores = models.map(
    ([name, forecasts]) => [name, scoresOf(series, parts, scale, forecasts)] as const,
  );
  const figure = (of: keyof Scores) => Object.fromEntries(scores.map(([name, own]) => [name, own[of]]));
  return {
    name: series.name,
    stepS: series.stepS,
    steps: series.values.length,
    mase: figure("mase"),
    pinball: figure("pinball"),
    peaks: figure("peaks"),
    peakPrecision: figure("peakPrecision"),
    fallbackShare,
    closedLoop: Object.fromEntries(
      EFFECT_STEPS.map((effect) => [String(effect), closedLoop(series, parts, network, effect, loop)]),
    ),
  };
}

export function totalReport(series: readonly SeriesReport[], architecture: Architecture): Report {
  const names: ModelName[] = [architecture, "served", ...BASELINES];
  const means = (of: "mase" | "pinball" | "peaks" | "peakPrecision") =>
    Object.fromEntries(names.map((name) => [name, meanByHorizon(series.map((own) => own[of][name] ?? {}))]));
  return {
    series,
    mean: {
      mase: means("mase"),
      pinball: means("pinball"),
      peaks: means("peaks"),
      peakPrecision: means("peakPrecision"),
    },
    betterThanRidge: meanByHorizon(series.map((own) => isBetter(own, architecture))),
    closedLoop: Object.fromEntries(
      EFFECT_STEPS.map((effect) => [
        String(effect),
        totalLoop(series.map((own) => own.closedLoop[String(effect)]!)),
      ]),
    ),
  };
}

function isBetter({ mase }: SeriesReport, architecture: Architecture): ByHorizon {
  return Object.fromEntries(
    HORIZONS.map((steps) => {
      const [own, ridge] = [mase[architecture]?.[steps], mase.ridge?.[steps]];
      return [
        String(steps),
        typeof own === "number" && typeof ridge === "number" ? Number(own < ridge) : null,
      ];
    }),
  );
}

function totalLoop(series: readonly Readonly<Record<Policy, PolicyResult>>[]): Record<Policy, PolicyReport> {
  const mean = (figure: (own: Readonly<Record<Policy, PolicyResult>>) => number) =>
    series.reduce((sum, own) => sum + figure(own), 0) / Math.max(1, series.length);
  const overload = (policy: Policy) => mean((own) => share(own[policy].overloadedSteps, own[policy].steps));
  const base = overload("threshold");
  return Object.fromEntries(
    POLICIES.map((policy): [Policy, PolicyReport] => [
      policy,
      {
        overloadShare: overload(policy),
        shardTime: mean((own) => share(own[policy].shardTime, own[policy].steps)),
        shardTimeVsThreshold: mean((own) => share(own[policy].shardTime, own.threshold.shardTime)),
        changes: mean((own) => share(own[policy].changes, own[policy].steps)),
        removedVsThreshold: base > 0 ? 1 - overload(policy) / base : null,
      },
    ]),
  ) as Record<Policy, PolicyReport>;
}

const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
