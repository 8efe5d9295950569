import type { PartitionFigures, StageMetrics } from "../../schemas/generated.js";
import type { MeasuredStage, MetricsView, PartitionSums } from "../views/metrics.js";
import { type Family, known, type Labels } from "./samples.js";

const MICROS = 1_000_000;
const MILLIS = 1_000;
const PARTS = 1_000_000;

const PARTITION_LABELS = ["stage", "group", "process", "partition"] as const;
const PROCESS_LABELS = ["process"] as const;

/** What processes measured of their stages, and of themselves. */
export function stageFamilies(metrics: MetricsView): Family[] {
  const summed = (name: string, help: string, value: (sums: PartitionSums) => number): Family => ({
    ...{ name: `rustorium_stage_${name}`, help, type: "counter", labelNames: PARTITION_LABELS },
    samples: () => metrics.stages().flatMap((stage) => sumsOf(stage, value)),
  });
  const newest = (
    name: string,
    help: string,
    value: (figures: PartitionFigures) => number | undefined,
  ): Family => ({
    ...{ name: `rustorium_stage_${name}`, help, type: "gauge", labelNames: PARTITION_LABELS },
    samples: () => metrics.stages().flatMap((stage) => figuresOf(stage, value)),
  });
  const ofProcess = (
    name: string,
    help: string,
    value: (record: StageMetrics) => number | undefined,
  ): Family => ({
    ...{ name: `rustorium_process_${name}`, help, type: "gauge", labelNames: PROCESS_LABELS },
    samples: () =>
      newestOfProcesses(metrics).map((record) => ({
        labels: { process: record.process },
        value: value(record),
      })),
  });
  return [
    summed("records_total", "Records that steps took in", ({ records }) => records),
    summed("step_seconds_total", "Time in steps", ({ stepMicros }) => stepMicros / MICROS),
    summed(
      "perform_seconds_total",
      "Time in writing and storing what steps asked for",
      ({ performMicros }) => performMicros / MICROS,
    ),
    {
      name: "rustorium_stage_latency_seconds",
      help: "Records by time from the broker's append to the end of the step; without a sum",
      type: "histogram",
      labelNames: PARTITION_LABELS,
      samples: () =>
        metrics.stages().flatMap(({ newest: record, sums }) =>
          [...sums].map(([partition, { latency }]) => ({
            labels: labelsOf(record, partition),
            counts: latency,
          })),
        ),
    },
    summed("errors_total", "Tasks that ended with an error", ({ errors }) => errors),
    newest("queued_records", "Records that were fetched and wait for a step", ({ queued }) => known(queued)),
    newest("lag_records", "Records in the topics that were not fetched yet", ({ lagRecords }) =>
      known(lagRecords),
    ),
    newest("lag_seconds", "Age of the oldest record that no step took in yet", ({ lagMs }) =>
      known(lagMs, MILLIS),
    ),
    newest("work_ratio", "Share of the process' time that goes to it", ({ workPpm }) =>
      known(workPpm, PARTS),
    ),
    ofProcess(
      "busy_ratio",
      "Share of the time in which the process' main thread did anything",
      ({ busyPpm }) => known(busyPpm, PARTS),
    ),
    ofProcess("memory_bytes", "Resident memory of the process", ({ memoryBytes }) => known(memoryBytes)),
  ];
}

function labelsOf({ stage, group, process }: StageMetrics, partition: number): Labels {
  return { stage, group, process, partition };
}

function sumsOf({ newest, sums }: MeasuredStage, value: (sums: PartitionSums) => number) {
  return [...sums].map(([partition, one]) => ({ labels: labelsOf(newest, partition), value: value(one) }));
}

function figuresOf({ newest }: MeasuredStage, value: (figures: PartitionFigures) => number | undefined) {
  return newest.partitions.map((figures) => ({
    labels: labelsOf(newest, figures.partition),
    value: value(figures),
  }));
}

/** A process tells the same of itself with each of its stages; the newest counts. */
function newestOfProcesses(metrics: MetricsView): StageMetrics[] {
  const byProcess = new Map<string, StageMetrics>();
  for (const { newest } of metrics.stages()) {
    const held = byProcess.get(newest.process);
    if (!held || newest.at > held.at) byProcess.set(newest.process, newest);
  }
  return [...byProcess.values()];
}
