import { type Latencies, latenciesOf } from "../measure/latencies.js";
import type { TimedChange } from "./change.js";
import { type Disturbance, disturbanceOf, thresholdMs, type Window, windowsOf } from "./disturbance.js";
import type { Journaled, ShardSpan } from "./journal.js";

/** What there is to make figures from. */
export interface Measured {
  readonly finals: readonly Journaled[];
  /** Whether an account, by its index, is of the shard that is split. */
  readonly isOfShard: (sender: number) => boolean;
  readonly spans: ReadonlyMap<number, ShardSpan>;
}

/** Latencies of one part of the time. */
export interface PartReport {
  /** Until final, of senders of the shard, and of all. */
  readonly shardFinalMs: Latencies | null;
  readonly allFinalMs: Latencies | null;
  /** Transfers to another shard until completed. */
  readonly crossCompleteMs: Latencies | null;
}

/** p99 of finality in windows by submission, beside what it was before the change; times in milliseconds. */
export interface Disturbed extends Disturbance {
  readonly p99BeforeMs: number;
  /** Above it p99 counts as disturbed. */
  readonly thresholdMs: number;
  /** The same measure of the time before the change: what the machine does by itself. */
  readonly beforeTotalMs: number;
  readonly beforeMs: number;
  /** From a little before the proposal on. */
  readonly windows: readonly Omit<Window, "startMs">[];
}

/** A change and what senders noticed; times in milliseconds, from the proposal on. */
export interface ChangeReport {
  readonly kind: TimedChange["kind"];
  readonly ended: readonly number[];
  readonly begun: readonly number[];
  readonly decidedAfterMs: number;
  /** Last transaction that became final in the shards that end; first ones in those that begin, null where there was none. */
  readonly lastOfEndedAfterMs: number | null;
  readonly firstOfBegunAfterMs: readonly (number | null)[];
  /** How long the change took: until all shards after it were active. */
  readonly activeAfterMs: number;
  /** By submission: until the proposal, until all were active, and after it. */
  readonly before: PartReport;
  readonly during: PartReport;
  readonly after: PartReport;
  readonly disturbedShard: Disturbed;
  readonly disturbedAll: Disturbed;
  /** The longest that a sender waited for a transaction to become final: those that ended before the change, and those that met it. */
  readonly longestBeforeMs: number;
  readonly longestMetMs: number;
}

/** p50 and p99 until final of what was submitted in a second, in milliseconds. */
export interface SecondReport {
  readonly second: number;
  readonly all: Omit<Window, "startMs">;
  readonly shard: Omit<Window, "startMs">;
}

export const WINDOW_MS = 500;
const SECOND_MS = 1_000;
/** What was submitted so much before the proposal may still meet the change: a transfer to another shard takes a while. */
export const EARLIER_MS = 4_000;

/**
 * @param fromMs beginning of the time before the change that it is compared with, in milliseconds since 1970
 * @param untilMs end of what is looked at after it
 */
export function changeReport(
  change: TimedChange,
  { finals, isOfShard, spans }: Measured,
  fromMs: number,
  untilMs: number,
): ChangeReport {
  const { kind, ended, begun, proposedMs, decidedMs, activeMs } = change;
  const ofShard = finals.filter(({ sender }) => isOfShard(sender));
  // What meets the change is no measure of what it was before.
  const beforeUntilMs = proposedMs - EARLIER_MS;
  const part = (from: number, until: number): PartReport => {
    const isIn = ({ sentMs }: Journaled) => sentMs >= from && sentMs < until;
    return {
      shardFinalMs: latenciesOf(tookOf(ofShard.filter(isIn))),
      allFinalMs: latenciesOf(tookOf(finals.filter(isIn))),
      crossCompleteMs: latenciesOf(
        Float64Array.from(
          finals
            .filter((one) => one.isCrossing && one.completedMs > 0 && isIn(one))
            .map(({ sentMs, completedMs }) => completedMs - sentMs),
        ),
      ),
    };
  };
  const disturbed = (of: readonly Journaled[]): Disturbed => {
    const isBefore = ({ sentMs }: Journaled) => sentMs >= fromMs && sentMs < beforeUntilMs;
    const p99BeforeMs = latenciesOf(tookOf(of.filter(isBefore)))?.p99 ?? 0;
    const above = thresholdMs(p99BeforeMs);
    const samples = of.map(({ sentMs, finalMs }) => ({ sentMs, tookMs: finalMs - sentMs }));
    const before = windowsOf(samples, fromMs, beforeUntilMs, WINDOW_MS);
    const windows = windowsOf(samples, beforeUntilMs, untilMs, WINDOW_MS);
    return {
      ...disturbanceOf(windows, above, WINDOW_MS),
      p99BeforeMs,
      thresholdMs: Math.round(above),
      beforeTotalMs: disturbanceOf(before, above, WINDOW_MS).totalMs,
      beforeMs: before.length * WINDOW_MS,
      windows: windows.map(withoutStart),
    };
  };
  const after = (atMs: number | undefined) => (atMs === undefined ? null : atMs - proposedMs);
  const lasts = ended.flatMap((shard) => spans.get(shard)?.lastMs ?? []);
  return {
    kind,
    ended,
    begun,
    decidedAfterMs: decidedMs - proposedMs,
    lastOfEndedAfterMs: after(lasts.length > 0 ? Math.max(...lasts) : undefined),
    firstOfBegunAfterMs: begun.map((shard) => after(spans.get(shard)?.firstMs)),
    activeAfterMs: activeMs - proposedMs,
    before: part(fromMs, beforeUntilMs),
    during: part(proposedMs, activeMs),
    after: part(activeMs, untilMs),
    disturbedShard: disturbed(ofShard),
    disturbedAll: disturbed(finals),
    longestBeforeMs: longest(finals, ({ sentMs, finalMs }) => sentMs >= fromMs && finalMs < proposedMs),
    longestMetMs: longest(finals, ({ sentMs, finalMs }) => finalMs >= proposedMs && sentMs < activeMs),
  };
}

/** By second of submission. */
export function secondsReport(
  finals: readonly Journaled[],
  isOfShard: Measured["isOfShard"],
  startMs: number,
  endMs: number,
): SecondReport[] {
  const buckets = (of: readonly Journaled[]) =>
    windowsOf(
      of.map(({ sentMs, finalMs }) => ({ sentMs, tookMs: finalMs - sentMs })),
      startMs,
      endMs,
      SECOND_MS,
    ).map(withoutStart);
  const all = buckets(finals);
  const shard = buckets(finals.filter(({ sender }) => isOfShard(sender)));
  return all.map((one, second) => ({ second, all: one, shard: shard[second]! }));
}

function withoutStart({ startMs: _, ...rest }: Window): Omit<Window, "startMs"> {
  return rest;
}

function tookOf(finals: readonly Journaled[]): Float64Array {
  return Float64Array.from(finals, ({ sentMs, finalMs }) => finalMs - sentMs);
}

function longest(finals: readonly Journaled[], isWanted: (one: Journaled) => boolean): number {
  let most = 0;
  for (const one of finals) if (isWanted(one)) most = Math.max(most, one.finalMs - one.sentMs);
  return Math.round(most);
}
