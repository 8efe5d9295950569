import type { AlertEvidence, MetricsAlert, ShardMetrics } from "../../schemas/generated.js";
import { boundOfShare, LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";
import { decidedQuantile } from "./lately.js";
import type { LoadHistory } from "./load-history.js";
import { Told } from "./told.js";

/** What is usual is averaged over about so many measurements. */
const USUAL_OVER = 120;
/** Measurements before anything counts as unusual. */
const MEASUREMENTS_MIN = 30;
/** Load that grew by this factor within so many seconds. */
const GROWTH_FACTOR = 2;
const GROWTH_S = 60;
/** Loads below this share of the capacity aren't worth an alert. */
const NOTABLE_SHARE = 0.1;
/** Share of a process' time from which on it is a bottleneck. */
const BOTTLENECK_PPM = 850_000;
/** A load that is above the 0.9 quantile by this factor wasn't foreseen. */
const MISSED_FACTOR = 1.5;
/** Latencies and refusals count as unusual from this factor on, and from these sizes. */
const UNUSUAL_FACTOR = 3;
const LATENCY_MS_MIN = 500;
const REFUSED_SHARE_MIN = 0.1;
const TRANSACTIONS_MIN = 20;
/** Share of a shard's transactions that one account sends. */
const HOT_SHARE = 0.5;
const MILLIONTHS = 1_000_000;

/** Something that is usually about so much. */
class Usual {
  private mean = 0;
  private count = 0;

  /** What it usually is before this measurement; -1: too few are known. */
  take(value: number): number {
    const before = this.count >= MEASUREMENTS_MIN ? this.mean : -1;
    this.count++;
    this.mean += (value - this.mean) / Math.min(this.count, USUAL_OVER);
    return before;
  }
}

/** What a shard was expected to do at most, and what is usual of it. */
interface Shard {
  readonly latency: Usual;
  readonly refused: Usual;
  /** The last forecast's quantile; undefined: there was none. */
  expected: number | undefined;
}

type Code =
  | "GROWTH"
  | "BOTTLENECK"
  | "FORECAST_MISSED"
  | "LATENCY"
  | "REFUSALS"
  | "HOT_ACCOUNT"
  | "NO_CAPACITY";

/** Finds what is unusual in the measurements of shards. */
export class Alerts {
  private readonly shards = new Map<number, Shard>();
  private readonly told = new Told();

  /** Shards that have ended are forgotten. */
  keepOnly(shards: ReadonlySet<number>): void {
    for (const shard of this.shards.keys()) if (!shards.has(shard)) this.shards.delete(shard);
    this.told.keepOnly(shards);
  }

  of(metrics: ShardMetrics, history: LoadHistory, forecast: Float32Array, nowMs: number): MetricsAlert[] {
    const { figures, capacity, usedPpm, bottleneck, workPpm, spanMs } = metrics;
    const { shard, transactions, refused, hottest } = figures;
    const known = this.shards.get(shard) ?? {
      latency: new Usual(),
      refused: new Usual(),
      expected: undefined,
    };
    this.shards.set(shard, known);
    const found: MetricsAlert[] = [];
    const tell = (code: Code, message: string, evidence: AlertEvidence[], stage = "") => {
      if (!this.told.tells(shard, code, nowMs)) return;
      found.push({ code, at: nowMs, shard, stage, message: `Shard ${shard} ${message}.`, evidence });
    };
    const load = Math.round((1_000 * transactions) / spanMs);
    const isNotable = load >= NOTABLE_SHARE * capacity;
    const past = history.last(GROWTH_S);
    const before = Math.round(
      past.slice(0, GROWTH_S / 4).reduce((sum, one) => sum + one, 0) / (GROWTH_S / 4),
    );
    if (isNotable && past.length === GROWTH_S && before > 0 && load >= GROWTH_FACTOR * before)
      tell("GROWTH", `takes ${load} transactions a second, and took ${before} a minute ago`, [
        { name: "transactions a second", value: load, usual: before },
      ]);
    if (workPpm >= BOTTLENECK_PPM)
      tell(
        "BOTTLENECK",
        `takes ${percent(workPpm)} of the time of the process that runs ${bottleneck}`,
        [{ name: "share of a process' time, in millionths", value: workPpm, usual: -1 }],
        bottleneck,
      );
    if (usedPpm >= MILLIONTHS)
      tell("NO_CAPACITY", `takes ${percent(usedPpm)} of what it can take`, [
        { name: "transactions a second", value: load, usual: -1 },
        { name: "capacity, in transactions a second", value: capacity, usual: -1 },
      ]);
    if (isNotable && known.expected !== undefined && load > MISSED_FACTOR * known.expected) {
      const expected = Math.round(known.expected);
      tell("FORECAST_MISSED", `takes ${load} transactions a second where at most ${expected} were expected`, [
        { name: "transactions a second", value: load, usual: expected },
      ]);
    }
    known.expected = decidedQuantile(forecast);
    const latencyMs = slowest(figures.latencyCounts);
    if (latencyMs !== undefined) {
      const usual = known.latency.take(latencyMs);
      if (usual >= 0 && latencyMs >= LATENCY_MS_MIN && latencyMs >= UNUSUAL_FACTOR * usual)
        tell(
          "LATENCY",
          `makes transactions wait up to ${latencyMs} ms, and ${Math.round(usual)} ms usually`,
          [
            {
              name: "99th percentile of the latency, at most, in ms",
              value: latencyMs,
              usual: Math.round(usual),
            },
          ],
        );
    }
    if (transactions >= TRANSACTIONS_MIN) {
      const ppm = Math.round((MILLIONTHS * refused) / transactions);
      const usual = known.refused.take(ppm);
      if (usual >= 0 && ppm >= MILLIONTHS * REFUSED_SHARE_MIN && ppm >= UNUSUAL_FACTOR * usual)
        tell("REFUSALS", `refuses ${percent(ppm)} of its transactions, and ${percent(usual)} usually`, [
          { name: "share that is refused, in millionths", value: ppm, usual: Math.round(usual) },
        ]);
      const most = hottest[0];
      if (isNotable && most && most.transactions >= HOT_SHARE * transactions)
        tell(
          "HOT_ACCOUNT",
          `gets ${most.transactions} of ${transactions} transactions from one account, which can't be split`,
          [{ name: "transactions of the account", value: most.transactions, usual: -1 }],
        );
    }
    return found;
  }
}

const percent = (ppm: number) => `${Math.round(ppm / 10_000)} %`;

/** What 99 of 100 took no longer than, in milliseconds, by the counts' bounds; undefined: nothing was counted. */
function slowest(counts: readonly number[]): number | undefined {
  const bound = boundOfShare(counts, 0.99);
  return bound === Number.POSITIVE_INFINITY ? 2 * LATENCY_BOUNDS_MS.at(-1)! : bound;
}
