import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Baseline } from "../../ml/evaluation/baseline-forecasts.js";
import { LOOP_DEFAULTS } from "../../ml/evaluation/closed-loop.js";
import type { Both, PointForecasts } from "../../ml/evaluation/forecast-set.js";
import { MEMBER_DEFAULTS, type MemberForecasts } from "../../ml/evaluation/member.js";
import { type Report, seriesReport, totalReport } from "../../ml/evaluation/report.js";
import { ensemble } from "../../ml/evaluation/scores.js";
import type { Backend } from "../../ml/network/backend.js";
import { type Architecture, NETWORK_DEFAULTS } from "../../ml/network/network.js";
import { partsOf } from "../../ml/parts.js";
import type { Series } from "../../ml/series.js";
import type { Answer, Task } from "./tasks.js";

export interface EvaluationSettings {
  readonly architecture: Architecture;
  /** The first of the members' seeds; that of the baselines too. */
  readonly seed: number;
  /** Networks whose mean is forecast. */
  readonly members: number;
  readonly backend: Backend | undefined;
  /** Share of the usual training, to try things out. */
  readonly effort: number;
  readonly changeCost: number;
  readonly budget: number;
}

/** More networks than this gain nothing that is worth their time. */
export const MEMBERS_MAX = 16;

/** Trains, forecasts and compares everything; threads do the work, as many as there are cores. */
export async function evaluate(
  series: readonly Series[],
  settings: EvaluationSettings,
  say: (line: string) => void,
): Promise<Report & { readonly seeds: readonly number[] }> {
  const seeds = Array.from({ length: settings.members }, (_, at) => settings.seed + at);
  const members = series.map((): MemberForecasts[] => []);
  const baselines = new Map<number, Readonly<Record<Baseline, Both<PointForecasts>>>>();
  const tasks: Task[] = [
    ...seeds.map((seed): Task => memberTask(series, settings, seed)),
    { kind: "baselines", seed: settings.seed, series },
  ];
  await inThreads(tasks, (answer) => {
    if (answer.kind === "says") say(answer.line);
    else if (answer.kind === "baselines") baselines.set(answer.at, answer.forecasts);
    else members[answer.at]![seeds.indexOf(answer.seed)] = answer.forecasts;
  });
  const loop = { ...LOOP_DEFAULTS, changeCost: settings.changeCost, budget: settings.budget };
  const reports = series.map((own, at) => {
    const network = {
      tune: ensemble(members[at]!.map(({ tune }) => tune)),
      evaluated: ensemble(members[at]!.map(({ evaluated }) => evaluated)),
    };
    const report = seriesReport(
      {
        series: own,
        parts: partsOf(own),
        architecture: settings.architecture,
        network,
        baselines: baselines.get(at)!,
      },
      loop,
    );
    say(`closed loop: ${own.name} done`);
    return report;
  });
  return { seeds, ...totalReport(reports, settings.architecture) };
}

function memberTask(series: readonly Series[], settings: EvaluationSettings, seed: number): Task {
  const { effort, architecture, backend } = settings;
  const share = (count: number) => Math.max(1, Math.round(count * effort));
  return {
    kind: "member",
    series,
    backend,
    settings: {
      ...MEMBER_DEFAULTS,
      commonSamples: share(MEMBER_DEFAULTS.commonSamples),
      ownSamplesMax: share(MEMBER_DEFAULTS.ownSamplesMax),
      network: { ...NETWORK_DEFAULTS, architecture, seed },
    },
  };
}

/** Runs each task in a thread of its own, as many at a time as there are cores. */
async function inThreads(tasks: readonly Task[], hear: (answer: Answer) => void): Promise<void> {
  const waiting = [...tasks];
  const lane = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) await inThread(task, hear);
  };
  await Promise.all(Array.from({ length: Math.min(tasks.length, availableParallelism()) }, lane));
}

function inThread(task: Task, hear: (answer: Answer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: task });
    worker.on("message", hear);
    worker.once("error", reject);
    worker.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`)),
    );
  });
}
