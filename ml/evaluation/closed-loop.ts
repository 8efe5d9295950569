import { firstOutput, OUTPUTS, WINDOW_LEVELS } from "../network/outputs.js";
import { evaluatedOrigins, type Origins, type Parts, tuneOrigins } from "../parts.js";
import { never, oracle, patient, peakHold, shardsFor, threshold } from "../policy/policies.js";
import { type Course, type Decide, type Outcome, simulate } from "../policy/simulate.js";
import type { Series } from "../series.js";
import { quantile } from "../statistics.js";
import { EFFECT_STEPS, POINT_TARGETS, POLICY_WINDOWS } from "../targets.js";
import type { Both } from "./forecast-set.js";

export const POLICIES = ["never", "threshold", "peakHold", "forecast", "oracle"] as const;
export type Policy = (typeof POLICIES)[number];

export interface LoopSettings {
  /** Share of a shard's capacity that a split or merge takes while it is under way. */
  readonly changeCost: number;
  readonly shardsMax: number;
  /** A policy may spend as many times the shard-time of `threshold` in the tuning part. */
  readonly budget: number;
}

export const LOOP_DEFAULTS: LoopSettings = { changeCost: 0.1, shardsMax: 64, budget: 1.1 };

/** A series is scaled so that this quantile of its past needs as many shards. */
const SCALED_LEVEL = 0.99;
const SCALED_SHARDS = 8;

/** What a policy came to in the evaluated part, with the settings that the tuning part chose. */
export interface PolicyResult extends Outcome {
  readonly settings: Readonly<Record<string, number>>;
  /** The policy whose rule was used because its own was no better in the tuning part. */
  readonly fallback?: Policy;
}

interface Candidate {
  readonly settings: Readonly<Record<string, number>>;
  readonly decide: () => Decide;
}

/** A policy as the tuning part chose it. */
export interface Rule {
  readonly settings: Readonly<Record<string, number>>;
  readonly fallback?: Policy;
  readonly decide: () => Decide;
}

/** Lets each policy rule the shards of one series, with decisions that take `effect` steps. */
export function closedLoop(...asked: Parameters<typeof tunedRules>): Record<Policy, PolicyResult> {
  const { course, rules } = tunedRules(...asked);
  const results = POLICIES.map((policy) => {
    const { decide, ...rule } = rules[policy];
    return [policy, { ...simulate(course, decide()), ...rule }];
  });
  return Object.fromEntries(results) as Record<Policy, PolicyResult>;
}

/** Chooses each policy's settings in the tuning part; with the course of the evaluated part, to try them on. */
export function tunedRules(
  series: Series,
  parts: Parts,
  forecasts: Both<Float32Array>,
  effect: (typeof EFFECT_STEPS)[number],
  settings: LoopSettings = LOOP_DEFAULTS,
): { readonly course: Course; readonly rules: Readonly<Record<Policy, Rule>> } {
  const load = scaledLoad(series, parts);
  const course = ({ first, end }: Origins): Course => ({
    load,
    isObserved: series.isObserved,
    first,
    end,
    effect,
    changeCost: settings.changeCost,
    shardsMax: settings.shardsMax,
  });
  const tuning = course(tuneOrigins(parts));
  const allowed = simulate(tuning, threshold(load));
  const plain: Candidate = { settings: {}, decide: () => threshold(load) };
  const choose = (candidates: readonly Candidate[]) => chosen(candidates, tuning, allowed, settings.budget);
  const rule = (found: Found | undefined): Rule =>
    found ? found.candidate : { ...plain, fallback: "threshold" };

  const held = choose(peakHolds(load));
  const foreseen = choose(forecastRules(windowsOf(series, parts, forecasts, effect, load)));
  const isHeldBetter = held && (!foreseen || held.score < foreseen.score);
  return {
    course: course(evaluatedOrigins(parts)),
    rules: {
      never: { settings: {}, decide: () => never },
      threshold: plain,
      peakHold: rule(held),
      forecast: isHeldBetter ? { ...rule(held), fallback: "peakHold" } : rule(foreseen),
      oracle: rule(choose(oracles(load, effect))),
    },
  };
}

interface Found {
  readonly candidate: Candidate;
  readonly score: number;
}

/** The load in capacities of one shard. */
export function scaledLoad({ values }: Series, { tuneEnd }: Parts): Float64Array {
  const high = quantile(values.subarray(0, tuneEnd), SCALED_LEVEL);
  const unit = high > 0 ? high / SCALED_SHARDS : 1;
  return values.map((value) => value / unit);
}

/**
 * The candidate with the least overload (and steps near it) in the tuning part, of those within the budget of shard-time and with no more changes
 * than `allowed`; of equals the one with less shard-time.
 */
function chosen(
  candidates: readonly Candidate[],
  tuning: Course,
  allowed: Outcome,
  budget: number,
): Found | undefined {
  let best: Found | undefined;
  for (const candidate of candidates) {
    const outcome = simulate(tuning, candidate.decide());
    if (outcome.shardTime > budget * allowed.shardTime || outcome.changes > allowed.changes) continue;
    const score =
      outcome.overloadedSteps +
      NEAR_WEIGHT * outcome.nearSteps +
      SHARD_TIME_WEIGHT * (outcome.shardTime / allowed.shardTime);
    if (!best || score < best.score) best = { candidate, score };
  }
  return best;
}

/** The tuning part has few overloads, or none: steps near to one tell the candidates apart as well. */
const NEAR_WEIGHT = 0.1;
const SHARD_TIME_WEIGHT = 1e-3;

const HELD = [1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48];
const LEVELS = [0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1];
const PATIENCE = [1, 3, 6, 12];
const ORACLE_LENGTHS = [1, 2, 3, 6, 9, 12];

const peakHolds = (load: Float64Array): Candidate[] =>
  HELD.flatMap((held) =>
    LEVELS.map((split) => ({ settings: { held, split }, decide: () => peakHold(load, held, split) })),
  );

const oracles = (load: Float64Array, effect: number): Candidate[] =>
  ORACLE_LENGTHS.flatMap((length) =>
    LEVELS.map((split) => ({
      settings: { length, split },
      decide: () => oracle(load, effect, length, split),
    })),
  );

/** Quantile of a window's maximum at a step, in capacities of one shard. */
type WindowQuantile = (step: number, level: number) => number;

const forecastRules = (windows: readonly { length: number; quantileAt: WindowQuantile }[]): Candidate[] =>
  windows.flatMap(({ length, quantileAt }) =>
    WINDOW_LEVELS.flatMap((level, place) =>
      LEVELS.flatMap((split) =>
        PATIENCE.map((patience) => ({
          settings: { length, level, split, patience },
          decide: () => patient((step) => shardsFor(quantileAt(step, place), split), patience),
        })),
      ),
    ),
  );

/** The forecasts of the windows from the effect on, at any step of the two parts. */
function windowsOf(
  series: Series,
  parts: Parts,
  forecasts: Both<Float32Array>,
  effect: (typeof EFFECT_STEPS)[number],
  load: Float64Array,
) {
  const tune = tuneOrigins(parts);
  const evaluated = evaluatedOrigins(parts);
  const unit = unitOf(series, load);
  return POLICY_WINDOWS.map((length, at) => {
    const target = POINT_TARGETS.length + EFFECT_STEPS.indexOf(effect) * POLICY_WINDOWS.length + at;
    const output = firstOutput(target);
    const quantileAt: WindowQuantile = (step, place) => {
      const [said, first] =
        step >= evaluated.first ? [forecasts.evaluated, evaluated.first] : [forecasts.tune, tune.first];
      return said[(step - first) * OUTPUTS.length + output + place]! / unit;
    };
    return { length, quantileAt };
  });
}

/** What a load of one shard is in the series' own unit. */
export function unitOf({ values }: Series, load: Float64Array): number {
  const at = load.findIndex((value) => value > 0);
  return at < 0 ? 1 : values[at]! / load[at]!;
}
