import type { PipelineReport } from "../pipeline/run.js";

const TITLE = "Transactions a second (green) and what signature checks alone allow (grey)";
const WIDTH = 960;
const LEFT = 330;
const BAR = 22;
const ROW = 58;
const TOP = 46;
const BAR_WIDTH_MAX = 520;

/** Bars of recorded runs: what ended a second, and behind it what the signatures alone would allow. */
export function pipelinePicture(reports: readonly PipelineReport[]): string {
  const highest = Math.max(...reports.map(({ signatureLimitTps }) => signatureLimitTps));
  const width = (tps: number) => ((tps / highest) * BAR_WIDTH_MAX).toFixed(1);
  const rows = reports.map((report, index) => {
    const y = TOP + index * ROW;
    const { endedTps, signatureLimitTps, ratioToSignatureLimit, finalMs, preconfirmMs } = report;
    const latency =
      finalMs && preconfirmMs
        ? `at half: pre-confirmed p99 ${preconfirmMs.p99} ms, final p50 ${finalMs.p50} ms, p99 ${finalMs.p99} ms`
        : "";
    return (
      `<text x="${LEFT - 12}" y="${y + 15}" text-anchor="end">${titleOf(report)}</text>` +
      `<rect x="${LEFT}" y="${y}" width="${width(signatureLimitTps)}" height="${BAR}" fill="#d8dee9"/>` +
      `<rect x="${LEFT}" y="${y}" width="${width(endedTps)}" height="${BAR}" fill="#2e7d6b"/>` +
      `<text x="${LEFT}" y="${y + BAR + 14}" fill="#555">${count(endedTps)} a second, ${ratioToSignatureLimit} of ` +
      `${count(signatureLimitTps)}; ${latency}</text>`
    );
  });
  const height = TOP + reports.length * ROW + 8;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">` +
    `<title>${TITLE}</title><rect width="100%" height="100%" fill="#fff"/>` +
    `<text x="12" y="24" font-size="14">${TITLE}</text>` +
    `${rows.join("")}</svg>\n`
  );
}

function titleOf({ validators, crossShare, scheme, accounts }: PipelineReport): string {
  const who = validators === 1 ? "solo" : `${validators} validators`;
  return `${who}, ${scheme}, ${count(accounts)} accounts, ${Math.round(100 * crossShare)} % cross`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
