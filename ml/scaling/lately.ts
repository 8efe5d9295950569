import { LATELY_MARGIN, LATELY_STEPS } from "../evaluation/lately.js";
import { firstOutput, WINDOW_LEVELS } from "../network/outputs.js";
import { TARGETS } from "../targets.js";
import type { LoadHistory } from "./load-history.js";
import type { Said, Source } from "./sources.js";

/** The simple ones count until another is better by this factor: a straight line needs no past. */
const TREND_MARGIN = 0.9;
/** Outcomes that must be known before a source is believed. */
const OUTCOMES_MIN = 30;

/** What is decided by: the greatest load of the window that is furthest ahead. */
export const DECIDED_TARGET = TARGETS.length - 1;
export const DECIDED_LEVEL = 0.9;
const DECIDED_OUTPUT = firstOutput(DECIDED_TARGET) + WINDOW_LEVELS.indexOf(DECIDED_LEVEL);

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
  private readonly losses = new Map<Source, number[]>();

  /** Judges what was said before by what is known now, takes what is said now, and chooses. */
  next(history: LoadHistory, said: Said): { readonly source: Source; readonly reason: string } {
    const nowS = history.atMs / 1_000;
    this.judge(nowS, (fromS, toS) => {
      const values = history.last(nowS - fromS + 1).slice(0, toS - fromS + 1);
      return values.length === toS - fromS + 1 ? Math.max(...values) : undefined;
    });
    this.said(nowS, said);
    return this.choose(new Set(said.keys()));
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
      for (const [source, quantile] of said) {
        const off = real - quantile;
        const losses = this.losses.get(source) ?? [];
        losses.push(off > 0 ? DECIDED_LEVEL * off : (DECIDED_LEVEL - 1) * off);
        if (losses.length > LATELY_STEPS) losses.shift();
        this.losses.set(source, losses);
      }
    }
    this.waiting = this.waiting.filter((one) => !isPast(one));
  }

  /** Mean pinball loss; undefined: too few outcomes are known. */
  lossOf(source: Source): number | undefined {
    const losses = this.losses.get(source);
    if (!losses || losses.length < OUTCOMES_MIN) return undefined;
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  /** Which of the sources to believe, and why not the network. */
  choose(sources: ReadonlySet<Source>): { readonly source: Source; readonly reason: string } {
    const loss = (source: Source) => (sources.has(source) ? this.lossOf(source) : undefined);
    const trend = loss("trend");
    const ridge = loss("ridge");
    const isRidge = ridge !== undefined && trend !== undefined && ridge < TREND_MARGIN * trend;
    const simple: Source = isRidge ? "ridge" : "trend";
    if (!sources.has("network"))
      return { source: simple, reason: "there is no network, or too short a past for it" };
    const own = loss("network");
    const best = isRidge ? ridge : trend;
    if (own === undefined || best === undefined)
      return { source: simple, reason: "too little is known of how well the network does" };
    if (own <= LATELY_MARGIN * best) return { source: "network", reason: "" };
    const worse = Math.round(100 * (own / best - 1));
    return { source: simple, reason: `the network was ${worse} % worse than ${simple} lately` };
  }
}
