import { formatRus } from "../../ledger/amount.js";
import type { ChainReport, ShardFigures } from "../../processors/verify/difference.js";

export interface ChainResult {
  readonly network: string;
  /** Hash in hex; null where the genesis itself is what differs. */
  readonly genesis: string | null;
  readonly report: ChainReport;
  readonly seconds: number;
}

const COLUMNS: readonly [title: string, figure: keyof ShardFigures][] = [
  ["shard", "shard"],
  ["from", "from"],
  ["blocks", "blocks"],
  ["entries", "entries"],
  ["certified", "certified"],
  ["receipts", "receiptsCompared"],
  ["changes", "changesCompared"],
  ["state keys", "stateKeys"],
  ["checkpoints", "checkpoints"],
];

/** One object for programs. Amounts are decimals in text: they are beyond what JSON's numbers hold. */
export function jsonOf({ network, genesis, report, seconds }: ChainResult): string {
  const { shards, value, checkedSignatures, firstDifference } = report;
  return JSON.stringify({
    ok: firstDifference === null,
    network,
    genesis,
    shards,
    value: { expected: textOf(value.expected), found: textOf(value.found) },
    checkedSignatures,
    seconds: Number(seconds.toFixed(3)),
    firstDifference,
  });
}

function textOf(amount: bigint | null): string | null {
  return amount === null ? null : String(amount);
}

/** Lines for people. */
export function tableOf({ network, genesis, report, seconds }: ChainResult): string[] {
  const { shards, value, checkedSignatures, firstDifference } = report;
  const rows = [
    COLUMNS.map(([title]) => title),
    ...shards.map((figures) => COLUMNS.map(([, figure]) => String(figures[figure]))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = [`network ${network}, genesis ${genesis ?? "unknown"}`];
  if (shards.length > 0)
    lines.push(...rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join("  ")));
  lines.push(`${checkedSignatures} signatures checked in ${seconds.toFixed(1)} s`);
  if (firstDifference === null) {
    const total = formatRus(value.expected ?? 0n);
    lines.push(
      value.found === null
        ? `ok   balances, fees and escrow add up to the genesis but for transfers under way: ${total} RUS`
        : `ok   balances, fees and escrow add up to the genesis: ${total} RUS`,
    );
    lines.push("ok   the topics say what the logs give");
    return lines;
  }
  const { code, shard, height, offset, message } = firstDifference;
  const place = [
    ...(shard === null ? [] : [`shard ${shard}`]),
    ...(height === null ? [] : [`height ${height}`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ];
  lines.push(`FAIL ${code}${place.length > 0 ? ` at ${place.join(", ")}` : ""}: ${message}`);
  return lines;
}
