import type { PipelineReport } from "../pipeline/run.js";
import type { ScaleReport } from "../scale/run.js";
import type { RecordedRun, ShardsOptions } from "./run.js";

/** Runs to calibrate with, by their name in bench/results; the first sets the factor. */
const RUNS = [
  { name: "pipeline-1-four", shards: 4 },
  { name: "pipeline-2-four-cross", shards: 4 },
] as const;
/** Another one, where it is recorded: `npm run bench -- --shards 1 --record one-shard`. */
const ONE_SHARD = { name: "one-shard", shards: 1 } as const;

/** @param report the report of a recorded result by its name; undefined where there is none */
export function recordedRuns(report: (name: string) => unknown): ShardsOptions["recorded"] {
  const runs: RecordedRun[] = [];
  for (const { name, shards } of [...RUNS, ONE_SHARD]) {
    const found = report(name) as PipelineReport | undefined;
    if (!found && name !== ONE_SHARD.name) throw new Error(`bench/results has no ${name}.json`);
    if (!found) continue;
    const { crossShare, endedTps, cpuSecondsPer1000 } = found;
    runs.push({ name, shards, crossShare, tps: endedTps, clientPer1000: cpuSecondsPer1000.client ?? 0 });
  }
  const scale = report("scale") as ScaleReport | undefined;
  if (!scale) throw new Error("bench/results has no scale.json");
  return { stages: scale.stages, runs };
}
