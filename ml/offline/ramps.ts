import type { TrainedModel } from "../network/saved-model.js";
import { type Random, seededRandom } from "../random.js";
import { decidedQuantile, Lately } from "../scaling/lately.js";
import { SCALING_DEFAULTS } from "../scaling/policy.js";
import type { Source } from "../scaling/sources.js";
import type { Series } from "../series.js";
import { measured } from "../synthetic/load.js";
import { between } from "../synthetic/noise.js";
import { replay } from "./replay.js";

/** A straight ramp after a calm stretch; loads in shares of the capacity. */
export interface RampCourse {
  /** Transactions a second. */
  readonly capacity: number;
  readonly calmS: number;
  readonly foot: number;
  readonly top: number;
  readonly riseS: number;
}

/** Who decides: one source alone, or whichever did best lately. */
export const DECIDERS = ["network", "trend", "chosen"] as const;
export type Decider = (typeof DECIDERS)[number];

/** What came of a kind of ramp. */
export interface RampsResult {
  readonly ramps: number;
  /** Of each decider: mean seconds from the decision until the load should be at capacity, and decisions before the ramp began. */
  readonly byDecider: Readonly<Record<Decider, { readonly leadS: number; readonly early: number }>>;
  /** Ramps on which the chosen source decided later than the trend alone, and by how much at most. */
  readonly laterThanTrend: number;
  readonly laterMaxS: number;
  /** Share of the ramps that the network decided, where the source was chosen. */
  readonly networkShare: number;
}

/** Ramps as the bench drives them: from 80 to 100 % of the capacity in 1.3 s; and from half of it in 20 to 30 s. */
export const RAMP_KINDS: Readonly<Record<string, (random: Random) => RampCourse>> = {
  "10 to 115 % in 7 s": (random) => rampOf(random, 0.1, 1.15, 7),
  "50 to 100 % in 20 to 30 s": (random) => rampOf(random, 0.5, 1, between(random, 20, 30)),
};

/** The top is held for so long. */
const TOP_S = 10;
const CAPACITIES = [200, 4_000] as const;

function rampOf(random: Random, foot: number, top: number, riseS: number): RampCourse {
  const capacity = Math.round(between(random, ...CAPACITIES));
  return { capacity, calmS: Math.round(between(random, 90, 300)), foot, top, riseS };
}

export function rampSeries(name: string, { capacity, calmS, foot, top, riseS }: RampCourse, random: Random) {
  const shares = Array.from({ length: Math.ceil(calmS + riseS + TOP_S) }, (_, second) =>
    Math.min(top, foot + ((top - foot) * Math.max(0, second + 0.5 - calmS)) / riseS),
  );
  return measured(
    name,
    shares.map((share) => share * capacity),
    random,
  );
}

/** Lets each decider watch ramps, and compares when it would have split. */
export function watchRamps(
  kind: (random: Random) => RampCourse,
  count: number,
  seed: number,
  model: TrainedModel,
): RampsResult {
  const random = seededRandom(seed);
  const courses = Array.from({ length: count }, () => kind(random));
  const series = courses.map((course, at): Series => rampSeries(`ramp ${at}`, course, random));
  const latelies = courses.map(() => Lately.empty());
  const decided = courses.map(() => new Map<Decider, { second: number; source: Source; isEarly: boolean }>());
  replay(series, model, ({ which, origin, history, said }) => {
    const { capacity, calmS } = courses[which]!;
    const { source } = latelies[which]!.next(history, said);
    const level = SCALING_DEFAULTS.splitLevel * capacity;
    const [before, now] = [history.last(2)[0]!, history.last(1)[0]!];
    for (const decider of DECIDERS) {
      const by = decider === "chosen" ? source : decider;
      const quantiles = said.get(by) ?? said.get("trend")!;
      const isWanted = decidedQuantile(quantiles) >= level || (before + now) / 2 >= level;
      if (!isWanted || decided[which]!.has(decider)) continue;
      decided[which]!.set(decider, { second: origin, source: by, isEarly: origin < calmS });
    }
  });
  const full = courses.map(({ calmS, foot, top, riseS }) => calmS + (riseS * (1 - foot)) / (top - foot));
  const of = (decider: Decider) => {
    const own = decided.flatMap((by, which) => {
      const found = by.get(decider);
      return found ? [{ ...found, leadS: full[which]! - (found.second + 1) }] : [];
    });
    const inTime = own.filter(({ isEarly }) => !isEarly);
    const leadS = inTime.reduce((sum, one) => sum + one.leadS, 0) / Math.max(1, inTime.length);
    return { leadS, early: own.length - inTime.length };
  };
  // Where the trend saw a ramp before there was one, nothing is late.
  const later = decided
    .filter((by) => !by.get("trend")!.isEarly)
    .map((by) => by.get("chosen")!.second - by.get("trend")!.second);
  return {
    ramps: count,
    byDecider: { network: of("network"), trend: of("trend"), chosen: of("chosen") },
    laterThanTrend: later.filter((seconds) => seconds > 0).length,
    laterMaxS: Math.max(0, ...later),
    networkShare: decided.filter((by) => by.get("chosen")!.source === "network").length / count,
  };
}
