import type { Latencies } from "../measure/latencies.js";
import type { ChangeReport, Disturbed, PartReport } from "./figures.js";
import type { ReshardReport } from "./run.js";

/** The report as Markdown. */
export function reshardTable(report: ReshardReport): string {
  const { split, merge, rate, fullLoadTps, splitAccounts, refused } = report;
  const load = fullLoadTps === null ? "" : ` of ${number(fullLoadTps)} at full load`;
  const refusals = Object.values(refused).reduce((sum, one) => sum + one, 0);
  const rows: readonly (readonly [string, (change: ChangeReport) => string])[] = [
    ["decided after, ms", ({ decidedAfterMs }) => number(decidedAfterMs)],
    ["last final in what ended after, ms", ({ lastOfEndedAfterMs }) => numberOr(lastOfEndedAfterMs)],
    [
      "first final in what began after, ms",
      ({ firstOfBegunAfterMs }) => firstOfBegunAfterMs.map(numberOr).join(", "),
    ],
    ["active after, ms", ({ activeAfterMs }) => number(activeAfterMs)],
    ["p99 disturbed, the shard, ms", ({ disturbedShard }) => disturbed(disturbedShard)],
    ["p99 disturbed, all, ms", ({ disturbedAll }) => disturbed(disturbedAll)],
    ["longest until final before, ms", ({ longestBeforeMs }) => number(longestBeforeMs)],
    ["longest until final that met it, ms", ({ longestMetMs }) => number(longestMetMs)],
    ...parts("final in the shard p50 / p99, ms", ({ shardFinalMs }) => shardFinalMs),
    ...parts("final in all p50 / p99, ms", ({ allFinalMs }) => allFinalMs),
    ...parts("cross-shard complete p50 / p99, ms", ({ crossCompleteMs }) => crossCompleteMs),
  ];
  const lines = [
    `${number(rate)} a second${load}, ${100 * report.crossShare} % cross; a shard of ${number(splitAccounts)} accounts splits, and merges again.`,
    `${number(report.submitted)} submitted: ${report.lost} lost, ${refusals} refused, ${report.reordered} of ${number(report.followers)} reordered, ${report.refunded} refunded.`,
    ...(report.isSteady
      ? []
      : ["The machine did not keep up with the load before the split: this says little."]),
    "",
    "| | split | merge |",
    "|---|---|---|",
    ...rows.map(([name, of]) => `| ${name} | ${of(split)} | ${of(merge)} |`),
  ];
  return `${lines.join("\n")}\n`;
}

function parts(
  name: string,
  of: (part: PartReport) => Latencies | null,
): [string, (change: ChangeReport) => string][] {
  return (["before", "during", "after"] as const).map((when) => [
    `${name}: ${when}`,
    (change) => {
      const latencies = of(change[when]);
      return latencies ? `${number(latencies.p50)} / ${number(latencies.p99)}` : "-";
    },
  ]);
}

function disturbed({ totalMs, longestMs, thresholdMs, worstP99Ms }: Disturbed): string {
  return `${number(totalMs)} above ${number(thresholdMs)} (${number(longestMs)} in a row, worst ${numberOr(worstP99Ms)})`;
}

function numberOr(value: number | null): string {
  return value === null ? "-" : number(value);
}

function number(value: number): string {
  return value.toLocaleString("en");
}
