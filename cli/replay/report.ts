import type { AuditReport, ShardHead } from "../../runtime/session/audit.js";
import { latencyOf, type Percentiles } from "../../runtime/session/figures.js";
import type { Tracked, Tracker } from "../../runtime/session/tracker.js";
import type { Expected } from "./input.js";

/** What `replay --json` prints. */
export interface ReplayReport {
  readonly submitted: number;
  /** Transactions that took effect, and across shards were completed. */
  readonly final: number;
  /** Refused ones by code, whether by validate or by execute. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Submissions without a last status. */
  readonly lost: number;
  /** Transactions that took effect more than once. */
  readonly duplicated: number;
  /** Submissions whose sender, as the ledger reports it, is the expected one; null without --expect. */
  readonly sendersMatched: number | null;
  readonly hashesMatched: number | null;
  readonly valueConserved: boolean;
  /** Final transactions a second, from the first submission to the last FINAL. */
  readonly tps: number;
  /** The same until the last transfer between shards was completed. */
  readonly completedTps: number;
  /** What the machine could do if it only checked signatures, measured before and after; and `tps` over it. */
  readonly signatureLimitTps: number;
  readonly ratioToSignatureLimit: number;
  readonly preconfirmMs: Percentiles | null;
  readonly finalMs: Percentiles | null;
  readonly completeMs: Percentiles | null;
  readonly shards: readonly ShardHead[];
  readonly certificatesVerified: number;
  readonly faults: readonly string[];
}

/** Adds up what became of the submissions, which are in the file's order. */
export function reportOf(
  submissions: readonly Tracked[],
  tracker: Tracker,
  expected: readonly Expected[] | undefined,
  audited: AuditReport,
  signatureLimitTps: number,
): ReplayReport {
  const rejected: Record<string, number> = {};
  let lastFinalMs = 0;
  let lastSettledMs = 0;
  const firstMs = Math.min(...submissions.map(({ sentMs }) => sentMs));
  for (const { outcome, code, finalMs, settledMs } of submissions) {
    if (outcome && outcome !== "applied") rejected[code ?? ""] = (rejected[code ?? ""] ?? 0) + 1;
    lastFinalMs = Math.max(lastFinalMs, finalMs ?? 0);
    lastSettledMs = Math.max(lastSettledMs, settledMs ?? finalMs ?? 0);
  }
  const applied = submissions.filter(({ outcome }) => outcome === "applied");
  const matched = (match: (tracked: Tracked, row: Expected) => boolean) =>
    expected
      ? submissions.filter((tracked, index) => expected[index] && match(tracked, expected[index])).length
      : null;
  const perSecond = (lastMs: number) =>
    lastMs > firstMs ? Math.round((applied.length * 1_000) / (lastMs - firstMs)) : 0;
  const tps = perSecond(lastFinalMs);
  return {
    submitted: submissions.length,
    final: applied.length,
    rejected: Object.fromEntries(Object.entries(rejected).sort(([a], [b]) => (a < b ? -1 : 1))),
    lost: submissions.filter(({ outcome }) => outcome === undefined).length,
    duplicated: tracker.duplicated,
    sendersMatched: matched((tracked, row) => tracked.sender === row.from),
    hashesMatched: matched((tracked, row) => tracked.transactionId === row.hash),
    valueConserved: audited.valueConserved,
    tps,
    completedTps: perSecond(lastSettledMs),
    signatureLimitTps: Math.round(signatureLimitTps),
    ratioToSignatureLimit: Number((tps / signatureLimitTps).toFixed(3)),
    preconfirmMs: latencyOf(applied, "preconfirmedMs"),
    finalMs: latencyOf(applied, "finalMs"),
    completeMs: latencyOf(applied, "settledMs"),
    shards: audited.shards,
    certificatesVerified: audited.certificatesVerified,
    faults: audited.faults,
  };
}

/** Whether nothing was lost, doubled, mismatched or created from nothing. */
export function isGood(report: ReplayReport): boolean {
  const all = (matched: number | null) => matched === null || matched === report.submitted;
  return (
    report.lost === 0 &&
    report.duplicated === 0 &&
    report.valueConserved &&
    report.faults.length === 0 &&
    all(report.sendersMatched) &&
    all(report.hashesMatched)
  );
}
