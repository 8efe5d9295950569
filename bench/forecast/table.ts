import type { PolicyReport, Report } from "../../ml/evaluation/report.js";
import { HORIZONS } from "../../ml/parts.js";

type Figures = Readonly<Record<string, number | null>>;

/** The figures that matter, as tables of Markdown. */
export function reportTable({ series, mean, betterThanRidge, closedLoop }: Report): string {
  const steps = HORIZONS.join(" / ");
  const models = Object.keys(mean.mase) as (keyof typeof mean.mase)[];
  const tables = [
    table(
      [
        `${series.length} series, ${steps} steps ahead`,
        "MASE",
        "pinball at 0.9",
        "share of peaks seen ahead",
      ],
      models.map((model) => [
        model,
        ...[mean.mase, mean.pinball, mean.peaks].map((of) => atHorizons(of[model])),
      ]),
    ),
    `Lower MASE than ridge on a share of the series of ${atHorizons(betterThanRidge)}.\n`,
    ...Object.entries(closedLoop).map(([effect, policies]) =>
      table(
        [`effect after ${effect}`, "overloaded steps", "removed", "shard-time", "changes a step"],
        Object.entries(policies).map(([policy, own]) => [policy, ...policyFigures(own)]),
      ),
    ),
    table(
      [
        "series",
        `MASE: ${models[0]}`,
        "ridge",
        "gradientBoosting",
        "overload removed, effect after 1",
        "after 3",
      ],
      series.map((own) => [
        own.name,
        ...[models[0]!, "ridge" as const, "gradientBoosting" as const].map((model) =>
          atHorizons(own.mase[model]),
        ),
        ...Object.values(own.closedLoop).map(({ threshold, forecast }) => removed(threshold, forecast)),
      ]),
    ),
  ];
  return tables.join("\n");
}

function policyFigures(own: PolicyReport): string[] {
  const { overloadShare, removedVsThreshold, shardTimeVsThreshold, changes } = own;
  const share = removedVsThreshold === null ? "-" : percent(removedVsThreshold);
  return [percent(overloadShare, 2), share, shardTimeVsThreshold.toFixed(2), changes.toFixed(3)];
}

interface Overload {
  readonly overloadedSteps: number;
  readonly fallback?: string;
}

/** Share of the overloaded steps that aren't there; with the rule that was used instead, where one was. */
function removed(threshold: Overload, { overloadedSteps, fallback }: Overload): string {
  const from = threshold.overloadedSteps;
  const share = from === 0 ? `${from} → ${overloadedSteps}` : percent(1 - overloadedSteps / from);
  return fallback ? `${share} (${fallback})` : share;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}

const atHorizons = (figures: Figures | undefined) =>
  HORIZONS.map((steps) => figures?.[steps]?.toFixed(DIGITS) ?? "-").join(" / ");
const percent = (share: number, digits = 0) => `${(100 * share).toFixed(digits)} %`;
export const DIGITS = 3;
