import type { DoneChange } from "../changes/change.js";
import type { Verdict } from "../check/verdict.js";
import type { FaultClass, Recovery } from "../faults/fault.js";
import { type Spread, spreadOf } from "./spread.js";

/** After a kill a stage is to be processing again within this, in milliseconds (p95). */
const RECOVERY_TARGET_MS = 5_000;
/** The broker's loss is to be healed within this, in milliseconds. */
const BROKER_TARGET_MS = 30_000;

/** One fault of a run. */
export interface Struck {
  readonly name: FaultClass;
  readonly hit: string;
  /**
   * From the fault's end (of a kill: from the kill) until in every shard a transaction that was published after it had
   * its last status, in milliseconds; undefined: it didn't come about.
   */
  readonly healedMs: number | undefined;
  readonly recoveries: readonly Recovery[];
  readonly changes: readonly DoneChange[];
  readonly wrong: readonly string[];
}

/** What a chaos run prints with --json. */
export interface ChaosReport {
  readonly minutes: number;
  readonly seed: number;
  readonly submitted: number;
  /** How often each class struck. */
  readonly faults: Readonly<Partial<Record<FaultClass, number>>>;
  readonly faultsTotal: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly valueConserved: boolean;
  readonly rebuiltEqual: boolean;
  /** From kill -9 of a stage or validator to its first output after it, see chaos/faults/kill-process.ts. */
  readonly recoveryMs: Spread | null;
  /** The same by process. */
  readonly recoveryMsOf: Readonly<Record<string, Spread | null>>;
  /** From kill -9 of the broker until transactions published after it were final in every shard. */
  readonly brokerHealedMs: Spread | null;
  /** Likewise of every class. */
  readonly healedMsOf: Readonly<Record<string, Spread | null>>;
  /** Changes of the shard tree that were made, in the order in which they were done. */
  readonly changes: readonly DoneChange[];
  /** How many, and how long they took from the proposal until the shards after them were active. */
  readonly splits: number;
  readonly merges: number;
  readonly splitMs: Spread | null;
  readonly mergeMs: Spread | null;
  readonly certificatesVerified: number;
  /** Targets of time that were missed; they depend on the machine and don't make the run wrong. */
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

export function reportOf(
  seed: number,
  minutes: number,
  struck: readonly Struck[],
  verdict: Verdict,
): ChaosReport {
  const faults: Partial<Record<FaultClass, number>> = {};
  for (const { name } of struck) faults[name] = (faults[name] ?? 0) + 1;
  const recoveries = struck.flatMap((one) => one.recoveries);
  const recoveryMs = spreadOf(recoveries.map(({ tookMs }) => tookMs));
  const healedMsOf = spreads(
    struck,
    ({ name }) => name,
    ({ healedMs }) => healedMs,
  );
  const changes = struck.flatMap((one) => one.changes);
  const tookMs = (wanted: DoneChange["kind"]) =>
    changes.filter(({ kind }) => kind === wanted).map((change) => change.tookMs);
  const brokerHealedMs = healedMsOf["kill-broker"] ?? null;
  const { submitted, lost, duplicated, valueConserved, rebuiltEqual, certificatesVerified } = verdict;
  return {
    minutes,
    seed,
    submitted,
    faults,
    faultsTotal: struck.length,
    lost,
    duplicated,
    valueConserved,
    rebuiltEqual,
    recoveryMs,
    recoveryMsOf: spreads(
      recoveries,
      (one) => one.process,
      (one) => one.tookMs,
    ),
    brokerHealedMs,
    healedMsOf,
    changes,
    splits: tookMs("SPLIT").length,
    merges: tookMs("MERGE").length,
    splitMs: spreadOf(tookMs("SPLIT")),
    mergeMs: spreadOf(tookMs("MERGE")),
    certificatesVerified,
    missed: [
      ...(recoveryMs && recoveryMs.p95 > RECOVERY_TARGET_MS ? [`recovery p95 ${recoveryMs.p95} ms`] : []),
      ...(brokerHealedMs && brokerHealedMs.max > BROKER_TARGET_MS
        ? [`the broker's loss was healed after ${brokerHealedMs.max} ms`]
        : []),
    ],
    wrong: [
      ...struck.flatMap((one) => one.wrong.map((sentence) => `${one.name}: ${sentence}`)),
      ...verdict.wrong,
    ],
  };
}

function spreads<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  durationOf: (item: T) => number | undefined,
): Record<string, Spread | null> {
  const names = [...new Set(items.map(nameOf))].sort();
  const durations = (name: string) =>
    items
      .filter((item) => nameOf(item) === name)
      .map(durationOf)
      .filter((duration) => duration !== undefined);
  return Object.fromEntries(names.map((name) => [name, spreadOf(durations(name))]));
}

export function renderReport(report: ChaosReport): string {
  const text = (spread: Spread | null) => (spread ? `p95 ${spread.p95} ms, max ${spread.max} ms` : "-");
  return [
    `${report.minutes} minutes, seed ${report.seed}: ${report.faultsTotal} faults of ${Object.keys(report.faults).length} classes`,
    ...Object.entries(report.faults).map(
      ([name, count]) => `  ${name}: ${count}, healed ${text(report.healedMsOf[name] ?? null)}`,
    ),
    `submitted ${report.submitted}, lost ${report.lost}, twice ${report.duplicated}`,
    `value conserved: ${report.valueConserved ? "yes" : "NO"}; rebuilt equals live: ${report.rebuiltEqual ? "yes" : "NO"}`,
    `splits ${report.splits}: ${text(report.splitMs)}; merges ${report.merges}: ${text(report.mergeMs)}`,
    `processing again after a kill: ${text(report.recoveryMs)}`,
    ...Object.entries(report.recoveryMsOf).map(([name, spread]) => `  ${name}: ${text(spread)}`),
    `broker's loss healed: ${text(report.brokerHealedMs)}`,
    ...report.missed.map((target) => `target missed: ${target}`),
    ...report.wrong.map((sentence) => `WRONG: ${sentence}`),
  ].join("\n");
}
