import type { Report } from "../../ml/evaluation/report.js";
import { HORIZONS } from "../../ml/parts.js";

/** The figures that matter, for people. */
export function reportTable({ series, mean, betterThanRidge, closedLoop }: Report): string {
  const at = (figures: Readonly<Record<string, number | null>> | undefined) =>
    HORIZONS.map((steps) => number(figures?.[steps] ?? null)).join(" ");
  const lines = [
    `${series.length} series; MASE, pinball at 0.9, share of peaks seen, each at ${HORIZONS.join(", ")} steps`,
    ...Object.keys(mean.mase).map((name) => {
      const model = name as keyof typeof mean.mase;
      const figures = [mean.mase[model], mean.pinball[model], mean.peaks[model]].map(at);
      return [name.padEnd(NAME_WIDTH), ...figures].join("   ");
    }),
    `better than ridge on a share of the series of ${at(betterThanRidge)}`,
  ];
  for (const [effect, policies] of Object.entries(closedLoop)) {
    lines.push(`closed loop, effect after ${effect}: overload, removed, shard-time, changes a step`);
    for (const [name, own] of Object.entries(policies)) {
      const figures = [own.overloadShare, own.removedVsThreshold, own.shardTimeVsThreshold, own.changes].map(
        number,
      );
      lines.push([name.padEnd(NAME_WIDTH), ...figures].join("   "));
    }
  }
  return `${lines.join("\n")}\n`;
}

const NAME_WIDTH = 22;
const number = (value: number | null) => (value === null ? "-" : value.toFixed(4));
