import { LOOP_DEFAULTS, type LoopSettings } from "../../ml/evaluation/closed-loop.js";
import { MEMBER_DEFAULTS, type MemberSettings } from "../../ml/evaluation/member.js";
import { type Evaluated, type Report, seriesReport, totalReport } from "../../ml/evaluation/report.js";
import { ensemble } from "../../ml/evaluation/scores.js";
import type { Backend } from "../../ml/network/backend.js";
import { type Architecture, NETWORK_DEFAULTS } from "../../ml/network/network.js";
import { partsOf } from "../../ml/parts.js";
import type { Series } from "../../ml/series.js";
import { threadPool } from "./threads.js";

export interface EvaluationSettings {
  readonly architecture: Architecture;
  /** The first of the members' seeds; that of the baselines too. */
  readonly seed: number;
  /** Networks whose mean is forecast. */
  readonly members: number;
  readonly backend: Backend | undefined;
  /** Share of the usual training, to try things out. */
  readonly effort: number;
  /** Tasks at a time. */
  readonly threads: number;
  readonly changeCost: number;
  readonly budget: number;
  /** The series that is forecast; undefined: all of them. The common training is on all of them. */
  readonly only: string | undefined;
}

/** More networks than this gain nothing that is worth their time. */
export const MEMBERS_MAX = 16;

/** The report, with the seeds and the hashes of the common models. */
export type EvaluationReport = Report & {
  readonly seeds: readonly number[];
  readonly models: readonly { readonly seed: number; readonly hash: string }[];
};

/** Trains, forecasts and compares everything; threads do the work. Throws RangeError where there is no series `only`. */
export async function evaluate(
  all: readonly Series[],
  settings: EvaluationSettings,
  say: (line: string) => void,
): Promise<{ readonly report: EvaluationReport; readonly evaluated: readonly Evaluated[] }> {
  const { architecture, backend, only } = settings;
  const series = all.filter(({ name }) => only === undefined || name === only);
  if (series.length === 0) throw new RangeError(`there is no series ${only}`);
  const seeds = Array.from({ length: settings.members }, (_, at) => settings.seed + at);
  const pool = threadPool(settings.threads, say);
  const members = seeds.map(async (seed) => {
    const own = memberSettings(settings, seed);
    const { model, hash } = await pool.run(
      "learn",
      { kind: "learn", series: all, backend, settings: own },
      true,
    );
    const forecasts = series.map(async (one) => {
      const adapted = await pool.run(
        "adapt",
        { kind: "adapt", series: one, backend, settings: own, model },
        true,
      );
      say(`seed ${seed}: ${one.name} adapted, ${adapted.ownEpochs} of ${own.ownEpochs} epochs kept`);
      return adapted;
    });
    return { seed, hash, forecasts: await Promise.all(forecasts) };
  });
  const baselines = series.map(async (one) => {
    const done = await pool.run("baselines", { kind: "baselines", seed: settings.seed, series: one });
    say(`baselines: ${one.name} done`);
    return done;
  });
  const [trained, compared] = await Promise.all([Promise.all(members), Promise.all(baselines)]);
  const evaluated = series.map((one, at): Evaluated => {
    const network = {
      tune: ensemble(trained.map(({ forecasts }) => forecasts[at]!.tune)),
      evaluated: ensemble(trained.map(({ forecasts }) => forecasts[at]!.evaluated)),
    };
    return { series: one, parts: partsOf(one), architecture, network, baselines: compared[at]! };
  });
  const reports = evaluated.map((one) => {
    const report = seriesReport(one, loopOf(settings));
    say(`closed loop: ${one.series.name} done`);
    return report;
  });
  const models = trained.map(({ seed, hash }) => ({ seed, hash }));
  return { report: { seeds, models, ...totalReport(reports, architecture) }, evaluated };
}

/** What the closed loop is asked with. */
export function loopOf({ changeCost, budget }: EvaluationSettings): LoopSettings {
  return { ...LOOP_DEFAULTS, changeCost, budget };
}

function memberSettings({ effort, architecture }: EvaluationSettings, seed: number): MemberSettings {
  const share = (count: number) => Math.max(1, Math.round(count * effort));
  return {
    ...MEMBER_DEFAULTS,
    commonSamples: share(MEMBER_DEFAULTS.commonSamples),
    ownSamplesMax: share(MEMBER_DEFAULTS.ownSamplesMax),
    network: { ...NETWORK_DEFAULTS, architecture, seed },
  };
}
