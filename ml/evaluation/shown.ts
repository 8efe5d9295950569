import { OUTPUTS, outputAt } from "../network/outputs.js";
import { evaluatedOrigins } from "../parts.js";
import { simulate } from "../policy/simulate.js";
import { TARGETS } from "../targets.js";
import { type LoopSettings, type Policy, type Rule, scaledLoad, tunedRules, unitOf } from "./closed-loop.js";
import type { Evaluated } from "./report.js";

/** Decisions that are shown take so many steps. */
const EFFECT = 3;
/** Steps that are shown: three days of half hours. */
const SHOWN_STEPS = 144;
/** The forecast of the step that a decision has an effect on. */
const TARGET = TARGETS.findIndex(({ from, to }) => from === EFFECT && to === EFFECT);
const HIGH_LEVEL = 0.9;

/** How a policy did in the steps that are shown, and in the whole evaluated part. */
export interface ShownPolicy {
  readonly rule: Omit<Rule, "decide">;
  /** Capacity at each shown step, in those of one shard; NaN where nothing was measured. */
  readonly capacity: readonly number[];
  readonly shards: readonly number[];
  readonly overloadedSteps: number;
  readonly shardTime: number;
}

/** A stretch of a series with what was forecast and done; loads in capacities of one shard. */
export interface Stretch {
  readonly name: string;
  readonly model: string;
  readonly stepS: number;
  /** Steps that a decision takes, and that the forecasts were made before. */
  readonly effect: number;
  /** Of the first step that is shown, seconds since 1970. */
  readonly startS: number;
  readonly load: readonly number[];
  /** Median and HIGH_LEVEL quantile. */
  readonly median: readonly number[];
  readonly high: readonly number[];
  /** Steps in the whole evaluated part that were counted. */
  readonly steps: number;
  readonly policies: Readonly<Record<"threshold" | "forecast", ShownPolicy>>;
}

/** The steps of the evaluated part in which the threshold policy was overloaded most often. */
export function shownStretch(evaluated: Evaluated, loop: LoopSettings): Stretch {
  const { series, parts, network, architecture } = evaluated;
  const { course, rules } = tunedRules(series, parts, network, EFFECT, loop);
  const load = scaledLoad(series, parts);
  const { first, end } = evaluatedOrigins(parts);
  const runs = { threshold: run("threshold"), forecast: run("forecast") };
  const from = mostOverloaded(runs.threshold.capacity);
  const shown = (values: Float64Array) => [...values.subarray(from, from + SHOWN_STEPS)];
  const unit = unitOf(series, load);
  const said = (level: number) =>
    Array.from({ length: Math.min(SHOWN_STEPS, end - from) }, (_, at) => {
      const row = from + at - EFFECT - first;
      const output = outputAt(TARGET, level);
      return row < 0 ? Number.NaN : network.evaluated[row * OUTPUTS.length + output]! / unit;
    });
  const policy = ({ rule, capacity, shards, outcome }: (typeof runs)["threshold"]): ShownPolicy => ({
    rule,
    capacity: shown(capacity),
    shards: shown(shards),
    overloadedSteps: outcome.overloadedSteps,
    shardTime: outcome.shardTime,
  });
  return {
    ...{ name: series.name, model: architecture, stepS: series.stepS, effect: EFFECT },
    startS: series.startS + from * series.stepS,
    load: shown(load),
    median: said(0.5),
    high: said(HIGH_LEVEL),
    steps: runs.threshold.outcome.steps,
    policies: { threshold: policy(runs.threshold), forecast: policy(runs.forecast) },
  };

  function run(name: Policy) {
    const { decide, ...rule } = rules[name];
    const capacity = new Float64Array(end).fill(Number.NaN);
    const shards = new Float64Array(end).fill(Number.NaN);
    const outcome = simulate(course, decide(), (step) => {
      capacity[step.step] = step.capacity;
      shards[step.step] = step.shards;
    });
    return { rule, capacity, shards, outcome };
  }

  function mostOverloaded(capacity: Float64Array): number {
    const isOver = (at: number) => (load[at]! > capacity[at]! ? 1 : 0);
    const start = first + EFFECT;
    let now = 0;
    let most = -1;
    let best = start;
    for (let at = start; at < end; at++) {
      now += isOver(at) - (at - SHOWN_STEPS >= start ? isOver(at - SHOWN_STEPS) : 0);
      const from = at + 1 - SHOWN_STEPS;
      if (from < start || now <= most) continue;
      most = now;
      best = from;
    }
    return best;
  }
}
