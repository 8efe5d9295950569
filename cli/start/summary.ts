import type { AuditReport } from "../../runtime/session/audit.js";
import { describeLatency, latencyOf, type TrackedEvent } from "../../runtime/session/figures.js";
import type { DemonstrationResult } from "./demonstration.js";

/** The summary of a demonstration, and whether everything in it is as it must be. */
export interface Summary {
  readonly lines: readonly string[];
  readonly good: boolean;
}

/** Checks the demonstration and the audit point by point. */
export function summarise(result: DemonstrationResult, audited: AuditReport, startedMs: number): Summary {
  const { demonstrated, tracker, firstFinalMs } = result;
  const good = demonstrated.filter(({ expected }) => expected === "");
  const bad = demonstrated.filter(({ expected }) => expected !== "");
  const lost = demonstrated.filter(({ tracked }) => !tracked.outcome).length;
  const wrong = demonstrated.filter(
    ({ tracked, expected }) => tracked.outcome && (tracked.code ?? "") !== expected,
  );
  const byCode = new Map<string, number>();
  for (const { tracked } of bad)
    byCode.set(tracked.code ?? "(none)", (byCode.get(tracked.code ?? "(none)") ?? 0) + 1);
  const across = good.filter(({ tracked }) => tracked.crossShard);
  const goodTracked = good.map(({ tracked }) => tracked);
  const times = (name: string, end: TrackedEvent) => describeLatency(name, latencyOf(goodTracked, end));
  const checks: [string, boolean][] = [
    [
      `every one of ${demonstrated.length} published records reached its last status (${lost} did not)`,
      lost === 0,
    ],
    [`each record ended as it must (${wrong.length} otherwise)`, wrong.length === 0],
    [`none took effect twice (${tracker.duplicated} did)`, tracker.duplicated === 0],
    ["balances, escrow and fees add up to the genesis", audited.valueConserved],
    ["nothing is left in escrow", audited.inEscrow === 0n],
    [
      `a fresh reader verified ${audited.certificatesVerified} certificates again`,
      audited.faults.length === 0,
    ],
    [`all validators signed the same digests (${audited.votes} votes)`, audited.validatorsAgree],
  ];
  const lines = [
    `published: ${good.length} good (${across.length} to another shard), ${bad.length} bad`,
    `latency: ${times("pre-confirmed", "preconfirmedMs")}; ${times("final", "finalMs")}; ${times("completed", "settledMs")}`,
    ...(firstFinalMs
      ? [`first final transaction ${((firstFinalMs - startedMs) / 1_000).toFixed(1)} s after the start`]
      : []),
    `refused: ${[...byCode]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, count]) => `${code} ${count}`)
      .join(", ")}`,
    ...audited.shards.map(
      ({ id, height, headHash }) => `shard ${id}: height ${height}, head ${headHash.slice(0, 16)}…`,
    ),
    ...checks.map(([text, ok]) => `${ok ? "ok  " : "FAIL"} ${text}`),
    ...wrong
      .slice(0, 10)
      .map(
        ({ tracked, expected }) =>
          `     expected ${expected || "applied"}, got ${tracked.code || tracked.outcome}`,
      ),
    ...audited.faults.slice(0, 10).map((fault) => `     ${fault}`),
  ];
  return { lines, good: checks.every(([, ok]) => ok) };
}
