import { LATELY_MARGIN, LATELY_STEPS } from "../evaluation/lately.js";
import { pinballLoss } from "../metrics.js";
import { outputAt } from "../network/outputs.js";
import { TARGETS } from "../targets.js";
import type { LoadHistory } from "./load-history.js";
import type { Said, Source } from "./sources.js";
import { isRamp, TREND_SEEN } from "./trend.js";

/** The simple ones count until another is better by this factor: a straight line needs no past. */
const TREND_MARGIN = 0.9;
/** Outcomes that must be known before a source is believed. */
const OUTCOMES_MIN = 30;

/** What is decided by: the greatest load of the window that is furthest ahead. */
export const DECIDED_TARGET = TARGETS.length - 1;
export const DECIDED_LEVEL = 0.9;
const DECIDED_OUTPUT = outputAt(DECIDED_TARGET, DECIDED_LEVEL);

/** The quantile that decisions are made by. */
export function decidedQuantile(forecast: Float32Array): number {
  return forecast[DECIDED_OUTPUT]!;
}

interface Waiting {
  readonly atS: number;
  readonly said: ReadonlyMap<Source, number>;
}

/** How well each source forecast what decisions are made by, lately. */
export class Lately {
  private waiting: Waiting[] = [];

  private constructor(
    /** Pinball loss of each source that said something, of one outcome after the other. */
    private outcomes: ReadonlyMap<Source, number>[],
  ) {}

  static empty(): Lately {
    return new Lately([]);
  }

  /** As a shard begins that took others' place: what was true of them is likely to be true of it. */
  static inherited(parents: readonly Lately[]): Lately {
    const each = Math.floor(LATELY_STEPS / Math.max(1, parents.length));
    return new Lately(parents.flatMap(({ outcomes }) => outcomes.slice(-each)));
  }

  /** Judges what was said before by what is known now, takes what is said now, and chooses. */
  next(history: LoadHistory, said: Said): { readonly source: Source; readonly reason: string } {
    const nowS = history.atMs / 1_000;
    this.judge(nowS, (fromS, toS) => {
      const values = history.last(nowS - fromS + 1).slice(0, toS - fromS + 1);
      return values.length === toS - fromS + 1 ? Math.max(...values) : undefined;
    });
    this.said(nowS, said);
    const chosen = this.choose(new Set(said.keys()));
    const trend = said.get("trend");
    // Who did best while it was calm may not see a ramp for seconds, and to be late costs more than to be wrong.
    const isOverlooked =
      trend &&
      decidedQuantile(trend) > decidedQuantile(said.get(chosen.source)!) &&
      isRamp(history.last(TREND_SEEN));
    return isOverlooked
      ? { source: "trend", reason: `a ramp that ${chosen.source} doesn't see yet` }
      : chosen;
  }

  /** @param atS second of the newest value that the forecasts were made from */
  said(atS: number, forecasts: ReadonlyMap<Source, Float32Array>): void {
    this.waiting.push({
      atS,
      said: new Map([...forecasts].map(([source, said]) => [source, decidedQuantile(said)])),
    });
  }

  /**
   * Judges what was said about windows that lie in the past by now.
   * @param peak the greatest load from one second to another, both counted; undefined: it isn't known
   */
  judge(nowS: number, peak: (fromS: number, toS: number) => number | undefined): void {
    const { from, to } = TARGETS[DECIDED_TARGET]!;
    const isPast = ({ atS }: Waiting) => atS + to <= nowS;
    for (const { atS, said } of this.waiting.filter(isPast)) {
      const real = peak(atS + from, atS + to);
      if (real === undefined) continue;
      const losses = [...said].map(
        ([source, quantile]) => [source, pinballLoss(real - quantile, DECIDED_LEVEL)] as const,
      );
      this.outcomes.push(new Map(losses));
    }
    this.waiting = this.waiting.filter((one) => !isPast(one));
    this.outcomes = this.outcomes.slice(-LATELY_STEPS);
  }

  /** Loss of a source in multiples of another's, over the outcomes that both forecast; undefined: those are too few. */
  ratio(source: Source, other: Source): number | undefined {
    const both = this.outcomes.filter((losses) => losses.has(source) && losses.has(other));
    if (both.length < OUTCOMES_MIN) return undefined;
    const sum = (of: Source) => both.reduce((all, losses) => all + losses.get(of)!, 0);
    const [own, others] = [sum(source), sum(other)];
    // Two that are never wrong are as good as each other.
    return own === others ? 1 : own / others;
  }

  /** Which of the sources to believe, and why not the network. */
  choose(sources: ReadonlySet<Source>): { readonly source: Source; readonly reason: string } {
    const ridge = sources.has("ridge") ? this.ratio("ridge", "trend") : undefined;
    const simple: Source = ridge !== undefined && ridge < TREND_MARGIN ? "ridge" : "trend";
    if (!sources.has("network"))
      return { source: simple, reason: "there is no network, or too short a past for it" };
    const own = this.ratio("network", simple);
    if (own === undefined)
      return { source: simple, reason: "too little is known of how well the network does" };
    if (own <= LATELY_MARGIN) return { source: "network", reason: "" };
    const by = Number.isFinite(own) ? `${Math.round(100 * (own - 1))} % worse than ${simple}` : "worse";
    const never = Number.isFinite(own) ? "" : `, and ${simple} was never wrong`;
    return { source: simple, reason: `the network was ${by} lately${never}` };
  }
}
