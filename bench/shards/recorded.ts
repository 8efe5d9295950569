import type { PipelineReport } from "../pipeline/run.js";
import type { ScaleReport } from "../scale/run.js";
import type { RecordedRun, ShardsOptions } from "./run.js";

/** Runs to calibrate with, by their name in bench/results; the first sets the factor. */
const RUNS = [
  { name: "pipeline-1-four", shards: 4 },
  { name: "pipeline-2-four-cross", shards: 4 },
] as const;

/** @param report the report of a recorded result by its name */
export function recordedRuns(report: (name: string) => unknown): ShardsOptions["recorded"] {
  const runs = RUNS.map(({ name, shards }): RecordedRun => {
    const { crossShare, endedTps, cpuSecondsPer1000 } = report(name) as PipelineReport;
    return { name, shards, crossShare, tps: endedTps, clientPer1000: cpuSecondsPer1000.client ?? 0 };
  });
  return { stages: (report("scale") as ScaleReport).stages, runs };
}
