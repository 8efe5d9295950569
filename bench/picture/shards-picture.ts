import type { Series, ShardsReport } from "../shards/run.js";
import { brokersName, crossName } from "../shards/table.js";

const TITLE = "Transactions a second that k shards follow, by the model; dotted: k times one shard";
const WIDTH = 960;
const HEIGHT = 520;
const LEFT = 90;
const RIGHT = 300;
const TOP = 50;
const BOTTOM = 50;
const COLOURS: Readonly<Record<string, string>> = { "0": "#2e7d6b", "0.25": "#b8651b", natural: "#5b4a9e" };

/** Lines of throughput over shards, both axes doubling, of a recorded report. */
export function shardsPicture(report: ShardsReport): string {
  const { series, brokers } = report;
  const shards = series[0]!.rows.map((row) => row.shards);
  const one = series[0]!.rows[0]!.tps;
  const most = Math.max(...shards);
  const high = Math.log2(one * most);
  const low = Math.log2(Math.min(...series.flatMap(({ rows }) => rows.map(({ tps }) => tps))));
  const x = (k: number) => (LEFT + (Math.log2(k) / Math.log2(most)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (tps: number) =>
    (HEIGHT - BOTTOM - ((Math.log2(tps) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const axes = [
    ...shards.map((k) => `<text x="${x(k)}" y="${HEIGHT - 24}" text-anchor="middle">${k}</text>`),
    ...Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, index) => {
      const tps = 2 ** (Math.ceil(low) + index);
      return (
        `<line x1="${LEFT}" y1="${y(tps)}" x2="${WIDTH - RIGHT}" y2="${y(tps)}" stroke="#e5e9f0"/>` +
        `<text x="${LEFT - 8}" y="${y(tps)}" text-anchor="end">${tps.toLocaleString("en")}</text>`
      );
    }),
    `<text x="${LEFT}" y="${HEIGHT - 6}" fill="#555">shards, each with processes of its own</text>`,
  ];
  const line = (points: readonly (readonly [number, number])[], style: string) =>
    `<polyline fill="none" points="${points.map(([k, tps]) => `${x(k)},${y(tps)}`).join(" ")}" ${style}/>`;
  const ideal = line(
    shards.map((k) => [k, k * one]),
    'stroke="#888" stroke-dasharray="2 4"',
  );
  const lines = series.map((own) => {
    const dash = own.brokers === "fixed" ? ' stroke-dasharray="8 4"' : "";
    return line(
      own.rows.map(({ shards: k, tps }) => [k, tps]),
      `stroke="${colourOf(own)}" stroke-width="2"${dash}`,
    );
  });
  const legend = series.map((own, index) => {
    const at = TOP + 10 + index * 46;
    const { tps, busyFirst } = own.rows.at(-1)!;
    const dash = own.brokers === "fixed" ? ' stroke-dasharray="8 4"' : "";
    return (
      `<line x1="${WIDTH - RIGHT + 16}" y1="${at - 4}" x2="${WIDTH - RIGHT + 46}" y2="${at - 4}" stroke="${colourOf(own)}" stroke-width="2"${dash}/>` +
      `<text x="${WIDTH - RIGHT + 54}" y="${at}">${crossName(own.crossShare)}, ${brokersName(own.brokers, brokers)}</text>` +
      `<text x="${WIDTH - RIGHT + 54}" y="${at + 15}" fill="#555">${most}: ${tps.toLocaleString("en")}, ${busyFirst}</text>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">` +
    `<title>${TITLE}</title><rect width="100%" height="100%" fill="#fff"/>` +
    `<text x="12" y="24" font-size="14">${TITLE}</text>` +
    `${axes.join("")}${ideal}${lines.join("")}${legend.join("")}</svg>\n`
  );
}

function colourOf({ crossShare }: Series): string {
  return COLOURS[String(crossShare)] ?? "#333";
}
