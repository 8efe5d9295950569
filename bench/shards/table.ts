import type { Series, ShardsReport } from "./run.js";

/** How a load is named in table and picture. */
export function crossName(crossShare: Series["crossShare"]): string {
  if (crossShare === "natural") return "1 - 1/k cross";
  return crossShare === 0 ? "none cross" : `${100 * crossShare} % cross`;
}

export function brokersName(brokers: Series["brokers"], { count, cores }: ShardsReport["brokers"]): string {
  return brokers === "fixed" ? `${count} brokers of ${cores} cores` : "brokers as needed";
}

/** The report as Markdown: calibration, limits, and where they stop growing with the shards. */
export function shardsTable({ calibration, series, brokers }: ShardsReport): string {
  const lines = [
    `| run on this machine | measured | model, costs as measured | model, everything but signatures ${calibration.factor} times |`,
    "|---|---|---|---|",
    ...calibration.runs.map(
      (run) =>
        `| ${run.shards} shard${run.shards === 1 ? "" : "s"}, ${100 * run.crossShare} % cross | ${count(run.measuredTps)} | ` +
        `${count(run.predictedTps)} (${percent(run.error)}) | ${count(run.calibratedTps)} (${percent(run.calibratedError)}) |`,
    ),
    "",
    `| shards | ${series.map((one) => `${crossName(one.crossShare)}, ${brokersName(one.brokers, brokers)}`).join(" | ")} |`,
    `|---|${series.map(() => "---|").join("")}`,
    ...(series[0]?.rows ?? []).map(({ shards }, index) => {
      const cells = series.map((one) => cell(one, index));
      return `| ${shards} | ${cells.join(" | ")} |`;
    }),
    "",
    ...series.map(
      (one) =>
        `- ${crossName(one.crossShare)}, ${brokersName(one.brokers, brokers)}: ${fall(one, 0.9)}; ${fall(one, 0.5)}.`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** What is followed, how linear that is, what is busy first, and what brokers use where as many as needed are there. */
function cell({ rows, brokers }: Series, index: number): string {
  const { tps, linearity, busyFirst, brokerCoresUsed } = rows[index]!;
  const used = brokers === "fixed" ? "" : `; ${Math.round(brokerCoresUsed)} broker cores`;
  return `${count(tps)}; ${linearity}; ${busyFirst}${used}`;
}

function fall({ below }: Series, share: 0.9 | 0.5): string {
  const row = share === 0.9 ? below.nine : below.five;
  return row
    ? `below ${share} from ${row.shards} shards on (${row.linearity}): ${row.busyFirst}`
    : `never below ${share}`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function percent(error: number): string {
  return `${error > 0 ? "+" : ""}${Math.round(100 * error)} %`;
}
