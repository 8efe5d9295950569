import { mase, peakHeight, peaksSeenAhead, pinball } from "../metrics.js";
import { firstOutput, OUTPUTS } from "../network/outputs.js";
import { evaluatedOrigins, HORIZONS, type Origins, type Parts, tuneOrigins } from "../parts.js";
import type { Series } from "../series.js";
import { POINT_TARGETS } from "../targets.js";
import { type Both, type PointForecasts, pointActuals, UPPER_LEVEL } from "./forecast-set.js";
import { fallbacks } from "./lately.js";

/** A figure of each horizon, by its steps. */
export type ByHorizon = Readonly<Record<string, number | null>>;

export interface Scores {
  readonly mase: ByHorizon;
  /** Pinball loss at UPPER_LEVEL, in the scale of MASE. */
  readonly pinball: ByHorizon;
  /** Share of the peaks that the quantile UPPER_LEVEL was above too. */
  readonly peaks: ByHorizon;
  /** Share of the peaks announced so that came. */
  readonly peakPrecision: ByHorizon;
}

/** How well a model did in the evaluated part. */
export function scoresOf(series: Series, parts: Parts, scale: number, said: PointForecasts): Scores {
  const came = pointActuals(series, evaluatedOrigins(parts));
  const height = peakHeight(series.values.subarray(0, parts.tuneEnd));
  const peaks = came.map((actual, at) => peaksSeenAhead(actual, said.upper[at]!, height));
  return {
    mase: byHorizon((at) => mase(came[at]!, said.points[at]!, scale)),
    pinball: byHorizon((at) => pinball(came[at]!, said.upper[at]!, UPPER_LEVEL, scale)),
    peaks: byHorizon((at) => peaks[at]!.share),
    peakPrecision: byHorizon((at) => peaks[at]!.precision),
  };
}

export function byHorizon(figure: (at: number) => number | null): ByHorizon {
  return Object.fromEntries(HORIZONS.map((steps, at) => [String(steps), finite(figure(at))]));
}

/** Mean of a figure over those series that have it. */
export function meanByHorizon(figures: readonly ByHorizon[]): ByHorizon {
  return byHorizon((at) => {
    const there = figures
      .map((figure) => figure[String(HORIZONS[at])] ?? null)
      .filter((value) => value !== null);
    return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0) / there.length;
  });
}

const finite = (value: number | null) => (value === null || !Number.isFinite(value) ? null : value);

/** The points among a network's quantiles [origins, OUTPUTS]. */
export function pointsOf(said: Float32Array): PointForecasts {
  const origins = said.length / OUTPUTS.length;
  const take = (offset: number) =>
    POINT_TARGETS.map((_, target) =>
      Float64Array.from(
        { length: origins },
        (_, at) => said[at * OUTPUTS.length + firstOutput(target) + offset]!,
      ),
    );
  return { points: take(0), upper: take(1) };
}

/** Mean of the members' quantiles: of rising ones it rises too. */
export function ensemble(members: readonly Float32Array[]): Float32Array {
  return members[0]!.map((_, at) => members.reduce((sum, own) => sum + own[at]!, 0) / members.length);
}

/** The model's forecasts, with the baseline's in their place where the model was worse lately. */
export function served(
  series: Series,
  parts: Parts,
  model: Both<PointForecasts>,
  baseline: Both<PointForecasts>,
): { said: PointForecasts; fallbackShare: ByHorizon } {
  const tune = pointActuals(series, tuneOrigins(parts));
  const came = pointActuals(series, evaluatedOrigins(parts));
  const errors = ({ tune: early, evaluated }: Both<PointForecasts>, at: number) =>
    concat(differences(early.points[at]!, tune[at]!), differences(evaluated.points[at]!, came[at]!));
  const chosen = HORIZONS.map((ahead, at) =>
    fallbacks(errors(model, at), errors(baseline, at), ahead).subarray(lengthOf(tuneOrigins(parts))),
  );
  const mix = (which: "points" | "upper") =>
    chosen.map((isBaseline, at) =>
      model.evaluated[which][at]!.map((own, origin) =>
        isBaseline[origin] ? baseline.evaluated[which][at]![origin]! : own,
      ),
    );
  return {
    said: { points: mix("points"), upper: mix("upper") },
    fallbackShare: byHorizon(
      (at) => chosen[at]!.reduce((sum, one) => sum + one, 0) / Math.max(1, chosen[at]!.length),
    ),
  };
}

const lengthOf = ({ first, end }: Origins) => Math.max(0, end - first);
const differences = (said: Float64Array, came: Float64Array) => said.map((value, at) => value - came[at]!);

function concat(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
